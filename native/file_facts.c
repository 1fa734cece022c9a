// ⑥ native — what kind of open file a descriptor is, and reads at its position from the page cache. Nothing here asks a
// device, another process or a network, but for the first file of a file system that was not seen before.
#include "descriptors.h"
#include "file_facts.h"
#include "trueaio.h"
#include <errno.h>
#include <linux/fs.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif
#define FUSE_MAGIC 0x65735546u
#define TMPFS_MAGIC 0x01021994u

// statx(2) as the kernel has it: libc's structure has no mount id before glibc 2.36.
typedef struct {
  uint32_t mask;
  uint32_t block_size;
  uint64_t attributes;
  uint32_t links, uid, gid;
  uint16_t mode, reserved;
  uint64_t inode, size, blocks, attributes_mask;
  uint64_t times[8];
  uint32_t special_major, special_minor, major, minor;
  uint64_t mount;
  uint64_t rest[13];
} file_status;
_Static_assert(sizeof(file_status) == 256, "struct statx");

// File systems seen: by thread, since a worker's lookups are its own.
typedef struct {
  uint32_t major, minor;
  uint64_t mount;
  bool lasts;  // the three stand for nothing else as long as the system runs
  uint32_t magic;
} file_system;
#define SEEN 16
static _Thread_local file_system seen[SEEN];
static _Thread_local unsigned seen_next;

// The magic number of the file system, or 0. fstatfs(2) asks the server of a FUSE mount, and a hung one would hold up the
// loop: so what was found is kept. FUSE is believed for as long as the numbers come (a thread's pread is right for any file);
// another answer only where the numbers are not given out again: those of a block device, or a mount id of Linux 6.8.
static uint32_t magic_of(int fd, const file_status* status) {
  for (unsigned index = 0; index < SEEN; index++) {
    const file_system* known = &seen[index];
    if (known->magic == 0 || known->major != status->major || known->minor != status->minor || known->mount != status->mount) continue;
    if (known->lasts || known->magic == FUSE_MAGIC) return known->magic;
  }
  struct statfs answer;
  if (fstatfs(fd, &answer) != 0) return 0;
  bool lasts = status->major != 0 || (status->mask & STATX_MNT_ID_UNIQUE) != 0;
  uint32_t magic = (uint32_t)answer.f_type;
  if (lasts || magic == FUSE_MAGIC) {
    seen[seen_next++ % SEEN] = (file_system){.major = status->major, .minor = status->minor, .mount = status->mount, .lasts = lasts, .magic = magic};
  }
  return magic;
}

// File systems of this machine's own: a page that is not cached is the only thing their reads wait for.
static bool is_local(uint32_t magic) {
  switch (magic) {
    case 0xef53:      // ext2, ext3, ext4
    case 0x58465342:  // XFS
    case 0x9123683e:  // Btrfs
    case 0xf2f52010:  // F2FS
    case TMPFS_MAGIC:
    case 0x794c7630:  // overlayfs
      return true;
    default:
      return false;
  }
}

static const unsigned WANTED = STATX_TYPE | STATX_INO | STATX_MNT_ID | STATX_MNT_ID_UNIQUE;

// Without asking a server: the kind of a file never changes.
static bool look_at(int fd, file_status* status) {
  return syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, WANTED, status) == 0;
}

ta_file_place ta_file_place_of(int fd) {
  file_status status = {0};
  if (!look_at(fd, &status) || !S_ISREG(status.mode)) return TA_FILE_OTHER;
  uint32_t magic = magic_of(fd, &status);
  return magic == TMPFS_MAGIC ? TA_FILE_IN_MEMORY : is_local(magic) ? TA_FILE_LOCAL : TA_FILE_OTHER;
}

static int32_t facts_of(int fd, int flags) {
  file_status status = {0};
  if (!look_at(fd, &status)) return -errno;
  unsigned facts = (flags & O_NONBLOCK) != 0 ? TA_FACT_NON_BLOCKING : 0;
  bool regular = S_ISREG(status.mode), block = S_ISBLK(status.mode);
  if ((flags & O_PATH) == 0 && (regular || block || S_ISDIR(status.mode))) {
    facts |= TA_FACT_POSITION;
    uint32_t magic = block ? 0 : magic_of(fd, &status);
    if ((regular || block) && magic != FUSE_MAGIC) facts |= TA_FACT_RING;
    if ((regular || block) && (flags & O_DIRECT) == 0) facts |= block || is_local(magic) ? TA_FACT_BUFFERED | TA_FACT_CACHED : TA_FACT_BUFFERED;
  }
  return (int32_t)(facts + (uint32_t)(status.inode & TA_FACT_INODE_MASK) * TA_FACT_INODE);
}
_Static_assert((uint64_t)TA_FACT_INODE_MASK * TA_FACT_INODE + TA_FACT_INODE - 1 <= INT32_MAX, "facts fit an int32_t");

// fileFacts(fd) -> TA_FACT_… bits and a part of the inode number, or -errno
static napi_value file_facts(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  int32_t fd;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  int flags = fcntl(fd, F_GETFL);
  return ta_number(env, flags < 0 ? -errno : facts_of(fd, flags));
}

// factsOfOpened(pairs, count): of each descriptor and the flags it was opened with, the facts take the place of the flags
static napi_value file_facts_of_opened(napi_env env, napi_callback_info info) {
  size_t argc = 2, length;
  napi_value argv[2];
  void* memory;
  int32_t count;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_view(env, argv[0], &memory, &length) || !ta_int32(env, argv[1], &count)) return ta_fail(env, __FILE__, __LINE__);
  if (count < 0 || (size_t)count * 2 * sizeof(int32_t) > length) return ta_fail(env, __FILE__, __LINE__);
  int32_t* pairs = memory;
  for (int32_t index = 0; index < count; index++) pairs[2 * index + 1] = facts_of(pairs[2 * index], pairs[2 * index + 1]);
  return NULL;
}

// Whether the table of mounts has a FUSE file system: its kind stands behind " - ", and blanks in names are written \040.
static bool has_fuse(int mounts) {
  static const char* const kinds[] = {" - fuse ", " - fuse.", " - fuseblk ", " - fuseblk.", " - virtiofs "};
  enum { PIECE = 4096, OVERLAP = 15 };
  char text[OVERLAP + PIECE + 1];
  size_t kept = 0;
  if (lseek(mounts, 0, SEEK_SET) != 0) return true;
  for (;;) {
    ssize_t bytes = read(mounts, text + kept, PIECE);
    if (bytes < 0) return true;
    size_t length = kept + (size_t)bytes;
    text[length] = 0;
    for (size_t at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++) {
      if (strstr(text, kinds[at]) != NULL) return true;
    }
    if (bytes == 0) return false;
    // A kind may lie across two pieces.
    kept = length < OVERLAP ? length : OVERLAP;
    memmove(text, text + length - kept, kept);
  }
}

// mountsOpen() -> a descriptor of the table of mounts, to be closed by closeOwn, or -errno
static napi_value file_mounts_open(napi_env env, napi_callback_info info) {
  (void)info;
  int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ta_number(env, -errno);
  ta_descriptors_note(ta_descriptors_of(env), fd);
  return ta_number(env, fd);
}

// fuseMounted(mounts, known) -> 1 or 0; `known` if the table is the same as at the last call. At each poll(2) the kernel says
// whether it has changed (0.3 us); reading it asks no file system.
static napi_value file_fuse_mounted(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  int32_t mounts, known;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &mounts) || !ta_int32(env, argv[1], &known)) return ta_fail(env, __FILE__, __LINE__);
  struct pollfd question = {.fd = mounts, .events = POLLPRI};
  if (poll(&question, 1, 0) == 0 && known >= 0) return ta_number(env, known);
  return ta_number(env, has_fuse(mounts) ? 1 : 0);
}

// What is in the page cache from the file's position on; the position moves by as much, under the kernel's lock. Bytes read if
// that is all there is to read, -EAGAIN if nothing was cached, -4096 - bytes if that is a part and a thread has to read the rest.
static long read_at_position(int fd, uint8_t* memory, size_t length) {
#ifdef __NR_preadv2
  size_t done = 0;
  for (;;) {
    struct iovec rest = {.iov_base = memory + done, .iov_len = length - done};
    long bytes = syscall(__NR_preadv2, fd, &rest, 1, -1L, 0L, RWF_NOWAIT);
    if (bytes < 0) return done > 0 ? -4096 - (long)done : -EAGAIN;
    done += (size_t)bytes;
    // Fewer than asked for may be the end of the file or the end of what is cached: the next call tells.
    if (bytes == 0 || done == length) return (long)done;
  }
#else
  (void)fd;
  (void)memory;
  (void)length;
  return -EAGAIN;
#endif
}

// readAtPosition(fd, address, length) -> see above. Of a file with TA_FACT_CACHED and TA_FACT_POSITION.
static napi_value file_read_at_position(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value argv[3];
  int32_t fd, length;
  double address;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &fd) || !ta_double(env, argv[1], &address) || !ta_int32(env, argv[2], &length)) return ta_fail(env, __FILE__, __LINE__);
  return ta_number(env, (double)read_at_position(fd, (uint8_t*)(uintptr_t)address, (size_t)length));
}

napi_value ta_file_facts_init(napi_env env, napi_value exports) {
  bool ok = ta_set_function(env, exports, "fileFacts", file_facts, NULL) &&
            ta_set_function(env, exports, "factsOfOpened", file_facts_of_opened, NULL) &&
            ta_set_function(env, exports, "mountsOpen", file_mounts_open, NULL) &&
            ta_set_function(env, exports, "fuseMounted", file_fuse_mounted, NULL) &&
            ta_set_function(env, exports, "readAtPosition", file_read_at_position, NULL);
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

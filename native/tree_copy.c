// ⑥ native — a directory tree copied by one thread to a place where nothing is yet: directories, regular files and symbolic
// links. At the first thing that is none of these, or that does not go smoothly, it ends and says where; its submitter does
// that one its own way, or refuses it, and lets the copy continue (TA_COPY_RESUME: existing entries are skipped).
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Up to here a read and a write are faster than copy_file_range, which sets up a pipe on many file systems.
#define SMALL_BYTES 65536
// Between two looks whether the end is wanted.
#define PIECE_BYTES (16 << 20)
#define PERMISSIONS 07777

typedef struct {
  pool_worker* worker;
  ta_tree* tree;
  ta_walk walk;
  char* buffer;
  uint32_t passed;  // permission bits that the umask, or the directory's rules, were seen to let through
} copy_run;

// Where it ends: the entry's path from the root of the tree.
static int64_t stop_at(copy_run* run, int32_t step, const char* name, int64_t result) {
  ta_tree* tree = run->tree;
  if (result == -ECANCELED) return result;
  char* text = (char*)tree + tree->list_at;
  size_t room = tree->length - tree->list_at, used = 0;
  for (uint32_t depth = 1; depth <= run->walk.depth; depth++) {
    const char* part = depth < run->walk.depth ? run->walk.levels[depth].name : name;
    size_t length = part == NULL ? 0 : strlen(part);
    if (used + length + 2 > room) return -ENAMETOOLONG;
    if (used > 0 && length > 0) text[used++] = '/';
    if (length > 0) memcpy(text + used, part, length);
    used += length;
  }
  tree->list_used = (uint32_t)used;
  tree->step = step;
  return result;
}

static int64_t write_all(copy_run* run, int to, const char* from, size_t bytes) {
  while (bytes > 0) {
    int64_t written = ta_step(run->worker, SYS_write, (uint64_t)to, ta_pointer(from), bytes, 0);
    if (written < 0) return written;
    from += written;
    bytes -= (size_t)written;
  }
  return 0;
}

static void count_bytes(copy_run* run, int64_t bytes) { __atomic_fetch_add(&run->tree->bytes, (uint64_t)bytes, __ATOMIC_RELAXED); }

// To the end, wherever it is: files of /proc and /sys hold something else than their size says, and others grow or are cut meanwhile.
static int64_t copy_by_memory(copy_run* run, int from, int to) {
  for (;;) {
    int64_t bytes = ta_step(run->worker, SYS_read, (uint64_t)from, ta_pointer(run->buffer), SMALL_BYTES, 0);
    if (bytes <= 0) return bytes;
    int64_t written = write_all(run, to, run->buffer, (size_t)bytes);
    if (written < 0) return written;
    count_bytes(run, bytes);
  }
}

static bool is_refused(int64_t result) {
  return result == -EXDEV || result == -EINVAL || result == -ENOSYS || result == -EOPNOTSUPP || result == -EPERM;
}

// One piece of what lies from at to end, to the same place. 0: the file ends here by now.
static int64_t copy_piece(copy_run* run, int from, int to, int64_t at, int64_t end) {
  int64_t in = at, out = at, bytes;
  int64_t most = end - at < PIECE_BYTES ? end - at : PIECE_BYTES;
  uint64_t arguments[6] = {(uint64_t)from, ta_pointer(&in), (uint64_t)to, ta_pointer(&out), (uint64_t)most, 0};
  if (!ta_pool_make_call(run->worker, SYS_copy_file_range, arguments, &bytes) || bytes == -EINTR) return -ECANCELED;
  if (!is_refused(bytes)) return bytes;
  bytes = ta_step(run->worker, SYS_pread64, (uint64_t)from, ta_pointer(run->buffer), (uint64_t)(most < SMALL_BYTES ? most : SMALL_BYTES), (uint64_t)at);
  for (int64_t done = 0; done < bytes;) {
    int64_t written = ta_step(run->worker, SYS_pwrite64, (uint64_t)to, ta_pointer(run->buffer + done), (uint64_t)(bytes - done), (uint64_t)(at + done));
    if (written < 0) return written;
    done += written;
  }
  return bytes;
}

// Data alone: what are holes in the one file are holes in the other. -EINVAL: the file system does not say where they are.
static int64_t copy_around_holes(copy_run* run, int from, int to, int64_t size) {
  bool has_begun = false;
  for (int64_t at = 0; at < size;) {
    int64_t data = ta_step(run->worker, SYS_lseek, (uint64_t)from, (uint64_t)at, SEEK_DATA, 0);
    if (data == -ENXIO) break;
    if (data < 0) return data;
    int64_t hole = ta_step(run->worker, SYS_lseek, (uint64_t)from, (uint64_t)data, SEEK_HOLE, 0);
    if (hole < 0) return hole;
    for (at = data; at < hole;) {
      int64_t bytes = copy_piece(run, from, to, at, hole);
      // Nothing of the first data: a file that the kernel makes up as it is read (see below).
      if (bytes == 0 && !has_begun) return -EINVAL;
      if (bytes <= 0) return bytes;
      has_begun = true;
      at += bytes;
      count_bytes(run, bytes);
    }
  }
  return ta_step(run->worker, SYS_ftruncate, (uint64_t)to, (uint64_t)size, 0, 0);
}

static int64_t copy_data(copy_run* run, int from, int to, const struct stat* status) {
  int64_t size = status->st_size;
  if (size > 0 && (run->tree->flags & TA_COPY_CLONE) != 0 && ioctl(to, FICLONE, from) == 0) {
    count_bytes(run, size);
    return 0;
  }
  if (size <= SMALL_BYTES) return copy_by_memory(run, from, to);
  if (status->st_blocks * 512 < size) {
    int64_t result = copy_around_holes(run, from, to, size);
    if (result != -EINVAL) return result;
    if (lseek(from, 0, SEEK_SET) != 0) return -errno;
  }
  for (bool has_begun = false;; has_begun = true) {
    uint64_t arguments[6] = {(uint64_t)from, 0, (uint64_t)to, 0, PIECE_BYTES, 0};
    int64_t bytes;
    if (!ta_pool_make_call(run->worker, SYS_copy_file_range, arguments, &bytes) || bytes == -EINTR) return -ECANCELED;
    // Before Linux 5.19 it says 0 of files that the kernel makes up as they are read.
    if (is_refused(bytes) || (bytes == 0 && !has_begun)) return copy_by_memory(run, from, to);
    if (bytes <= 0) return bytes;
    count_bytes(run, bytes);
  }
}

// Only root may change a file's owner: otherwise it stays the user's, as with cp -p. Before the mode, of which it takes bits.
static int64_t own(int fd, uid_t uid, gid_t gid) {
  if (uid == geteuid() && gid == getegid()) return 0;
  return fchown(fd, uid, gid) == 0 || errno == EPERM ? 0 : -errno;
}

// Bits above the permissions go when something is written, so they come last.
static int64_t set_mode(copy_run* run, int fd, uint32_t mode) {
  struct stat status;
  if ((mode & ~run->passed) == 0) return 0;
  if (mode <= 0777 && fstat(fd, &status) == 0 && (status.st_mode & PERMISSIONS) == mode) {
    run->passed |= mode;
    return 0;
  }
  return fchmod(fd, mode) == 0 ? 0 : -errno;
}

static int64_t copy_open_file(copy_run* run, ta_level* level, const char* name, int from) {
  struct stat status;
  if (fstat(from, &status) != 0) return -errno;
  if (!S_ISREG(status.st_mode)) return -EINVAL;
  uint32_t mode = status.st_mode & PERMISSIONS;
  int64_t to = ta_open_at(run->worker, level->other, name, O_WRONLY | O_CREAT | O_EXCL, mode & 0777);
  if (to < 0) return to;
  int64_t result = copy_data(run, from, (int)to, &status);
  bool preserves = (run->tree->flags & TA_COPY_PRESERVE) != 0;
  if (result == 0 && preserves) result = own((int)to, status.st_uid, status.st_gid);
  if (result == 0) result = set_mode(run, (int)to, mode);
  if (result == 0 && preserves && futimens((int)to, (struct timespec[2]){status.st_atim, status.st_mtim}) != 0) result = -errno;
  if (close((int)to) != 0 && result == 0) result = -errno;
  if (result < 0) unlinkat(level->other, name, 0);  // no half of a file, as Node's copyFile leaves none
  return result;
}

static int64_t copy_file(copy_run* run, const char* name) {
  ta_level* level = ta_innermost(&run->walk);
  // What has come in the file's place since the listing must not hold the thread: a pipe without its other end.
  int64_t from = ta_open_at(run->worker, level->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
  int64_t result = from < 0 ? from : copy_open_file(run, level, name, (int)from);
  if (from >= 0) close((int)from);
  if (result == -EEXIST && (run->tree->flags & TA_COPY_RESUME) != 0) result = 0;
  return result < 0 ? stop_at(run, TA_COPY_FILE, name, result) : 0;
}

static bool append(char* path, size_t* length, const char* part, size_t bytes) {
  if (*length + bytes + 2 >= PATH_MAX) return false;
  path[(*length)++] = '/';
  memcpy(path + *length, part, bytes);
  *length += bytes;
  return true;
}

// A relative link as Node's cp makes it: absolute, its steps up taken by name. False: too long.
static bool resolve(copy_run* run, const char* text, char* path) {
  const char* root = (const char*)run->tree + run->tree->base_at;
  size_t length = 0;
  if (root[1] != 0 && !append(path, &length, root + 1, strlen(root + 1))) return false;
  for (uint32_t depth = 1; depth < run->walk.depth; depth++) {
    const char* name = run->walk.levels[depth].name;
    if (!append(path, &length, name, strlen(name))) return false;
  }
  size_t bytes = 0;
  bool is_directory = false;
  for (const char* part = text;; part += bytes + 1) {
    bytes = strcspn(part, "/");
    is_directory = bytes == 0 || (bytes == 1 && part[0] == '.') || (bytes == 2 && part[0] == '.' && part[1] == '.');
    if (!is_directory && !append(path, &length, part, bytes)) return false;
    if (bytes == 2 && is_directory) {
      while (length > 0 && path[--length] != '/') continue;
    }
    if (part[bytes] == 0) break;
  }
  if (length == 0 || (is_directory && (run->tree->flags & TA_COPY_SLASH) != 0)) path[length++] = '/';
  path[length] = 0;
  return true;
}

static int64_t preserve_link(const ta_level* level, const char* name) {
  struct stat status;
  int looked = ta_look_at(level->fd, name, &status);
  if (looked < 0) return looked;
  if ((status.st_uid != geteuid() || status.st_gid != getegid()) && fchownat(level->other, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0 && errno != EPERM) return -errno;
  return utimensat(level->other, name, (struct timespec[2]){status.st_atim, status.st_mtim}, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
}

static int64_t copy_link(copy_run* run, const char* name) {
  ta_level* level = ta_innermost(&run->walk);
  char text[PATH_MAX], path[PATH_MAX + 2];
  int64_t bytes = ta_step(run->worker, SYS_readlinkat, (uint64_t)level->fd, ta_pointer(name), ta_pointer(text), PATH_MAX - 1);
  if (bytes < 0) return stop_at(run, TA_COPY_LINK, name, bytes);
  text[bytes] = 0;
  bool stays = text[0] == '/' || (run->tree->flags & TA_COPY_VERBATIM) != 0;
  if (!stays && !resolve(run, text, path)) return stop_at(run, TA_COPY_LINK, name, -ENAMETOOLONG);
  int64_t made = ta_step(run->worker, SYS_symlinkat, ta_pointer(stays ? text : path), (uint64_t)level->other, ta_pointer(name), 0);
  if (made == 0 && (run->tree->flags & TA_COPY_PRESERVE) != 0) made = preserve_link(level, name);
  if (made == -EEXIST && (run->tree->flags & TA_COPY_RESUME) != 0) made = 0;
  return made < 0 ? stop_at(run, TA_COPY_LINK, name, made) : 0;
}

// What the submitter has done in the place of a thing that is not this thread's is there by then.
static bool is_done(const copy_run* run, int other, const char* name) {
  struct stat status;
  return (run->tree->flags & TA_COPY_RESUME) != 0 && run->walk.depth > 0 && ta_look_at(other, name, &status) == 0;
}

// Goes into a directory, with its copy beside it. Its mode is set when it is left: until then it has to be written into.
static int64_t enter(copy_run* run, int parent, int other, const char* name, const char* other_name) {
  struct stat status;
  int64_t result = ta_enter(run->worker, &run->walk, parent, name);
  if (result < 0 && result != -ECANCELED && is_done(run, other, other_name)) return 0;
  if (result < 0) return stop_at(run, TA_COPY_DIRECTORY, run->walk.depth > 0 ? name : NULL, result);
  ta_level* level = ta_innermost(&run->walk);
  if (fstat(level->fd, &status) != 0) return stop_at(run, TA_COPY_DIRECTORY, NULL, -errno);
  level->mode = status.st_mode & PERMISSIONS;
  level->uid = status.st_uid;
  level->gid = status.st_gid;
  level->times[0] = status.st_atim;
  level->times[1] = status.st_mtim;
  result = ta_step(run->worker, SYS_mkdirat, (uint64_t)(int64_t)other, ta_pointer(other_name), level->mode | 0700, 0);
  if (result == -EEXIST && (run->tree->flags & TA_COPY_RESUME) != 0) result = 0;
  if (result < 0) return stop_at(run, TA_COPY_MKDIR, NULL, result);
  result = ta_open_at(run->worker, other, other_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  if (result < 0) return stop_at(run, TA_COPY_MKDIR, NULL, result);
  level->other = (int)result;
  return 0;
}

static int64_t leave(copy_run* run) {
  ta_level* level = ta_innermost(&run->walk);
  bool preserves = (run->tree->flags & TA_COPY_PRESERVE) != 0;
  int64_t owned = preserves ? own(level->other, level->uid, level->gid) : 0;
  if (owned < 0) return stop_at(run, TA_COPY_CHMOD, NULL, owned);
  if (fchmod(level->other, level->mode) != 0 || (preserves && futimens(level->other, level->times) != 0)) return stop_at(run, TA_COPY_CHMOD, NULL, -errno);
  ta_leave(&run->walk);
  ta_count_one(run->tree);
  return 0;
}

static int64_t copy_next(copy_run* run) {
  ta_level* level = ta_innermost(&run->walk);
  ta_entry entry;
  int64_t found = ta_next_entry(run->worker, level, &entry);
  if (found < 0) return stop_at(run, TA_COPY_DIRECTORY, NULL, found);
  if (found == 0) return leave(run);
  int64_t result;
  switch (entry.type) {
    case DT_DIR: return enter(run, level->fd, level->other, entry.name, entry.name);
    case DT_REG: result = copy_file(run, entry.name); break;
    case DT_LNK: result = copy_link(run, entry.name); break;
    default:
      if ((run->tree->flags & TA_COPY_PASS_SPECIAL) != 0) return 0;
      result = is_done(run, level->other, entry.name) ? 0 : stop_at(run, TA_COPY_SPECIAL, entry.name, -EINVAL);
  }
  if (result == 0) ta_count_one(run->tree);
  return result;
}

int64_t ta_copy_tree(pool_worker* worker, ta_tree* tree) {
  copy_run run = {.worker = worker, .tree = tree, .buffer = malloc(SMALL_BYTES)};
  if (run.buffer == NULL) return -ENOMEM;
  tree->step = TA_COPY_DIRECTORY;
  tree->list_used = 0;
  __atomic_store_n(&tree->entries, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&tree->bytes, 0, __ATOMIC_RELAXED);
  int64_t result = enter(&run, AT_FDCWD, AT_FDCWD, (const char*)tree + tree->from_at, (const char*)tree + tree->to_at);
  while (result == 0 && run.walk.depth > 0) result = copy_next(&run);
  ta_leave_all(&run.walk);
  free(run.buffer);
  return result < 0 ? result : tree->entries;
}

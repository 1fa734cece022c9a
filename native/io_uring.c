// ⑥ native — io_uring: the three system calls, the two mappings, and an orderly end when the environment goes away.
#include "descriptors.h"
#include "trueaio.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// Shared with TypeScript (ring/layout/io-uring.ts, Control): written by C, written by TypeScript.
typedef struct {
  uint32_t submitted;  // entries the kernel has taken; each ends in one completion without IORING_CQE_F_MORE
  uint32_t finished;   // such completions that TypeScript has consumed
  // The arguments of enter() and its answer: memory is cheaper than four conversions and a result (about 60 ns a call).
  int32_t submit;
  int32_t complete;
  int32_t flags;
  int32_t answer;  // entries taken, or -errno
  // The completion after the last one that `finished` counts. The ring's own head may lag behind: a worker that is terminated
  // stops between the two.
  uint32_t counted_head;
} control_block;

typedef struct {
  napi_env env;
  ta_descriptors* descriptors;
  int fd;
  int eventfd;  // counts completions, unless TypeScript has silenced it: what the loop watches
  ta_watch* watch;
  struct io_uring_params params;
  void* rings;
  size_t rings_length;
  void* entries;
  size_t entries_length;
  control_block* control;
  napi_ref rings_buffer;
  napi_ref entries_buffer;
  napi_ref control_buffer;
  // The descriptor last found to be open without O_DIRECT, and for how many more reads that is believed.
  int buffered_fd;
  uint32_t buffered_reads;
  // The block device last found to hold a local file system.
  uint32_t local_major;
  uint32_t local_minor;
} ring;

#ifndef IORING_REGISTER_SYNC_CANCEL
#define IORING_REGISTER_SYNC_CANCEL 24
#endif
#define CONTROL_LENGTH 4096
// How long the end of a thread waits for the kernel to let go of memory that is about to be freed.
#define TEARDOWN_SECONDS_MAX 5
// How often it looks, a millisecond apart, where it cannot wait.
#define DEAD_ATTEMPTS 100

static int enter(int fd, unsigned submit, unsigned complete, unsigned flags, const void* argument, size_t length) {
  int result = (int)syscall(__NR_io_uring_enter, fd, submit, complete, flags, argument, length);
  return result < 0 ? -errno : result;
}

static int enter_timed(int fd, unsigned submit, unsigned complete, unsigned flags, double milliseconds) {
  struct __kernel_timespec time = {.tv_sec = (int64_t)(milliseconds / 1000)};
  time.tv_nsec = (int64_t)((milliseconds - (double)time.tv_sec * 1000) * 1e6);
  struct io_uring_getevents_arg argument = {.ts = (uint64_t)(uintptr_t)&time};
  return enter(fd, submit, complete, flags | IORING_ENTER_EXT_ARG, &argument, sizeof argument);
}

// user_data of a message from another ring, in the low word (driver/io-uring/encode.ts, MESSAGE_MARK).
#define MESSAGE_MARK 0xffffffffu
// In a worker, of what opens descriptors: with both of these bits (driver/io-uring/entries.ts, OPENS_MARK).
#define OPENS_MARK 0x60000000u

// Completions that end a submission and that TypeScript has not consumed; consumes them. Messages end none of ours.
static uint32_t drain_final(ring* r) {
  uint8_t* base = r->rings;
  uint32_t* head = (uint32_t*)(base + r->params.cq_off.head);
  uint32_t* tail = (uint32_t*)(base + r->params.cq_off.tail);
  uint32_t mask = *(uint32_t*)(base + r->params.cq_off.ring_mask);
  struct io_uring_cqe* completions = (struct io_uring_cqe*)(base + r->params.cq_off.cqes);
  uint32_t at = r->control->counted_head, end = __atomic_load_n(tail, __ATOMIC_ACQUIRE), final = 0;
  for (; at != end; at++) {
    const struct io_uring_cqe* completion = &completions[at & mask];
    uint32_t low = (uint32_t)completion->user_data;
    // Nobody is left to take it. The environment's end, which comes later, closes it.
    if (low != MESSAGE_MARK && (low & OPENS_MARK) == OPENS_MARK && completion->res >= 0) ta_descriptors_note(r->descriptors, completion->res);
    if ((completion->flags & IORING_CQE_F_MORE) == 0 && low != MESSAGE_MARK) final++;
  }
  r->control->counted_head = at;
  __atomic_store_n(head, at, __ATOMIC_RELEASE);
  return final;
}

// The kernel may still write into memory of this isolate: cancel what can be cancelled and wait for the rest.
static void wait_until_idle(ring* r) {
  struct {
    uint64_t address;
    int32_t fd;
    uint32_t flags;
    struct __kernel_timespec timeout;
    uint64_t padding[4];
  } cancel = {.fd = -1, .flags = IORING_ASYNC_CANCEL_ALL | (1u << 2) /* ANY */, .timeout = {.tv_sec = 1}};
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  int attempts = DEAD_ATTEMPTS;
  while (r->control->submitted - r->control->finished != 0) {
    syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_SYNC_CANCEL, &cancel, 1);
    int answer = enter_timed(r->fd, 0, 1, IORING_ENTER_GETEVENTS, 100);
    r->control->finished += drain_final(r);
    // A call that is forbidden does not wait. What was cancelled ends in the kernel's own time, without this call.
    if (answer == -EPERM || answer == -ENOSYS || answer == -EACCES) {
      if (attempts-- == 0) break;
      nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - start.tv_sec >= TEARDOWN_SECONDS_MAX) break;
  }
}

static void release(void* argument) {
  ring* r = argument;
  if (r->rings != NULL) munmap(r->rings, r->rings_length);
  if (r->entries != NULL) munmap(r->entries, r->entries_length);
  if (r->control != NULL) munmap(r->control, CONTROL_LENGTH);
  if (r->fd >= 0) close(r->fd);
  if (r->eventfd >= 0) close(r->eventfd);
  free(r);
}

static void on_environment_end(void* argument) {
  ring* r = argument;
  wait_until_idle(r);
  // Strong references outlive their environment as a leak of forty bytes each.
  napi_delete_reference(r->env, r->rings_buffer);
  napi_delete_reference(r->env, r->entries_buffer);
  napi_delete_reference(r->env, r->control_buffer);
  ta_watch_close(r->watch, release, r);
}

// enter(): io_uring_enter with the arguments in the control block.
static napi_value ring_enter(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  ring* r = data;
  control_block* control = r->control;
  int result = enter(r->fd, (unsigned)control->submit, (unsigned)control->complete, (unsigned)control->flags, NULL, 0);
  // Counted here and not in TypeScript: a terminated worker may stop between the call and its next statement.
  if (result > 0) control->submitted += (uint32_t)result;
  control->answer = result;
  return NULL;
}

// enterTimed(milliseconds): the same, waiting no longer than that.
static napi_value ring_enter_timed(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  double milliseconds;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  if (!ta_double(env, argv[0], &milliseconds)) return ta_fail(env, __FILE__, __LINE__);
  ring* r = data;
  control_block* control = r->control;
  int result = enter_timed(r->fd, (unsigned)control->submit, (unsigned)control->complete, (unsigned)control->flags, milliseconds);
  if (result > 0) control->submitted += (uint32_t)result;
  control->answer = result;
  return NULL;
}

// With O_DIRECT a read would wait for the device in spite of RWF_NOWAIT. Asking costs a fifth of a cached read, so an answer
// is believed for a while: if the number has come to stand for another file since, so many reads wait at the very most.
#define BUFFERED_READS_BELIEVED 15
static bool is_buffered(ring* r, int fd) {
  if (fd == r->buffered_fd && r->buffered_reads > 0) {
    r->buffered_reads--;
    return true;
  }
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_DIRECT) != 0) return false;
  r->buffered_fd = fd;
  r->buffered_reads = BUFFERED_READS_BELIEVED;
  return true;
}

// A read of a file from the page cache alone: bytes read, or -EAGAIN where that is not all there is, or not possible here.
static int read_cached(ring* r, const struct io_uring_sqe* entry) {
#ifdef __NR_preadv2
  if (!is_buffered(r, entry->fd)) return -EAGAIN;
  size_t done = 0;
  for (;;) {
    struct iovec rest = {.iov_base = (uint8_t*)(uintptr_t)entry->addr + done, .iov_len = entry->len - done};
    uint64_t offset = entry->off + done;
    long bytes = syscall(__NR_preadv2, entry->fd, &rest, 1, (long)offset, 0L, RWF_NOWAIT);
    if (bytes < 0) return -EAGAIN;
    done += (size_t)bytes;
    // Fewer than asked for may be the end of the file or the end of what is cached: the next call tells.
    if (bytes == 0 || done == entry->len) return (int)done;
  }
#else
  (void)r;
  (void)entry;
  return -EAGAIN;
#endif
}

// Whether the attributes of its files are always in memory: not those of a network or of another process. Numbers of
// block devices stand for a file system as long as it is mounted; others are given anew, and looked at each time.
static bool is_local(ring* r, int fd, uint32_t major, uint32_t minor) {
  if (major != 0 && r->local_major == major && r->local_minor == minor) return true;
  struct statfs status;
  if (fstatfs(fd, &status) < 0) return false;
  switch ((uint32_t)status.f_type) {
    case 0xef53:      // ext2, ext3, ext4
    case 0x58465342:  // XFS
    case 0x9123683e:  // Btrfs
    case 0xf2f52010:  // F2FS
    case 0x01021994:  // tmpfs
    case 0x794c7630:  // overlayfs
      r->local_major = major;
      r->local_minor = minor;
      return true;
    default:
      return false;
  }
}

// A statx from the dentry and inode caches alone: 0, what the lookup answers, or -EAGAIN where the caches do not tell.
static int stat_cached(ring* r, const struct io_uring_sqe* entry) {
#if defined(__NR_openat2) && defined(RESOLVE_CACHED)
  const char* path = (const char*)(uintptr_t)entry->addr;
  struct statx* status = (struct statx*)(uintptr_t)entry->off;
  int flags = (int)entry->statx_flags, fd = entry->fd;
  if ((flags & AT_STATX_FORCE_SYNC) != 0) return -EAGAIN;
  bool given = path[0] == 0;
  if (given && ((flags & AT_EMPTY_PATH) == 0 || fd < 0)) return -EAGAIN;
  if (!given) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED};
    if ((flags & AT_SYMLINK_NOFOLLOW) != 0) how.flags |= O_NOFOLLOW;
    fd = (int)syscall(__NR_openat2, fd, path, &how, sizeof how);
    if (fd < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP || errno == ENAMETOOLONG ? -errno : -EAGAIN;
  }
  // On a local file system the flag says nothing new; on another it keeps this call from asking.
  long result = syscall(__NR_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, entry->len, status);
  if (result < 0 || !is_local(r, fd, status->stx_dev_major, status->stx_dev_minor)) result = -EAGAIN;
  if (!given) close(fd);
  return (int)result;
#else
  (void)r;
  (void)entry;
  return -EAGAIN;
#endif
}

// carryOutCached(): carries out the entry whose index is in the control block, if the caches have all it needs.
static napi_value ring_carry_out_cached(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  ring* r = data;
  const struct io_uring_sqe* entry = (const struct io_uring_sqe*)r->entries + r->control->submit;
  r->control->answer = entry->opcode == IORING_OP_STATX ? stat_cached(r, entry) : read_cached(r, entry);
  return NULL;
}

// register(opcode, view | null, count) -> result or -errno
static napi_value ring_register(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value argv[3];
  void *data, *argument;
  size_t length;
  int32_t opcode, count;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  ring* r = data;
  if (!ta_int32(env, argv[0], &opcode) || !ta_view(env, argv[1], &argument, &length) || !ta_int32(env, argv[2], &count)) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  long result = syscall(__NR_io_uring_register, r->fd, opcode, argument, count);
  return ta_number(env, result < 0 ? -(double)errno : (double)result);
}

// close() -> submissions that the kernel still has, none of a living ring. JavaScript loses the mappings first.
static napi_value ring_close(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  ring* r = data;
  napi_remove_env_cleanup_hook(env, on_environment_end, r);
  wait_until_idle(r);
  uint32_t left = r->control->submitted - r->control->finished;
  bool ok = ta_take_back(env, r->rings_buffer) && ta_take_back(env, r->entries_buffer) && ta_take_back(env, r->control_buffer);
  ta_watch_close(r->watch, release, r);
  return ok ? ta_number(env, left) : ta_fail(env, __FILE__, __LINE__);
}

static void* map(int fd, size_t length, off_t offset) {
  void* data = fd < 0 ? mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                      : mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
  return data == MAP_FAILED ? NULL : data;
}

// ringCreate(entries, flags, completionEntries, onReadable) -> the ring, or -errno of what refused it.
static napi_value ring_create(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value argv[4], object, params;
  int32_t entries, flags, completions;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &entries) || !ta_int32(env, argv[1], &flags) || !ta_int32(env, argv[2], &completions)) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  ring* r = calloc(1, sizeof *r);
  if (r == NULL) return ta_number(env, -ENOMEM);
  r->env = env;
  r->descriptors = ta_descriptors_of(env);
  r->params.flags = (uint32_t)flags | (completions > 0 ? IORING_SETUP_CQSIZE : 0);
  r->params.cq_entries = (uint32_t)completions;
  r->fd = (int)syscall(__NR_io_uring_setup, entries, &r->params);
  r->eventfd = r->fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (r->fd < 0 || r->eventfd < 0 || syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_EVENTFD, &r->eventfd, 1) < 0) {
    int error = errno;
    release(r);
    return ta_number(env, -error);
  }
  size_t submission = r->params.sq_off.array + r->params.sq_entries * sizeof(uint32_t);
  size_t completion = r->params.cq_off.cqes + r->params.cq_entries * sizeof(struct io_uring_cqe);
  r->rings_length = submission > completion ? submission : completion;
  r->entries_length = r->params.sq_entries * sizeof(struct io_uring_sqe);
  // FEAT_SINGLE_MMAP is as old as every opcode the engine needs (5.4); the probe refuses kernels without it.
  r->rings = map(r->fd, r->rings_length, IORING_OFF_SQ_RING);
  r->entries = map(r->fd, r->entries_length, IORING_OFF_SQES);
  r->control = map(-1, CONTROL_LENGTH, 0);
  if (r->rings == NULL || r->entries == NULL || r->control == NULL) {
    int error = errno;
    release(r);
    return ta_number(env, -error);
  }
  napi_value params_buffer;
  void* params_data;
  bool ok = napi_create_object(env, &object) == napi_ok &&
            napi_create_arraybuffer(env, sizeof r->params, &params_data, &params_buffer) == napi_ok &&
            napi_create_typedarray(env, napi_uint32_array, sizeof r->params / 4, params_buffer, 0, &params) == napi_ok &&
            napi_set_named_property(env, object, "params", params) == napi_ok && ta_set_number(env, object, "fd", r->fd) &&
            ta_lend(env, object, "rings", r->rings, r->rings_length, &r->rings_buffer) &&
            ta_lend(env, object, "entries", r->entries, r->entries_length, &r->entries_buffer) &&
            ta_lend(env, object, "control", r->control, CONTROL_LENGTH, &r->control_buffer) &&
            ta_set_function(env, object, "enter", ring_enter, r) &&
            ta_set_function(env, object, "enterTimed", ring_enter_timed, r) &&
            ta_set_function(env, object, "carryOutCached", ring_carry_out_cached, r) &&
            ta_set_function(env, object, "register", ring_register, r) && ta_set_function(env, object, "close", ring_close, r);
  if (ok) memcpy(params_data, &r->params, sizeof r->params);
  if (ok) r->watch = ta_watch_open(env, object, r->eventfd, true, argv[3]);
  if (!ok || r->watch == NULL || napi_add_env_cleanup_hook(env, on_environment_end, r) != napi_ok) {
    // JavaScript may already see the mappings: leave them, give back the descriptor.
    if (r->watch != NULL) ta_watch_close(r->watch, NULL, NULL);
    close(r->fd);
    close(r->eventfd);
    return ta_fail(env, __FILE__, __LINE__);
  }
  return object;
}

napi_value ta_io_uring_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "ringCreate", ring_create, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

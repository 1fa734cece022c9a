// ⑥ native — Linux AIO: a context's five system calls, its completion ring as the kernel mapped it, memory for the control
// blocks, and an orderly end when the environment goes away.
#include "linux_aio.h"
#include "trueaio.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct iocb) == 64, "struct iocb");
_Static_assert(sizeof(struct io_event) == 32, "struct io_event");
_Static_assert(sizeof(ta_aio_ring) == 32, "struct aio_ring");
_Static_assert(sizeof(ta_aio_control) <= TA_AIO_CONTROL_BYTES, "the control block's place");

typedef struct {
  napi_env env;
  aio_context_t id;  // also the address of its ring
  int eventfd;       // what requests with IOCB_FLAG_RESFD count in, and what the loop watches
  int32_t capacity;
  ta_watch* watch;
  uint8_t* shared;
  size_t shared_length;
  size_t ring_length;
  napi_ref ring_buffer;
  napi_ref shared_buffer;
} context;

static struct io_event* events_of(context* c) { return (struct io_event*)(c->shared + TA_AIO_CONTROL_BYTES); }

static struct iocb** pointers_of(context* c) {
  return (struct iocb**)(c->shared + TA_AIO_CONTROL_BYTES + TA_AIO_EVENTS * sizeof(struct io_event));
}

static struct iocb* iocbs_of(context* c) { return (struct iocb*)((uint8_t*)pointers_of(c) + (size_t)c->capacity * sizeof(uint64_t)); }

static void release(void* argument) {
  context* c = argument;
  if (c->id != 0) syscall(__NR_io_destroy, c->id);
  if (c->shared != NULL) munmap(c->shared, c->shared_length);
  if (c->eventfd >= 0) close(c->eventfd);
  free(c);
}

// io_destroy takes tens of milliseconds even of an idle context (an RCU grace period), too long for the loop: a thread of
// libuv's makes the call. As a Node-API work, so that neither the environment nor this library goes before it has ended.
typedef struct {
  aio_context_t id;
  napi_async_work work;
} ending;

static void end(napi_env env, void* data) {
  (void)env;
  syscall(__NR_io_destroy, ((ending*)data)->id);
}

static void ended(napi_env env, napi_status status, void* data) {
  ending* e = data;
  if (status == napi_cancelled) end(env, e);
  napi_delete_async_work(env, e->work);
  free(e);
}

static bool destroy_later(napi_env env, context* c) {
  napi_value name;
  ending* e = calloc(1, sizeof *e);
  if (e == NULL) return false;
  e->id = c->id;
  if (napi_create_string_utf8(env, "TRUEAIO", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, end, ended, e, &e->work) != napi_ok) {
    free(e);
    return false;
  }
  if (napi_queue_async_work(env, e->work) != napi_ok) {
    napi_delete_async_work(env, e->work);
    free(e);
    return false;
  }
  c->id = 0;
  return true;
}

// io_destroy cancels polls, waits for every other request, and unmaps the ring: after it the kernel holds no memory of
// this isolate, and JavaScript must not look at the ring.
static void destroy(context* c) {
  syscall(__NR_io_destroy, c->id);
  c->id = 0;
}

static void on_environment_end(void* argument) {
  context* c = argument;
  destroy(c);
  napi_delete_reference(c->env, c->ring_buffer);
  napi_delete_reference(c->env, c->shared_buffer);
  ta_watch_close(c->watch, release, c);
}

// submit(): io_submit with the arguments, and for the answer, in the control block.
static napi_value context_submit(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  context* c = data;
  ta_aio_control* control = (ta_aio_control*)c->shared;
  long result = syscall(__NR_io_submit, c->id, (long)control->count, pointers_of(c) + control->first);
  control->answer = result < 0 ? -errno : (int32_t)result;
  return NULL;
}

// getEvents(atLeast, milliseconds) -> how many events are in their place in the shared memory, or -errno. < 0: no limit.
static napi_value context_get_events(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  void* data;
  int32_t least;
  double milliseconds;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  if (!ta_int32(env, argv[0], &least) || !ta_double(env, argv[1], &milliseconds)) return ta_fail(env, __FILE__, __LINE__);
  context* c = data;
  struct timespec time = {0};
  if (milliseconds >= 0) {
    time.tv_sec = (time_t)(milliseconds / 1000);
    time.tv_nsec = (long)((milliseconds - (double)time.tv_sec * 1000) * 1e6);
  }
  if (least > TA_AIO_EVENTS) least = TA_AIO_EVENTS;
  long result = syscall(__NR_io_getevents, c->id, (long)least, (long)TA_AIO_EVENTS, events_of(c), milliseconds < 0 ? NULL : &time);
  return ta_number(env, result < 0 ? -(double)errno : (double)result);
}

// cancel(place) -> what io_cancel says of the control block at that place.
static napi_value context_cancel(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  int32_t place;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  context* c = data;
  if (!ta_int32(env, argv[0], &place) || place < 0 || place >= c->capacity) return ta_fail(env, __FILE__, __LINE__);
  struct io_event unused;  // kernels since 4.18 deliver the event through the ring
  long result = syscall(__NR_io_cancel, c->id, iocbs_of(c) + place, &unused);
  return ta_number(env, result < 0 ? -(double)errno : (double)result);
}

// close(): once, with nothing in flight. JavaScript loses the mappings first.
static napi_value context_close(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  context* c = data;
  napi_remove_env_cleanup_hook(env, on_environment_end, c);
  bool ok = ta_take_back(env, c->ring_buffer) && ta_take_back(env, c->shared_buffer);
  if (!destroy_later(env, c)) destroy(c);
  ta_watch_close(c->watch, release, c);
  return ok ? NULL : ta_fail(env, __FILE__, __LINE__);
}

static int set_up(context* c) {
  if (syscall(__NR_io_setup, c->capacity, &c->id) < 0) return -errno;
  // What the context's number points to is no promise of the manual's: only with these marks is it the ring known here.
  const ta_aio_ring* ring = (const ta_aio_ring*)(uintptr_t)c->id;
  if (ring->magic != TA_AIO_RING_MAGIC || ring->incompatible_features != 0 || ring->header_length != sizeof *ring) return -ENOTSUP;
  c->ring_length = sizeof *ring + (size_t)ring->count * sizeof(struct io_event);
  c->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (c->eventfd < 0) return -errno;
  c->shared_length = TA_AIO_CONTROL_BYTES + TA_AIO_EVENTS * sizeof(struct io_event) + (size_t)c->capacity * (sizeof(uint64_t) + sizeof(struct iocb));
  void* shared = mmap(NULL, c->shared_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -errno;
  c->shared = shared;
  return 0;
}

// aioCreate(capacity, onReadable) -> the context, or -errno of what refused it.
static napi_value aio_create(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2], object;
  int32_t capacity;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &capacity)) return ta_fail(env, __FILE__, __LINE__);
  context* c = calloc(1, sizeof *c);
  if (c == NULL) return ta_number(env, -ENOMEM);
  c->env = env;
  c->eventfd = -1;
  c->capacity = capacity;
  int refused = set_up(c);
  if (refused != 0) {
    release(c);
    return ta_number(env, refused);
  }
  bool ok = napi_create_object(env, &object) == napi_ok && ta_set_number(env, object, "eventfd", c->eventfd) &&
            ta_lend(env, object, "ring", (void*)(uintptr_t)c->id, c->ring_length, &c->ring_buffer) &&
            ta_lend(env, object, "shared", c->shared, c->shared_length, &c->shared_buffer) &&
            ta_set_function(env, object, "submit", context_submit, c) &&
            ta_set_function(env, object, "getEvents", context_get_events, c) && ta_set_function(env, object, "cancel", context_cancel, c) &&
            ta_set_function(env, object, "close", context_close, c);
  if (ok) c->watch = ta_watch_open(env, object, c->eventfd, true, argv[1]);
  if (!ok || c->watch == NULL || napi_add_env_cleanup_hook(env, on_environment_end, c) != napi_ok) {
    // JavaScript may already see the mappings: leave them, give back the descriptor.
    if (c->watch != NULL) ta_watch_close(c->watch, NULL, NULL);
    close(c->eventfd);
    return ta_fail(env, __FILE__, __LINE__);
  }
  return object;
}

// What io_submit looks at in a descriptor, as TA_FILE_* bits; -EBADF where fget() finds nothing.
static int file_traits(int fd) {
  struct stat status;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0 || fstat(fd, &status) != 0) return -EBADF;
  int access = flags & O_ACCMODE, traits = 0;
  bool is_stored = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
  if (access != O_WRONLY) traits |= TA_FILE_READS;
  if (access != O_RDONLY) traits |= TA_FILE_WRITES;
  if (is_stored) traits |= TA_FILE_STORED;
  else if (lseek(fd, 0, SEEK_CUR) < 0 && errno == ESPIPE) traits |= TA_FILE_STREAM;
  if (is_stored && (flags & O_DIRECT) != 0) traits |= TA_FILE_DIRECT;
  // A FIFO open for both has two wait queues, and IOCB_CMD_POLL of it is EINVAL.
  if (S_ISSOCK(status.st_mode) || (S_ISFIFO(status.st_mode) && access != O_RDWR)) traits |= TA_FILE_ONE_QUEUE;
  return traits;
}

// fileTraits(fd) -> TA_FILE_* bits, or -EBADF
static napi_value traits_of(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  int32_t fd;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  return ta_number(env, file_traits(fd));
}

napi_value ta_linux_aio_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "aioCreate", aio_create, NULL) && ta_set_function(env, exports, "fileTraits", traits_of, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

// ⑥ native — an epoll instance of its own: it waits for the readiness of descriptors that no thread should have to wait
// for. Each watched descriptor is a duplicate, which keeps the open file there, as a poll in a ring does, and lets one
// descriptor be watched several times.
//
// The loop watches the instance, so it is inside the loop's own. Linux allows 500 ways from one open file through two
// instances, and 100 through three; an epoll_ctl that would make more fails with EINVAL, and one of libuv's own that
// fails aborts the process. So the instance is put into the loop's here, while it is empty, and not when libuv comes to
// it: libuv takes EEXIST, and every later refusal is one of `add`. What is refused there goes to an instance apart,
// which is in no other one and so has no such bound: a thread waits for it, and wakes the loop through an eventfd.
#include "trueaio.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STACK_BYTES (64 * 1024)

typedef struct {
  int epoll;
  // Of an instance apart; -1: none.
  int woken;    // eventfd: the thread has found something ready; watched by the loop
  int control;  // eventfd: the thread is to look at `armed` and `stopping` again
  pthread_t thread;
  bool started;
  // Atomic. Armed: the next readiness wakes the loop. Set by JavaScript, zeroed by the thread that wakes.
  uint32_t armed, stopping;
  ta_watch* watch;
  int* duplicates;  // to be closed with the rest; unordered
  size_t count, length;
} readiness;

#define TAKE_MAX 256

static void put(int eventfd) {
  uint64_t one = 1;
  ssize_t written = write(eventfd, &one, sizeof one);
  (void)written;  // EAGAIN: the counter is full, so it is readable
}

static void* run(void* argument) {
  readiness* r = argument;
  prctl(PR_SET_NAME, "trueaio-poll");
  for (;;) {
    bool armed = __atomic_load_n(&r->armed, __ATOMIC_ACQUIRE) != 0;
    struct pollfd descriptors[2] = {{.fd = r->control, .events = POLLIN}, {.fd = r->epoll, .events = POLLIN}};
    if (poll(descriptors, armed ? 2 : 1, -1) < 0) continue;
    if ((descriptors[0].revents & POLLIN) != 0) {
      uint64_t count;
      ssize_t got = read(r->control, &count, sizeof count);
      (void)got;
      if (__atomic_load_n(&r->stopping, __ATOMIC_ACQUIRE) != 0) return NULL;
    }
    if (armed && (descriptors[1].revents & POLLIN) != 0) {
      __atomic_store_n(&r->armed, 0, __ATOMIC_RELEASE);
      put(r->woken);
    }
  }
}

static bool start(readiness* r) {
  sigset_t all, old;
  pthread_attr_t attributes;
  // The thread is born with every signal blocked: those of the process are not its business.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  r->started = pthread_create(&r->thread, &attributes, run, r) == 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return r->started;
}

static void release(void* argument) {
  readiness* r = argument;
  for (size_t index = 0; index < r->count; index++) close(r->duplicates[index]);
  if (r->epoll >= 0) close(r->epoll);
  if (r->woken >= 0) close(r->woken);
  if (r->control >= 0) close(r->control);
  free(r->duplicates);
  free(r);
}

static void stop_and_release(readiness* r) {
  if (r->started) {
    __atomic_store_n(&r->stopping, 1, __ATOMIC_RELEASE);
    put(r->control);
    pthread_join(r->thread, NULL);
  }
  if (r->watch != NULL) ta_watch_close(r->watch, release, r);
  else release(r);
}

static void on_environment_end(void* argument) { stop_and_release(argument); }

static bool make_room(readiness* r) {
  if (r->count < r->length) return true;
  size_t length = r->length == 0 ? 64 : r->length * 2;
  int* duplicates = realloc(r->duplicates, length * sizeof *duplicates);
  if (duplicates == NULL) return false;
  r->duplicates = duplicates;
  r->length = length;
  return true;
}

static int add(readiness* r, int fd, uint32_t events) {
  if (!make_room(r)) return -ENOMEM;
  int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return -errno;
  struct epoll_event event = {.events = events, .data.fd = duplicate};
  if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, duplicate, &event) != 0) {
    int error = errno;
    close(duplicate);
    return -error;
  }
  r->duplicates[r->count++] = duplicate;
  return duplicate;
}

// add(fd, events) -> the key it is known by (the duplicate's number), or -errno. EPERM: this kind of file is always ready;
// EINVAL: too many ways lead from it through instances inside each other.
static napi_value readiness_add(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  void* data;
  int32_t fd;
  double events;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  if (!ta_int32(env, argv[0], &fd) || !ta_double(env, argv[1], &events)) return ta_fail(env, __FILE__, __LINE__);
  return ta_number(env, add(data, fd, (uint32_t)events));
}

// remove(key): once for each that was added.
static napi_value readiness_remove(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  int32_t duplicate;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  if (!ta_int32(env, argv[0], &duplicate)) return ta_fail(env, __FILE__, __LINE__);
  readiness* r = data;
  for (size_t index = 0; index < r->count; index++) {
    if (r->duplicates[index] != duplicate) continue;
    r->duplicates[index] = r->duplicates[--r->count];
    // Before the close: the open file lives on in the caller's descriptor, and with it would live the registration.
    epoll_ctl(r->epoll, EPOLL_CTL_DEL, duplicate, NULL);
    close(duplicate);
    return NULL;
  }
  return ta_fail(env, __FILE__, __LINE__);
}

// take(Int32Array) -> how many are ready; for each its key and events. At most 256 at a time.
static napi_value readiness_take(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void *data, *into;
  size_t length;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  if (!ta_view(env, argv[0], &into, &length) || length < 8) return ta_fail(env, __FILE__, __LINE__);
  struct epoll_event events[TAKE_MAX];
  size_t most = length / 8 < TAKE_MAX ? length / 8 : TAKE_MAX;
  int count = epoll_wait(((readiness*)data)->epoll, events, (int)most, 0);
  int32_t* pairs = into;
  for (int index = 0; index < count; index++) {
    pairs[2 * index] = events[index].data.fd;
    pairs[2 * index + 1] = (int32_t)events[index].events;
  }
  return ta_number(env, count < 0 ? 0 : count);
}

// arm(): from here on the next readiness wakes the loop once. To be called again after each wake-up, of an instance apart.
static napi_value readiness_arm(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  readiness* r = data;
  if (r->started && __atomic_exchange_n(&r->armed, 1, __ATOMIC_ACQ_REL) == 0) put(r->control);
  return NULL;
}

static napi_value readiness_close(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  readiness* r = data;
  napi_remove_env_cleanup_hook(env, on_environment_end, r);
  stop_and_release(r);
  return NULL;
}

static int open_descriptors(readiness* r, bool apart) {
  r->woken = r->control = -1;
  r->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (r->epoll < 0) return errno;
  if (!apart) return 0;
  r->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  r->control = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (r->woken < 0 || r->control < 0) return errno;
  return start(r) ? 0 : EAGAIN;
}

static int put_into_loop(napi_env env, int epoll) {
  uv_loop_t* loop;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = epoll};
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return EINVAL;
  return epoll_ctl(uv_backend_fd(loop), EPOLL_CTL_ADD, epoll, &event) == 0 || errno == EEXIST ? 0 : errno;
}

// readinessCreate(onReady, apart) -> the instance, or -errno
static napi_value readiness_create(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2], object;
  bool apart;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  TA_TRY(env, napi_get_value_bool(env, argv[1], &apart));
  readiness* r = calloc(1, sizeof *r);
  if (r == NULL) return ta_number(env, -ENOMEM);
  int error = open_descriptors(r, apart);
  if (error != 0) {
    release(r);
    return ta_number(env, -error);
  }
  bool ok = napi_create_object(env, &object) == napi_ok && ta_set_number(env, object, "fd", r->epoll) &&
            ta_set_function(env, object, "add", readiness_add, r) && ta_set_function(env, object, "remove", readiness_remove, r) &&
            ta_set_function(env, object, "take", readiness_take, r) && ta_set_function(env, object, "arm", readiness_arm, r) &&
            ta_set_function(env, object, "close", readiness_close, r);
  if (ok) r->watch = ta_watch_open(env, object, apart ? r->woken : r->epoll, apart, argv[0]);
  if (ok && r->watch != NULL && !apart) error = put_into_loop(env, r->epoll);
  if (error != 0 || !ok || r->watch == NULL || napi_add_env_cleanup_hook(env, on_environment_end, r) != napi_ok) {
    stop_and_release(r);
    return error != 0 ? ta_number(env, -error) : ta_fail(env, __FILE__, __LINE__);
  }
  return object;
}

napi_value ta_readiness_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "readinessCreate", readiness_create, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

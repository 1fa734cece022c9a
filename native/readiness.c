// ⑥ native — an epoll instance of its own, watched by the loop: waits for the readiness of descriptors that no thread
// should have to wait for. Each watched descriptor is a duplicate, which keeps the open file there, as a poll in a ring
// does, and lets one descriptor be watched several times.
#include "trueaio.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct {
  int epoll;
  ta_watch* watch;
  int* duplicates;  // to be closed with the rest; unordered
  size_t count, length;
} readiness;

#define TAKE_MAX 256

static void release(void* argument) {
  readiness* r = argument;
  for (size_t index = 0; index < r->count; index++) close(r->duplicates[index]);
  close(r->epoll);
  free(r->duplicates);
  free(r);
}

static void on_environment_end(void* argument) {
  readiness* r = argument;
  ta_watch_close(r->watch, release, r);
}

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

// add(fd, events) -> the key it is known by (the duplicate's number), or -errno; EPERM: this kind of file is always ready.
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

static napi_value readiness_close(napi_env env, napi_callback_info info) {
  void* data;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &data));
  readiness* r = data;
  napi_remove_env_cleanup_hook(env, on_environment_end, r);
  ta_watch_close(r->watch, release, r);
  return NULL;
}

// readinessCreate(onReady) -> the instance, or -errno
static napi_value readiness_create(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1], object;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  readiness* r = calloc(1, sizeof *r);
  if (r == NULL) return ta_number(env, -ENOMEM);
  r->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (r->epoll < 0) {
    int error = errno;
    free(r);
    return ta_number(env, -error);
  }
  bool ok = napi_create_object(env, &object) == napi_ok && ta_set_number(env, object, "fd", r->epoll) &&
            ta_set_function(env, object, "add", readiness_add, r) && ta_set_function(env, object, "remove", readiness_remove, r) &&
            ta_set_function(env, object, "take", readiness_take, r) && ta_set_function(env, object, "close", readiness_close, r);
  if (ok) r->watch = ta_watch_open(env, object, r->epoll, false, argv[0]);
  if (!ok || r->watch == NULL || napi_add_env_cleanup_hook(env, on_environment_end, r) != napi_ok) {
    if (r->watch != NULL) ta_watch_close(r->watch, release, r);
    else release(r);
    return ta_fail(env, __FILE__, __LINE__);
  }
  return object;
}

napi_value ta_readiness_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "readinessCreate", readiness_create, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

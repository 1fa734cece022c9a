// ⑥ native — waking Node's loop: a descriptor watched through uv_poll, a JavaScript function called when it is readable.
// The one place with handles of libuv's.
#include "trueaio.h"
#include <stdlib.h>
#include <unistd.h>

struct ta_watch {
  uv_poll_t handle;
  napi_env env;
  napi_ref callback;
  napi_ref receiver;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  int eventfd;  // read empty before each call; -1: the descriptor is not an eventfd
  bool closing;
  void (*done)(void*);
  void* done_argument;
};

static void on_ready(uv_poll_t* handle, int status, int events) {
  (void)status;  // an error on the descriptor is readable too: the ring protocol finds it
  (void)events;
  ta_watch* watch = handle->data;
  if (watch->eventfd >= 0) {
    uint64_t count;
    ssize_t got = read(watch->eventfd, &count, sizeof count);
    (void)got;  // EAGAIN: somebody else emptied it, and the call below finds nothing to do
  }
  ta_call_back(watch->env, watch->receiver, watch->callback, watch->context);
}

static void on_closed(uv_handle_t* handle) {
  ta_watch* watch = handle->data;
  napi_async_cleanup_hook_handle hook = watch->hook;
  if (watch->done != NULL) watch->done(watch->done_argument);
  free(watch);
  napi_remove_async_cleanup_hook(hook);
}

static void close_handle(ta_watch* watch) {
  if (watch->closing) return;
  watch->closing = true;
  uv_close((uv_handle_t*)&watch->handle, on_closed);
}

static void on_cleanup(napi_async_cleanup_hook_handle hook, void* argument) {
  (void)hook;
  ta_watch_close(argument, NULL, NULL);
}

static napi_value watch_ref(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  bool keep_alive;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  TA_TRY(env, napi_get_value_bool(env, argv[0], &keep_alive));
  uv_handle_t* handle = (uv_handle_t*)&((ta_watch*)data)->handle;
  if (keep_alive) uv_ref(handle);
  else uv_unref(handle);
  return NULL;
}

ta_watch* ta_watch_open(napi_env env, napi_value owner, int fd, bool drain_eventfd, napi_value callback) {
  uv_loop_t* loop;
  napi_value receiver, name;
  ta_watch* watch = calloc(1, sizeof *watch);
  if (watch == NULL) return NULL;
  watch->env = env;
  watch->eventfd = drain_eventfd ? fd : -1;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || uv_poll_init(loop, &watch->handle, fd) != 0) {
    free(watch);
    return NULL;
  }
  // From here on the handle belongs to the loop: it can only be freed through uv_close.
  watch->handle.data = watch;
  bool ok = napi_create_reference(env, callback, 1, &watch->callback) == napi_ok &&
            napi_create_object(env, &receiver) == napi_ok &&
            napi_create_reference(env, receiver, 1, &watch->receiver) == napi_ok &&
            napi_create_string_utf8(env, "TRUEAIO", NAPI_AUTO_LENGTH, &name) == napi_ok &&
            napi_async_init(env, receiver, name, &watch->context) == napi_ok &&
            ta_set_function(env, owner, "ref", watch_ref, watch) &&
            napi_add_async_cleanup_hook(env, on_cleanup, watch, &watch->hook) == napi_ok &&
            uv_poll_start(&watch->handle, UV_READABLE, on_ready) == 0;
  uv_unref((uv_handle_t*)&watch->handle);
  if (!ok) {
    ta_watch_close(watch, NULL, NULL);
    return NULL;
  }
  return watch;
}

void ta_watch_close(ta_watch* watch, void (*done)(void*), void* argument) {
  if (watch->closing) return;
  if (watch->callback != NULL) napi_delete_reference(watch->env, watch->callback);
  if (watch->receiver != NULL) napi_delete_reference(watch->env, watch->receiver);
  if (watch->context != NULL) napi_async_destroy(watch->env, watch->context);
  watch->callback = NULL;
  watch->receiver = NULL;
  watch->context = NULL;
  watch->done = done;
  watch->done_argument = argument;
  close_handle(watch);
}

static napi_value watch_close(napi_env env, napi_callback_info info) {
  void* watch;
  TA_TRY(env, napi_get_cb_info(env, info, NULL, NULL, NULL, &watch));
  ta_watch_close(watch, NULL, NULL);
  return NULL;
}

// watch(fd, isEventfd, callback) -> { ref(boolean), close() }. close() may be called once; nothing after it.
static napi_value watch(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value argv[3], object;
  int32_t fd;
  bool is_eventfd;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  TA_TRY(env, napi_get_value_bool(env, argv[1], &is_eventfd));
  if (!ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  TA_TRY(env, napi_create_object(env, &object));
  ta_watch* opened = ta_watch_open(env, object, fd, is_eventfd, argv[2]);
  if (opened == NULL) return ta_fail(env, __FILE__, __LINE__);
  if (!ta_set_function(env, object, "close", watch_close, opened)) {
    ta_watch_close(opened, NULL, NULL);
    return ta_fail(env, __FILE__, __LINE__);
  }
  return object;
}

napi_value ta_watch_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "watch", watch, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

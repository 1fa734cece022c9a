// ⑥ native — waking Node's loop on Windows: a uv_async, which any thread may send. What is sent again before the loop has looked is one
// wake-up. The one place there that needs uv.h for the loop.
#include "port.h"
#include <stdlib.h>

struct ta_wake {
  uv_async_t handle;
  napi_env env;
  napi_ref callback;
  napi_ref receiver;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  bool closing;
  void (*done)(void*);
  void* done_argument;
};

static void on_wake(uv_async_t* handle) {
  ta_wake* wake = handle->data;
  if (wake->closing) return;
  ta_call_back(wake->env, wake->receiver, wake->callback, wake->context);
}

static void on_closed(uv_handle_t* handle) {
  ta_wake* wake = handle->data;
  napi_async_cleanup_hook_handle hook = wake->hook;
  if (wake->done != NULL) wake->done(wake->done_argument);
  free(wake);
  napi_remove_async_cleanup_hook(hook);
}

static void on_cleanup(napi_async_cleanup_hook_handle hook, void* argument) {
  (void)hook;
  ta_wake_close(argument, NULL, NULL);
}

static napi_value wake_ref(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  bool keep_alive;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  TA_TRY(env, napi_get_value_bool(env, argv[0], &keep_alive));
  uv_handle_t* handle = (uv_handle_t*)&((ta_wake*)data)->handle;
  if (keep_alive) uv_ref(handle);
  else uv_unref(handle);
  return NULL;
}

ta_wake* ta_wake_open(napi_env env, napi_value owner, napi_value callback) {
  uv_loop_t* loop;
  napi_value receiver, name;
  ta_wake* wake = calloc(1, sizeof *wake);
  if (wake == NULL) return NULL;
  wake->env = env;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || uv_async_init(loop, &wake->handle, on_wake) != 0) {
    free(wake);
    return NULL;
  }
  // From here on the handle belongs to the loop: it can only be freed through uv_close.
  wake->handle.data = wake;
  uv_unref((uv_handle_t*)&wake->handle);
  bool ok = napi_create_reference(env, callback, 1, &wake->callback) == napi_ok &&
            napi_create_object(env, &receiver) == napi_ok &&
            napi_create_reference(env, receiver, 1, &wake->receiver) == napi_ok &&
            napi_create_string_utf8(env, "TRUEAIO", NAPI_AUTO_LENGTH, &name) == napi_ok &&
            napi_async_init(env, receiver, name, &wake->context) == napi_ok &&
            ta_set_function(env, owner, "ref", wake_ref, wake) &&
            napi_add_async_cleanup_hook(env, on_cleanup, wake, &wake->hook) == napi_ok;
  if (!ok) {
    ta_wake_close(wake, NULL, NULL);
    return NULL;
  }
  return wake;
}

void ta_wake_send(ta_wake* wake) { uv_async_send(&wake->handle); }

void ta_wake_close(ta_wake* wake, void (*done)(void*), void* argument) {
  if (wake->closing) return;
  if (wake->callback != NULL) napi_delete_reference(wake->env, wake->callback);
  if (wake->receiver != NULL) napi_delete_reference(wake->env, wake->receiver);
  if (wake->context != NULL) napi_async_destroy(wake->env, wake->context);
  wake->done = done;
  wake->done_argument = argument;
  wake->closing = true;
  uv_close((uv_handle_t*)&wake->handle, on_closed);
}

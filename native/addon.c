// ⑥ native — the addon's entry: one table of functions, and the small conversions every file uses.
#include "trueaio.h"
#include <stdio.h>

napi_value ta_fail(napi_env env, const char* file, int line) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) {
    char message[256];
    snprintf(message, sizeof message, "trueaio addon: bad argument or engine state at %s:%d", file, line);
    napi_throw_error(env, "ERR_TRUEAIO_NATIVE", message);
  }
  return NULL;
}

// Calls a function of JavaScript's from the loop, with its ticks and microtasks behind it. What it throws is an uncaught error.
void ta_call_back(napi_env env, napi_ref receiver_reference, napi_ref callback_reference, napi_async_context context) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, receiver, result;
  napi_callback_scope calling;
  if (napi_get_reference_value(env, callback_reference, &callback) == napi_ok && callback != NULL &&
      napi_get_reference_value(env, receiver_reference, &receiver) == napi_ok && receiver != NULL &&
      napi_open_callback_scope(env, receiver, context, &calling) == napi_ok) {
    napi_status called = napi_call_function(env, receiver, callback, 0, NULL, &result);
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (called != napi_ok && pending) {
      napi_value error;
      if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
    }
    // Ticks and microtasks run here. Not napi_make_callback: it catches what they throw, and so loses the place it was thrown from.
    napi_close_callback_scope(env, calling);
  }
  napi_close_handle_scope(env, scope);
}

bool ta_int32(napi_env env, napi_value value, int32_t* out) { return napi_get_value_int32(env, value, out) == napi_ok; }

bool ta_double(napi_env env, napi_value value, double* out) { return napi_get_value_double(env, value, out) == napi_ok; }

bool ta_view(napi_env env, napi_value value, void** data, size_t* length) {
  napi_valuetype type;
  *data = NULL;
  *length = 0;
  if (napi_typeof(env, value, &type) != napi_ok) return false;
  if (type == napi_null || type == napi_undefined) return true;
  bool typed = false;
  if (napi_is_typedarray(env, value, &typed) != napi_ok) return false;
  if (typed) {
    napi_typedarray_type kind;
    size_t count;
    if (napi_get_typedarray_info(env, value, &kind, &count, data, NULL, NULL) != napi_ok) return false;
    static const size_t width[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 2};  // the last, Float16Array, since Node 24
    if ((size_t)kind >= sizeof width / sizeof width[0]) return false;
    *length = count * width[kind];
    return true;
  }
  return napi_get_dataview_info(env, value, length, data, NULL, NULL) == napi_ok;
}

napi_value ta_number(napi_env env, double value) {
  napi_value result;
  TA_TRY(env, napi_create_double(env, value, &result));
  return result;
}

bool ta_set_function(napi_env env, napi_value object, const char* name, napi_callback callback, void* data) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function) == napi_ok &&
         napi_set_named_property(env, object, name, function) == napi_ok;
}

bool ta_set_number(napi_env env, napi_value object, const char* name, double value) {
  napi_value number;
  return napi_create_double(env, value, &number) == napi_ok && napi_set_named_property(env, object, name, number) == napi_ok;
}

// isMainLoop: true where the environment's loop is the process's own, which no worker's is. Absent where it is another one (an embedder's).
static bool tell_main_loop(napi_env env, napi_value exports) {
  uv_loop_t* loop;
  napi_value yes;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || loop != uv_default_loop()) return true;
  return napi_get_boolean(env, true, &yes) == napi_ok && napi_set_named_property(env, exports, "isMainLoop", yes) == napi_ok;
}

NAPI_MODULE_INIT() {
  if (!tell_main_loop(env, exports)) return ta_fail(env, __FILE__, __LINE__);
  if (ta_lend_init(env, exports) == NULL) return NULL;
#ifdef _WIN32
  if (ta_windows_memory_init(env, exports) == NULL) return NULL;
  if (ta_port_init(env, exports) == NULL) return NULL;
#else
  if (ta_memory_init(env, exports) == NULL) return NULL;
  if (ta_watch_init(env, exports) == NULL) return NULL;
  if (ta_layout_init(env, exports) == NULL) return NULL;
#endif
#ifdef __linux__
  if (ta_unfinished_init(env, exports) == NULL) return NULL;
  if (ta_descriptors_init(env, exports) == NULL) return NULL;
  if (ta_io_uring_init(env, exports) == NULL) return NULL;
  if (ta_pool_init(env, exports) == NULL) return NULL;
  if (ta_linux_aio_init(env, exports) == NULL) return NULL;
  if (ta_readiness_init(env, exports) == NULL) return NULL;
  if (ta_file_facts_init(env, exports) == NULL) return NULL;
  if (ta_whole_cached_init(env, exports) == NULL) return NULL;
  if (ta_socket_call_init(env, exports) == NULL) return NULL;
  if (ta_compute_init(env, exports) == NULL) return NULL;
  if (ta_digest_init(env, exports) == NULL) return NULL;
#endif
  return exports;
}

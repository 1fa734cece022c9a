// ⑥ native — what the C files share. C holds only what JavaScript cannot do: memory, system calls, loop wake-up, threads.
#ifndef TRUEAIO_H
#define TRUEAIO_H
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

// A failing Node-API call here means a caller broke the contract of binding.ts: say where, as a JavaScript error.
#define TA_TRY(env, call)                                                       \
  do {                                                                          \
    if ((call) != napi_ok) return ta_fail((env), __FILE__, __LINE__);           \
  } while (0)

napi_value ta_fail(napi_env env, const char* file, int line);
void ta_call_back(napi_env env, napi_ref receiver, napi_ref callback, napi_async_context context);

bool ta_int32(napi_env env, napi_value value, int32_t* out);
bool ta_double(napi_env env, napi_value value, double* out);
// The memory of a typed array or DataView, or NULL with length 0 for null.
bool ta_view(napi_env env, napi_value value, void** data, size_t* length);
napi_value ta_number(napi_env env, double value);
bool ta_set_function(napi_env env, napi_value object, const char* name, napi_callback callback, void* data);
bool ta_set_number(napi_env env, napi_value object, const char* name, double value);
// Memory this addon maps, as an ArrayBuffer; NULL where external memory is not allowed (an exception is pending).
napi_value ta_external(napi_env env, void* data, size_t length, napi_finalize finalize, void* hint);
// A finalizer that does nothing.
void ta_keep(napi_env env, void* data, void* hint);
// Lends such memory to JavaScript as a property, until ta_take_back() detaches it and gives up the reference.
bool ta_lend(napi_env env, napi_value object, const char* name, void* data, size_t length, napi_ref* reference);
bool ta_take_back(napi_env env, napi_ref reference);

// Pages that are zeroed and come into being when touched; NULL: the system gives none.
void* ta_pages_map(size_t length);
void ta_pages_unmap(void* data, size_t length);
size_t ta_page_size(void);

// A descriptor watched by the loop. The callback gets no argument and runs as a callback of the loop:
// ticks and microtasks run after it, and what it throws is an uncaught exception. `owner` gets ref(keepAlive), which says
// whether the watch keeps the process alive; at first it does not.
typedef struct ta_watch ta_watch;
ta_watch* ta_watch_open(napi_env env, napi_value owner, int fd, bool drain_eventfd, napi_value callback);
// Frees the watch after its handle has closed; `done` (may be NULL) runs then.
void ta_watch_close(ta_watch* watch, void (*done)(void*), void* argument);

napi_value ta_lend_init(napi_env env, napi_value exports);
#ifdef _WIN32
napi_value ta_windows_memory_init(napi_env env, napi_value exports);
napi_value ta_port_init(napi_env env, napi_value exports);
#else
napi_value ta_memory_init(napi_env env, napi_value exports);
napi_value ta_watch_init(napi_env env, napi_value exports);
napi_value ta_layout_init(napi_env env, napi_value exports);
#endif
#ifdef __linux__
napi_value ta_unfinished_init(napi_env env, napi_value exports);
napi_value ta_descriptors_init(napi_env env, napi_value exports);
napi_value ta_io_uring_init(napi_env env, napi_value exports);
napi_value ta_pool_init(napi_env env, napi_value exports);
napi_value ta_linux_aio_init(napi_env env, napi_value exports);
napi_value ta_readiness_init(napi_env env, napi_value exports);
napi_value ta_file_facts_init(napi_env env, napi_value exports);
napi_value ta_whole_cached_init(napi_env env, napi_value exports);
napi_value ta_socket_call_init(napi_env env, napi_value exports);
napi_value ta_compute_init(napi_env env, napi_value exports);
napi_value ta_digest_init(napi_env env, napi_value exports);
#endif
#endif

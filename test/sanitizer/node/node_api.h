// As much of Node-API as the pool's C files name, for a program without Node (threads.c). node.c has the functions.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct environment* napi_env;
typedef struct value* napi_value;
typedef struct value* napi_ref;
typedef struct async_context* napi_async_context;
typedef struct arguments* napi_callback_info;
typedef enum { napi_ok, napi_generic_failure } napi_status;
typedef enum { napi_uint8_array } napi_typedarray_type;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef void (*napi_finalize)(napi_env, void*, void*);

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* argc, napi_value* argv,
                             napi_value* this_value, void** data);
napi_status napi_create_object(napi_env env, napi_value* result);
napi_status napi_get_null(napi_env env, napi_value* result);
napi_status napi_create_typedarray(napi_env env, napi_typedarray_type type, size_t length, napi_value buffer,
                                   size_t offset, napi_value* result);
napi_status napi_delete_reference(napi_env env, napi_ref reference);
napi_status napi_get_instance_data(napi_env env, void** data);
napi_status napi_set_instance_data(napi_env env, void* data, napi_finalize finalize, void* hint);
napi_status napi_add_env_cleanup_hook(napi_env env, void (*hook)(void*), void* argument);
napi_status napi_remove_env_cleanup_hook(napi_env env, void (*hook)(void*), void* argument);

// Node-API and the addon's own helpers over it, as far as the pool's C files call them, on plain structs.
#include "environment.h"
#include "../../native/trueaio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  int count;
  struct value values[ARGUMENTS_MAX];
  void* data;
};

void require(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "threads: %s\n", what);
  _Exit(1);
}

napi_value call(napi_env env, napi_value object, const char* name, int count, const double* numbers) {
  struct arguments given = {.count = count};
  for (int index = 0; index < count; index++) given.values[index].number = numbers[index];
  for (int index = 0; index < object->functions_length; index++) {
    if (strcmp(object->functions[index].name, name) != 0) continue;
    given.data = object->functions[index].data;
    return object->functions[index].callback(env, &given);
  }
  require(false, name);
  return NULL;
}

double call_number(napi_env env, napi_value object, const char* name, int count, const double* numbers) {
  napi_value answer = call(env, object, name, count, numbers);
  double number = answer == NULL ? 0 : answer->number;
  free(answer);
  return number;
}

void end_environment(napi_env env) {
  while (env->hooks_length > 0) {
    env->hooks_length--;
    env->hooks[env->hooks_length].hook(env->hooks[env->hooks_length].argument);
  }
}

static napi_value new_value(void) {
  napi_value value = calloc(1, sizeof *value);
  require(value != NULL, "no memory");
  return value;
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* argc, napi_value* argv,
                             napi_value* this_value, void** data) {
  (void)env;
  (void)this_value;
  for (size_t index = 0; argc != NULL && index < *argc; index++) argv[index] = &info->values[index];
  if (data != NULL) *data = info->data;
  return napi_ok;
}

napi_status napi_create_object(napi_env env, napi_value* result) {
  (void)env;
  *result = new_value();
  return napi_ok;
}

napi_status napi_get_null(napi_env env, napi_value* result) { return napi_create_object(env, result); }

napi_status napi_create_typedarray(napi_env env, napi_typedarray_type type, size_t length, napi_value buffer,
                                   size_t offset, napi_value* result) {
  (void)env;
  (void)type;
  (void)length;
  (void)offset;
  *result = buffer;
  return napi_ok;
}

napi_status napi_delete_reference(napi_env env, napi_ref reference) {
  (void)env;
  (void)reference;
  return napi_ok;
}

napi_status napi_get_instance_data(napi_env env, void** data) {
  *data = env->instance;
  return napi_ok;
}

napi_status napi_set_instance_data(napi_env env, void* data, napi_finalize finalize, void* hint) {
  (void)finalize;
  (void)hint;
  env->instance = data;
  return napi_ok;
}

napi_status napi_add_env_cleanup_hook(napi_env env, void (*hook)(void*), void* argument) {
  env->hooks[env->hooks_length].hook = hook;
  env->hooks[env->hooks_length++].argument = argument;
  return napi_ok;
}

napi_status napi_remove_env_cleanup_hook(napi_env env, void (*hook)(void*), void* argument) {
  for (int index = 0; index < env->hooks_length; index++) {
    if (env->hooks[index].hook != hook || env->hooks[index].argument != argument) continue;
    env->hooks_length--;
    memmove(&env->hooks[index], &env->hooks[index + 1], (size_t)(env->hooks_length - index) * sizeof env->hooks[0]);
    return napi_ok;
  }
  return napi_generic_failure;
}

napi_value ta_fail(napi_env env, const char* file, int line) {
  (void)env;
  fprintf(stderr, "threads: failed in %s:%d\n", file, line);
  _Exit(1);
}

bool ta_int32(napi_env env, napi_value value, int32_t* out) {
  (void)env;
  *out = (int32_t)value->number;
  return true;
}

bool ta_double(napi_env env, napi_value value, double* out) {
  (void)env;
  *out = value->number;
  return true;
}

napi_value ta_number(napi_env env, double number) {
  (void)env;
  napi_value value = new_value();
  value->number = number;
  return value;
}

bool ta_set_function(napi_env env, napi_value object, const char* name, napi_callback callback, void* data) {
  (void)env;
  require(object->functions_length < FUNCTIONS_MAX, "too many functions");
  object->functions[object->functions_length].name = name;
  object->functions[object->functions_length].callback = callback;
  object->functions[object->functions_length++].data = data;
  return true;
}

bool ta_set_number(napi_env env, napi_value object, const char* name, double value) {
  (void)env;
  (void)object;
  (void)name;
  (void)value;
  return true;
}

void ta_keep(napi_env env, void* data, void* hint) {
  (void)env;
  (void)data;
  (void)hint;
}

napi_value ta_external(napi_env env, void* data, size_t length, napi_finalize finalize, void* hint) {
  (void)env;
  (void)length;
  (void)finalize;
  (void)hint;
  napi_value value = new_value();
  value->memory = data;
  return value;
}

bool ta_lend(napi_env env, napi_value object, const char* name, void* data, size_t length, napi_ref* reference) {
  (void)env;
  (void)name;
  (void)length;
  object->memory = data;
  *reference = object;
  return true;
}

bool ta_take_back(napi_env env, napi_ref reference) {
  (void)env;
  reference->memory = NULL;
  return true;
}

struct ta_watch {
  int fd;
};

ta_watch* ta_watch_open(napi_env env, napi_value owner, int fd, bool drain_eventfd, napi_value callback) {
  (void)env;
  (void)owner;
  (void)drain_eventfd;
  (void)callback;
  ta_watch* watch = malloc(sizeof *watch);
  require(watch != NULL, "no memory");
  watch->fd = fd;
  return watch;
}

void ta_watch_close(ta_watch* watch, void (*done)(void*), void* argument) {
  free(watch);
  if (done != NULL) done(argument);
}

// An environment as Node's, with values as plain structs: what threads.c calls the addon's functions with.
#pragma once
#include <node_api.h>

#define FUNCTIONS_MAX 8
#define ARGUMENTS_MAX 6

struct value {
  double number;
  void* memory;
  struct {
    const char* name;
    napi_callback callback;
    void* data;
  } functions[FUNCTIONS_MAX];
  int functions_length;
};

struct environment {
  void* instance;
  struct {
    void (*hook)(void*);
    void* argument;
  } hooks[4];
  int hooks_length;
};

/** Calls a function of an object's with numbers. @returns its answer, for the caller to free */
napi_value call(napi_env env, napi_value object, const char* name, int count, const double* numbers);
/** The same for one that answers a number, or nothing. */
double call_number(napi_env env, napi_value object, const char* name, int count, const double* numbers);
/** The environment ends: its hooks run, the last first. */
void end_environment(napi_env env);
void require(bool holds, const char* what);

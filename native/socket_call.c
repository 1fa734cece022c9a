// ⑥ native — calls on sockets that do not wait: made on this thread, now. Node-API's numbers cost a tenth of what a BigInt64Array
// of arguments does. What a call opens is noted here, since a worker may be terminated before its next statement.
#include "descriptors.h"
#include "trueaio.h"
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARGUMENTS 6

static void note(napi_env env, int32_t number, const uint64_t* arguments, long result) {
  ta_descriptors* table = ta_descriptors_of(env);
  if (table == NULL || result < 0) return;
  if (number == SYS_socketpair) {
    const int* pair = (const int*)(uintptr_t)arguments[3];
    ta_descriptors_note(table, pair[0]);
    ta_descriptors_note(table, pair[1]);
  } else if (ta_descriptors_opens(number, arguments)) {
    ta_descriptors_note(table, result);
  }
}

// socketCall(number, up to six arguments) -> result or -errno.
static napi_value socket_call(napi_env env, napi_callback_info info) {
  size_t argc = 1 + ARGUMENTS;
  napi_value argv[1 + ARGUMENTS];
  uint64_t arguments[ARGUMENTS] = {0};
  int32_t number;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (argc < 1 || !ta_int32(env, argv[0], &number)) return ta_fail(env, __FILE__, __LINE__);
  for (size_t index = 1; index < argc && index <= ARGUMENTS; index++) {
    double value;
    if (!ta_double(env, argv[index], &value)) return ta_fail(env, __FILE__, __LINE__);
    arguments[index - 1] = (uint64_t)(int64_t)value;
  }
  long result;
  do {
    result = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  } while (result < 0 && errno == EINTR && number != SYS_connect);
  if (result < 0) return ta_number(env, -(double)errno);
  note(env, number, arguments, result);
  return ta_number(env, (double)result);
}

napi_value ta_socket_call_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "socketCall", socket_call, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

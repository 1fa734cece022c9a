// ⑥ native — an operation on memory (compute.h) on the calling thread.
#include "compute.h"
#include "trueaio.h"

// compute(number, up to four arguments as in compute.h) -> the result. Blocks.
static napi_value compute(napi_env env, napi_callback_info info) {
  size_t argc = 5;
  napi_value argv[5];
  uint64_t arguments[4] = {0};
  int32_t number;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (argc < 4 || !ta_int32(env, argv[0], &number)) return ta_fail(env, __FILE__, __LINE__);
  for (size_t index = 1; index < argc && index < 5; index++) {
    double value;
    if (!ta_double(env, argv[index], &value)) return ta_fail(env, __FILE__, __LINE__);
    arguments[index - 1] = (uint64_t)(int64_t)value;
  }
  return ta_number(env, (double)ta_compute_run(number, arguments, NULL, NULL));
}

napi_value ta_compute_init(napi_env env, napi_value exports) {
  napi_value name;
  TA_TRY(env, napi_create_string_utf8(env, ta_loops_used()->name, NAPI_AUTO_LENGTH, &name));
  TA_TRY(env, napi_set_named_property(env, exports, "computeBy", name));
  return ta_set_function(env, exports, "compute", compute, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

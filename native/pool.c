// ⑥ native — threads that make system calls (to come).
#include "pool.h"
#include "trueaio.h"
napi_value ta_pool_init(napi_env env, napi_value exports) { (void)env; return exports; }

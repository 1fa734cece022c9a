// An addon that loses memory on purpose: scripts/test-sanitized.mjs makes sure first that it would see this.
#include <stdlib.h>

typedef struct napi_env__* napi_env;
typedef struct napi_value__* napi_value;

static void* volatile kept;

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  (void)env;
  for (int index = 0; index < 100; index++) kept = malloc(64);
  kept = NULL;
  return exports;
}

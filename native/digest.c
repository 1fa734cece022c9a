// ⑥ native — message digests by the OpenSSL that Node itself brings and gives to addons. A Node that brings none, or none of these functions, leaves the
// names below empty, and `digestBegin` is not there.
#include "digest.h"
#include "trueaio.h"
#include <stdlib.h>

typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
typedef struct engine_st ENGINE;
#define TA_WEAK __attribute__((weak, visibility("default")))
TA_WEAK EVP_MD_CTX* EVP_MD_CTX_new(void);
TA_WEAK void EVP_MD_CTX_free(EVP_MD_CTX* context);
TA_WEAK const EVP_MD* EVP_get_digestbyname(const char* name);
TA_WEAK int EVP_DigestInit_ex(EVP_MD_CTX* context, const EVP_MD* type, ENGINE* engine);
TA_WEAK int EVP_DigestUpdate(EVP_MD_CTX* context, const void* bytes, size_t length);
TA_WEAK int EVP_DigestFinal_ex(EVP_MD_CTX* context, unsigned char* digest, unsigned int* length);

// OpenSSL's EVP_MAX_MD_SIZE.
#define DIGEST_BYTES_MAX 64
#define NAME_BYTES_MAX 64

struct ta_digest {
  EVP_MD_CTX* context;
  bool has_failed;
};

static bool is_there(void) {
  return EVP_MD_CTX_new != NULL && EVP_MD_CTX_free != NULL && EVP_get_digestbyname != NULL && EVP_DigestInit_ex != NULL && EVP_DigestUpdate != NULL &&
         EVP_DigestFinal_ex != NULL;
}

bool ta_digest_update(ta_digest* digest, const void* bytes, size_t length) {
  if (!digest->has_failed && EVP_DigestUpdate(digest->context, bytes, length) != 1) digest->has_failed = true;
  return !digest->has_failed;
}

static void free_digest(napi_env env, void* data, void* hint) {
  (void)env;
  (void)hint;
  ta_digest* digest = data;
  EVP_MD_CTX_free(digest->context);
  free(digest);
}

static ta_digest* begin(const char* name) {
  const EVP_MD* type = EVP_get_digestbyname(name);
  ta_digest* digest = type == NULL ? NULL : calloc(1, sizeof *digest);
  if (digest == NULL) return NULL;
  digest->context = EVP_MD_CTX_new();
  if (digest->context != NULL && EVP_DigestInit_ex(digest->context, type, NULL) == 1) return digest;
  free_digest(NULL, digest, NULL);
  return NULL;
}

// digestBegin(name) -> a handle; undefined: there is no such digest. Its memory goes with the handle.
static napi_value digest_begin(napi_env env, napi_callback_info info) {
  size_t argc = 1, length;
  napi_value argv[1], handle = NULL;
  char name[NAME_BYTES_MAX];
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (argc < 1) return ta_fail(env, __FILE__, __LINE__);
  TA_TRY(env, napi_get_value_string_utf8(env, argv[0], name, sizeof name, &length));
  ta_digest* digest = length + 1 < sizeof name ? begin(name) : NULL;
  if (digest == NULL) return NULL;
  if (napi_create_external(env, digest, free_digest, NULL, &handle) == napi_ok) return handle;
  free_digest(env, digest, NULL);
  return ta_fail(env, __FILE__, __LINE__);
}

static ta_digest* digest_of(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc < 1 || napi_get_value_external(env, argv[0], &data) != napi_ok) return NULL;
  return data;
}

// digestAddress(handle) -> where a request finds it.
static napi_value digest_address(napi_env env, napi_callback_info info) {
  ta_digest* digest = digest_of(env, info);
  return digest == NULL ? ta_fail(env, __FILE__, __LINE__) : ta_number(env, (double)(uintptr_t)digest);
}

// digestEnd(handle) -> the digest, as an ArrayBuffer; undefined: it has failed. Once, with nothing in flight.
static napi_value digest_end(napi_env env, napi_callback_info info) {
  ta_digest* digest = digest_of(env, info);
  if (digest == NULL) return ta_fail(env, __FILE__, __LINE__);
  unsigned char bytes[DIGEST_BYTES_MAX];
  unsigned int length = 0;
  if (digest->has_failed || EVP_DigestFinal_ex(digest->context, bytes, &length) != 1) return NULL;
  digest->has_failed = true;
  void* memory;
  napi_value result;
  TA_TRY(env, napi_create_arraybuffer(env, length, &memory, &result));
  for (unsigned int index = 0; index < length; index++) ((unsigned char*)memory)[index] = bytes[index];
  return result;
}

napi_value ta_digest_init(napi_env env, napi_value exports) {
  if (!is_there()) return exports;
  bool ok = ta_set_function(env, exports, "digestBegin", digest_begin, NULL) && ta_set_function(env, exports, "digestAddress", digest_address, NULL) &&
            ta_set_function(env, exports, "digestEnd", digest_end, NULL);
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

// ⑥ native — memory whose address the kernel may keep, on any system: mapping it, giving it to JavaScript, taking it back.
#include "trueaio.h"
#include <stdlib.h>

// Mapped memory is released by unmap() or with the process, never by the garbage collector: the kernel may still
// hold it when JavaScript no longer does.
void ta_keep(napi_env env, void* data, void* hint) {
  (void)env;
  (void)data;
  (void)hint;
}

napi_value ta_external(napi_env env, void* data, size_t length, napi_finalize finalize, void* hint) {
  napi_value buffer;
  napi_status status = napi_create_external_arraybuffer(env, data, length, finalize, hint, &buffer);
  if (status == napi_ok) return buffer;
  if (status == napi_no_external_buffers_allowed) {
    napi_throw_error(env, "ERR_TRUEAIO_NO_EXTERNAL_MEMORY", "this runtime does not let addons lend memory to JavaScript (V8 memory cage, as in Electron)");
    return NULL;
  }
  return ta_fail(env, __FILE__, __LINE__);
}

bool ta_lend(napi_env env, napi_value object, const char* name, void* data, size_t length, napi_ref* reference) {
  napi_value buffer = ta_external(env, data, length, ta_keep, NULL);
  return buffer != NULL && napi_create_reference(env, buffer, 1, reference) == napi_ok &&
         napi_set_named_property(env, object, name, buffer) == napi_ok;
}

bool ta_take_back(napi_env env, napi_ref reference) {
  napi_value buffer;
  bool ok = napi_get_reference_value(env, reference, &buffer) == napi_ok && buffer != NULL && napi_detach_arraybuffer(env, buffer) == napi_ok;
  napi_delete_reference(env, reference);
  return ok;
}

// The pages that the one argument asks for, or NULL with an exception pending.
static void* map_pages(napi_env env, napi_callback_info info, size_t* bytes) {
  size_t argc = 1;
  napi_value argv[1];
  double length;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || !ta_double(env, argv[0], &length) || length <= 0) {
    ta_fail(env, __FILE__, __LINE__);
    return NULL;
  }
  void* data = ta_pages_map((size_t)length);
  if (data == NULL) {
    napi_throw_error(env, "ERR_TRUEAIO_NATIVE", "the system has no memory to map");
    return NULL;
  }
  *bytes = (size_t)length;
  return data;
}

// mapAnonymous(length) -> ArrayBuffer, page-aligned and zeroed; its pages come into being when touched.
static napi_value map_anonymous(napi_env env, napi_callback_info info) {
  size_t length;
  void* data = map_pages(env, info, &length);
  if (data == NULL) return NULL;
  napi_value buffer = ta_external(env, data, length, ta_keep, NULL);
  if (buffer == NULL) ta_pages_unmap(data, length);
  return buffer;
}

// V8 counts the whole length of an external ArrayBuffer as memory in use, touched or not, and collects the heap once that has grown by
// 64 MiB. So JavaScript gets what may grow in two steps. The second ArrayBuffer has the first one's bytes too: it begins one page before, as
// V8 may be given an address only once.

// mapFirst(first, whole) -> ArrayBuffer of the first bytes of zeroed pages.
static napi_value map_first(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  double first, whole;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_double(env, argv[0], &first) || !ta_double(env, argv[1], &whole) || first <= 0 || whole < first) return ta_fail(env, __FILE__, __LINE__);
  size_t length = ta_page_size() + (size_t)whole;
  char* data = ta_pages_map(length);
  if (data == NULL) {
    napi_throw_error(env, "ERR_TRUEAIO_NATIVE", "the system has no memory to map");
    return NULL;
  }
  napi_value buffer = ta_external(env, data + ta_page_size(), (size_t)first, ta_keep, NULL);
  if (buffer == NULL) ta_pages_unmap(data, length);
  return buffer;
}

// mapWhole(first, whole) -> ArrayBuffer of a page and all the bytes behind it. Once.
static napi_value map_whole(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  void* data;
  size_t first;
  double whole;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  TA_TRY(env, napi_get_arraybuffer_info(env, argv[0], &data, &first));
  if (data == NULL || !ta_double(env, argv[1], &whole) || whole < (double)first) return ta_fail(env, __FILE__, __LINE__);
  return ta_external(env, (char*)data - ta_page_size(), ta_page_size() + (size_t)whole, ta_keep, NULL);
}

// unmapBoth(first, whole, ArrayBuffer of the whole or undefined): JavaScript loses both first, then the memory goes.
static napi_value unmap_both(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value argv[3];
  void* data;
  size_t first;
  double whole;
  bool is_grown;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  TA_TRY(env, napi_get_arraybuffer_info(env, argv[0], &data, &first));
  TA_TRY(env, napi_is_arraybuffer(env, argv[2], &is_grown));
  if (!ta_double(env, argv[1], &whole)) return ta_fail(env, __FILE__, __LINE__);
  if (data == NULL || first == 0) return NULL;
  TA_TRY(env, napi_detach_arraybuffer(env, argv[0]));
  if (is_grown) TA_TRY(env, napi_detach_arraybuffer(env, argv[2]));
  ta_pages_unmap((char*)data - ta_page_size(), ta_page_size() + (size_t)whole);
  return NULL;
}

// Pages that go with their ArrayBuffer.
typedef struct {
  napi_env env;
  void* data;
  size_t length;
  bool ending;
} collected_pages;

// Runs before Node finalizes the ArrayBuffer for the environment's end, which comes before the ends of the drivers (what was
// made later ends first): the kernel may be writing still. Such pages stay until the process ends.
static void on_environment_end(void* argument) { ((collected_pages*)argument)->ending = true; }

static void collect(napi_env env, void* data, void* hint) {
  (void)data;
  collected_pages* pages = hint;
  if (!pages->ending) {
    napi_remove_env_cleanup_hook(env, on_environment_end, pages);
    ta_pages_unmap(pages->data, pages->length);
  }
  free(pages);
}

// mapCollected(length) -> the same, unmapped once nobody can reach the ArrayBuffer.
static napi_value map_collected(napi_env env, napi_callback_info info) {
  collected_pages* pages = calloc(1, sizeof *pages);
  if (pages == NULL) return ta_fail(env, __FILE__, __LINE__);
  pages->data = map_pages(env, info, &pages->length);
  napi_value buffer = pages->data == NULL ? NULL : ta_external(env, pages->data, pages->length, collect, pages);
  if (buffer == NULL) {
    if (pages->data != NULL) ta_pages_unmap(pages->data, pages->length);
    free(pages);
    return NULL;
  }
  TA_TRY(env, napi_add_env_cleanup_hook(env, on_environment_end, pages));
  return buffer;
}

// unmap(arrayBuffer): JavaScript loses it first, then the memory goes.
static napi_value unmap(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  size_t length;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  TA_TRY(env, napi_get_arraybuffer_info(env, argv[0], &data, &length));
  if (data == NULL || length == 0) return NULL;
  TA_TRY(env, napi_detach_arraybuffer(env, argv[0]));
  ta_pages_unmap(data, length);
  return NULL;
}

// address(view) -> number: where the view's memory is. Good as long as its ArrayBuffer is not detached.
static napi_value address(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  size_t length;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_view(env, argv[0], &data, &length)) return ta_fail(env, __FILE__, __LINE__);
  return ta_number(env, (double)(uintptr_t)data);
}

napi_value ta_lend_init(napi_env env, napi_value exports) {
  bool ok = ta_set_function(env, exports, "mapAnonymous", map_anonymous, NULL) &&
            ta_set_function(env, exports, "mapCollected", map_collected, NULL) &&
            ta_set_function(env, exports, "mapFirst", map_first, NULL) && ta_set_function(env, exports, "mapWhole", map_whole, NULL) &&
            ta_set_function(env, exports, "unmapBoth", unmap_both, NULL) &&
            ta_set_function(env, exports, "unmap", unmap, NULL) && ta_set_function(env, exports, "address", address, NULL) &&
            ta_set_number(env, exports, "pageSize", (double)ta_page_size());
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

// ⑥ native — memory whose address the kernel may keep: mapping it, giving it to JavaScript, taking it back.
#include "trueaio.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <unistd.h>

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
  void* data = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    napi_throw_error(env, "ERR_TRUEAIO_NATIVE", strerror(errno));
    return NULL;
  }
#ifdef MADV_DONTFORK
  // A forked child must not receive pages that the kernel fills for the parent.
  madvise(data, (size_t)length, MADV_DONTFORK);
#endif
  *bytes = (size_t)length;
  return data;
}

// mapAnonymous(length) -> ArrayBuffer, page-aligned and zeroed; its pages come into being when touched.
static napi_value map_anonymous(napi_env env, napi_callback_info info) {
  size_t length;
  void* data = map_pages(env, info, &length);
  if (data == NULL) return NULL;
  napi_value buffer = ta_external(env, data, length, ta_keep, NULL);
  if (buffer == NULL) munmap(data, length);
  return buffer;
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
    munmap(pages->data, pages->length);
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
    if (pages->data != NULL) munmap(pages->data, pages->length);
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
  munmap(data, length);
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

// The type of an open file, which never changes: without asking the file server or process that answers for its other
// attributes, as fstat would, for as long as those take. 0: not open.
static mode_t type_of(int fd) {
#if defined(__NR_statx) && defined(STATX_TYPE)
  struct statx known;
  if (syscall(__NR_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &known) == 0) return known.stx_mode & S_IFMT;
  if (errno != ENOSYS && errno != EPERM) return 0;
#endif
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

// readWaits(fd) -> boolean: a read at the current position may find nothing there yet, and readiness tells when to make
// it. Not a FIFO in non-blocking mode: without a writer nothing tells, and read(2) answers at once, with 0.
static napi_value read_waits(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1], result;
  int32_t fd;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  mode_t type = type_of(fd);
  bool waits = type != 0 && type != S_IFREG && type != S_IFBLK && type != S_IFDIR;
  if (type == S_IFIFO) waits = (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  TA_TRY(env, napi_get_boolean(env, waits, &result));
  return result;
}

// systemCall(number, BigInt64Array of 6 arguments) -> result or -errno, made on this thread, now.
static napi_value system_call(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  int32_t number;
  void* data;
  size_t length;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &number) || !ta_view(env, argv[1], &data, &length) || length < 6 * sizeof(int64_t)) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  const int64_t* a = data;
  long result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return ta_number(env, result < 0 ? -(double)errno : (double)result);
}

napi_value ta_memory_init(napi_env env, napi_value exports) {
  bool ok = ta_set_function(env, exports, "mapAnonymous", map_anonymous, NULL) &&
            ta_set_function(env, exports, "mapCollected", map_collected, NULL) &&
            ta_set_function(env, exports, "unmap", unmap, NULL) &&
            ta_set_function(env, exports, "address", address, NULL) &&
            ta_set_function(env, exports, "readWaits", read_waits, NULL) &&
            ta_set_function(env, exports, "systemCall", system_call, NULL) &&
            ta_set_number(env, exports, "pageSize", (double)sysconf(_SC_PAGESIZE));
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

// ⑥ native — pages of the system's, and single system calls on this thread. Windows has its own (windows/memory.c).
#include "trueaio.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <unistd.h>

void* ta_pages_map(size_t length) {
  void* data = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return NULL;
#ifdef MADV_DONTFORK
  // A forked child must not receive pages that the kernel fills for the parent.
  madvise(data, length, MADV_DONTFORK);
#endif
  return data;
}

void ta_pages_unmap(void* data, size_t length) { munmap(data, length); }

size_t ta_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

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
  bool ok = ta_set_function(env, exports, "readWaits", read_waits, NULL) && ta_set_function(env, exports, "systemCall", system_call, NULL);
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

// ⑥ native — the descriptors that the engine keeps to itself in one environment (a worker's; the main thread's end is the
// process's). The code that gets a number notes it at once, and the code that closes one removes the note first: so at the environment's end,
// after its drivers have ended, exactly what is noted is still open and still the engine's, and is closed.
#include "descriptors.h"
#include "trueaio.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// Numbers beyond are not noted: no kernel's default lets a process have as many.
#define LENGTH_MAX ((size_t)1 << 24)
#define LENGTH_LEAST ((size_t)1 << 16)

ta_descriptors* ta_descriptors_of(napi_env env) {
  void* table = NULL;
  return napi_get_instance_data(env, &table) == napi_ok ? table : NULL;
}

bool ta_descriptors_take(ta_descriptors* table, int64_t fd) {
  return table != NULL && fd >= 0 && (uint64_t)fd < table->length && __atomic_exchange_n(&table->owned[fd], 0, __ATOMIC_ACQ_REL) != 0;
}

void ta_descriptors_note(ta_descriptors* table, int64_t fd) {
  if (table == NULL || fd < 0 || (uint64_t)fd >= table->length) return;
  __atomic_store_n(&table->owned[fd], 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&table->ended, __ATOMIC_SEQ_CST) != 0 && ta_descriptors_take(table, fd)) close((int)fd);
}

bool ta_descriptors_opens(int32_t number, const uint64_t* arguments) {
  switch (number) {
    case SYS_openat:
#ifdef SYS_openat2
    case SYS_openat2:
#endif
    case SYS_socket: case SYS_accept4: case SYS_dup: case SYS_inotify_init1: case SYS_signalfd4: case SYS_timerfd_create: case SYS_eventfd2: case SYS_memfd_create:
#ifdef SYS_pidfd_open
    case SYS_pidfd_open:
#endif
      return true;
    case SYS_fcntl: return arguments[1] == F_DUPFD_CLOEXEC;
    default: return false;
  }
}

static void on_environment_end(void* argument) {
  ta_descriptors* table = argument;
  __atomic_store_n(&table->ended, 1, __ATOMIC_SEQ_CST);
  for (size_t at = 0; at < table->length; at += sizeof(uint64_t)) {
    if (*(volatile uint64_t*)(table->owned + at) == 0) continue;
    for (size_t fd = at; fd < at + sizeof(uint64_t); fd++) {
      if (ta_descriptors_take(table, (int64_t)fd)) close((int)fd);
    }
  }
  if (__atomic_load_n(&table->stuck, __ATOMIC_SEQ_CST) != 0) return;
  munmap(table->owned, table->length);
  free(table);
}

// ownDescriptors() -> Uint8Array by number, 1 for what is the engine's; null without the memory for it. Once in an environment,
// before any driver is made, so that its end comes after theirs.
static napi_value own_descriptors(napi_env env, napi_callback_info info) {
  (void)info;
  struct rlimit limit;
  napi_value buffer, array, null;
  TA_TRY(env, napi_get_null(env, &null));
  ta_descriptors* table = calloc(1, sizeof *table);
  if (table == NULL) return null;
  table->length = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < LENGTH_MAX ? (size_t)limit.rlim_max : LENGTH_MAX;
  if (table->length < LENGTH_LEAST) table->length = LENGTH_LEAST;
  table->length = (table->length + 4095) & ~(size_t)4095;
  void* owned = mmap(NULL, table->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (owned == MAP_FAILED) {
    free(table);
    return null;
  }
  table->owned = owned;
  buffer = ta_external(env, owned, table->length, ta_keep, NULL);
  if (buffer == NULL || napi_create_typedarray(env, napi_uint8_array, table->length, buffer, 0, &array) != napi_ok ||
      napi_set_instance_data(env, table, NULL, NULL) != napi_ok || napi_add_env_cleanup_hook(env, on_environment_end, table) != napi_ok) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  return array;
}

// duplicate(fd) -> another number for the same open file, the engine's; or -errno.
static napi_value duplicate(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  int32_t fd;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  int result = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (result >= 0) ta_descriptors_note(ta_descriptors_of(env), result);
  return ta_number(env, result < 0 ? -errno : result);
}

// closeOwn(fd): closes one of the engine's duplicates, now.
static napi_value close_own(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  int32_t fd;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  ta_descriptors_take(ta_descriptors_of(env), fd);
  close(fd);
  return NULL;
}

napi_value ta_descriptors_init(napi_env env, napi_value exports) {
  bool ok = ta_set_function(env, exports, "ownDescriptors", own_descriptors, NULL) && ta_set_function(env, exports, "duplicate", duplicate, NULL) &&
            ta_set_function(env, exports, "closeOwn", close_own, NULL);
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

// ⑥ native — Windows: the port and its threads as JavaScript sees them: shared memory, wake-ups of the loop, and an orderly end when the
// environment goes away.
#include "port_sockets.h"
#include <stdlib.h>

// How long the end of an environment waits for calls that cannot be cancelled.
#define TEARDOWN_MILLISECONDS_MAX 5000
#define WAITING_THREADS_MAX 512

typedef struct {
  ta_port port;
  napi_env env;
  napi_ref shared;
} port_face;

static void release(void* argument) {
  port_face* face = argument;
  ta_port* p = &face->port;
  ta_port_forget_all(p);
  for (int32_t index = 0; index < p->chunks_length; index++) free(p->chunks[index]);
  free(p->chunks);
  free(p->files);
  if (p->waiter != NULL) CloseHandle(p->waiter);
  if (p->port != NULL) CloseHandle(p->port);
  if (p->notified != NULL) CloseHandle(p->notified);
  if (p->control != NULL) VirtualFree(p->control, 0, MEM_RELEASE);
  free(face);
}

static void stop_and_release(port_face* face) {
  ta_port_leave_process(&face->port);
  ta_socket_close_all(&face->port);
  // A thread that is stuck will still write its completion one day: its port is left in memory for it.
  bool ended = ta_port_stop(&face->port, TEARDOWN_MILLISECONDS_MAX);
  ta_wake_close(face->port.wake, ended ? release : NULL, face);
}

static void on_environment_end(void* argument) {
  port_face* face = argument;
  napi_delete_reference(face->env, face->shared);
  stop_and_release(face);
}

static bool face_of(napi_env env, napi_callback_info info, size_t argc, napi_value* argv, port_face** face) {
  void* data;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, &data) != napi_ok) return false;
  *face = data;
  return true;
}

// wake(): hands over all published submissions.
static napi_value port_wake(napi_env env, napi_callback_info info) {
  port_face* face;
  if (!face_of(env, info, 0, NULL, &face)) return ta_fail(env, __FILE__, __LINE__);
  ta_port_distribute(&face->port);
  return NULL;
}

// cancel(slot, generation) -> see ta_port_cancel
static napi_value port_cancel(napi_env env, napi_callback_info info) {
  port_face* face;
  napi_value argv[2];
  int32_t slot, generation;
  if (!face_of(env, info, 2, argv, &face) || !ta_int32(env, argv[0], &slot) || !ta_int32(env, argv[1], &generation)) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  return ta_number(env, ta_port_cancel(&face->port, slot, generation));
}

static bool enough(ta_port* p, uint32_t least) {
  return __atomic_load_n(&p->control->completion_tail, __ATOMIC_SEQ_CST) - p->control->completion_head >= least;
}

// wait(milliseconds, atLeast): blocks until so many completions are unread, or the time is over (< 0: no limit).
static napi_value port_wait(napi_env env, napi_callback_info info) {
  port_face* face;
  napi_value argv[2];
  double milliseconds;
  int32_t least;
  if (!face_of(env, info, 2, argv, &face) || !ta_double(env, argv[0], &milliseconds) || !ta_int32(env, argv[1], &least)) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  ta_port* p = &face->port;
  __atomic_store_n(&p->blocks, true, __ATOMIC_SEQ_CST);
  ULONGLONG end = GetTickCount64() + (milliseconds < 0 ? 0 : (ULONGLONG)milliseconds + 1);
  for (;;) {
    __atomic_store_n(&p->control->armed, (uint32_t)least, __ATOMIC_SEQ_CST);
    if (enough(p, (uint32_t)least)) break;
    ULONGLONG now = GetTickCount64();
    if (milliseconds >= 0 && now >= end) break;
    WaitForSingleObject(p->notified, milliseconds < 0 || end - now > 0x7ffffffe ? 0x7ffffffe : (DWORD)(end - now));
  }
  __atomic_store_n(&p->blocks, false, __ATOMIC_SEQ_CST);
  __atomic_store_n(&p->control->armed, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

// way(fd) -> TA_WAY_*
static napi_value port_way(napi_env env, napi_callback_info info) {
  port_face* face;
  napi_value argv[1];
  int32_t fd;
  if (!face_of(env, info, 1, argv, &face) || !ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  return ta_number(env, ta_port_way(&face->port, fd));
}

// close(): once, with nothing in flight. JavaScript loses the mapping first.
static napi_value port_close(napi_env env, napi_callback_info info) {
  port_face* face;
  if (!face_of(env, info, 0, NULL, &face)) return ta_fail(env, __FILE__, __LINE__);
  napi_remove_env_cleanup_hook(env, on_environment_end, face);
  bool ok = ta_take_back(env, face->shared);
  stop_and_release(face);
  return ok ? NULL : ta_fail(env, __FILE__, __LINE__);
}

static uint32_t power_of_two(int32_t least) {
  uint32_t power = 1;
  while (power < (uint32_t)least) power *= 2;
  return power;
}

static bool map_shared(ta_port* p, int32_t entries, int32_t completions) {
  size_t submissions_length = power_of_two(entries) * sizeof(ta_pool_submission);
  p->submission_mask = power_of_two(entries) - 1;
  p->completion_mask = power_of_two(completions) - 1;
  p->shared_length = TA_POOL_CONTROL_LENGTH + submissions_length + power_of_two(completions) * sizeof(ta_pool_completion);
  uint8_t* shared = VirtualAlloc(NULL, p->shared_length, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (shared == NULL) return false;
  p->control = (ta_pool_control*)shared;
  p->control->armed = 1;
  p->submissions = (ta_pool_submission*)(shared + TA_POOL_CONTROL_LENGTH);
  p->completions = (ta_pool_completion*)(shared + TA_POOL_CONTROL_LENGTH + submissions_length);
  return true;
}

// portCreate(entries, completions, threads, onCompletions) -> the port, or -errno.
static napi_value port_create(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value argv[4], object;
  int32_t entries, completions, threads;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &entries) || !ta_int32(env, argv[1], &completions) || !ta_int32(env, argv[2], &threads) || entries < 1 || completions < 1 || threads < 1) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  port_face* face = calloc(1, sizeof *face);
  if (face == NULL) return ta_number(env, UV_ENOMEM);
  ta_port* p = &face->port;
  face->env = env;
  p->lanes[TA_LANE_ENDS].live_max = threads;
  p->lanes[TA_LANE_WAITS].live_max = WAITING_THREADS_MAX;
  TA_TRY(env, napi_create_object(env, &object));
  p->wake = map_shared(p, entries, completions) ? ta_wake_open(env, object, argv[3]) : NULL;
  if (p->wake == NULL) {
    release(face);
    return ta_number(env, UV_ENOMEM);
  }
  ta_port_join_process(p);
  if (!ta_port_start(p)) {
    ta_port_leave_process(p);
    ta_wake_close(p->wake, release, face);
    return ta_number(env, UV_ENOMEM);
  }
  bool ok = ta_lend(env, object, "shared", p->control, p->shared_length, &face->shared) &&
            ta_set_number(env, object, "entries", (double)p->submission_mask + 1) && ta_set_number(env, object, "completions", (double)p->completion_mask + 1) &&
            ta_set_function(env, object, "wake", port_wake, face) && ta_set_function(env, object, "cancel", port_cancel, face) &&
            ta_set_function(env, object, "wait", port_wait, face) && ta_set_function(env, object, "way", port_way, face) && ta_set_function(env, object, "close", port_close, face) &&
            napi_add_env_cleanup_hook(env, on_environment_end, face) == napi_ok;
  if (!ok) {
    stop_and_release(face);
    return ta_fail(env, __FILE__, __LINE__);
  }
  return object;
}

// handleCount() -> open handles of this process
static napi_value handle_count(napi_env env, napi_callback_info info) {
  (void)info;
  DWORD count = 0;
  GetProcessHandleCount(GetCurrentProcess(), &count);
  return ta_number(env, count);
}

// translateError(number) -> the errno for a number of winerror.h
static napi_value translate_error(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  int32_t number;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  return ta_int32(env, argv[0], &number) ? ta_number(env, uv_translate_sys_error(number)) : ta_fail(env, __FILE__, __LINE__);
}

napi_value ta_port_init(napi_env env, napi_value exports) {
  bool ok = ta_set_function(env, exports, "portCreate", port_create, NULL) && ta_set_function(env, exports, "handleCount", handle_count, NULL) &&
            ta_set_function(env, exports, "translateError", translate_error, NULL);
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

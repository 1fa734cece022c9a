// ⑥ native — the pool of threads as JavaScript sees it: shared memory, wake-ups of the loop, and an orderly end when the
// environment goes away.
#include "pool_threads.h"
#include "trueaio.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// How long the end of an environment waits for calls that do not answer the signal (a disk, a dead file server).
#define TEARDOWN_SECONDS_MAX 5

typedef struct {
  ta_pool pool;
  napi_env env;
  ta_watch* watch;
  napi_ref shared;
} pool_face;

static void release(void* argument) {
  pool_face* face = argument;
  ta_pool* p = &face->pool;
  for (int32_t index = 0; p->workers != NULL && index < p->workers_used; index++) pthread_cond_destroy(&p->workers[index].roused);
  if (p->workers != NULL) {
    pthread_cond_destroy(&p->left);
    pthread_cond_destroy(&p->watch_ends);
    pthread_mutex_destroy(&p->mutex);
  }
  free(p->workers);
  free(p->jobs);
  if (p->control != NULL) munmap(p->control, p->shared_length);
  if (p->eventfd >= 0) close(p->eventfd);
  if (p->interrupt >= 0) ta_interrupt_release();
  free(face);
}

static void stop_and_release(pool_face* face) {
  // A thread that is stuck in the kernel will still write its completion one day: its pool is left in memory for it.
  bool ended = ta_pool_stop(&face->pool, TEARDOWN_SECONDS_MAX);
  if (!ended && face->pool.descriptors != NULL) __atomic_store_n(&face->pool.descriptors->stuck, 1, __ATOMIC_SEQ_CST);
  ta_watch_close(face->watch, ended ? release : NULL, face);
}

static void on_environment_end(void* argument) {
  pool_face* face = argument;
  napi_delete_reference(face->env, face->shared);
  stop_and_release(face);
}

static bool face_of(napi_env env, napi_callback_info info, size_t argc, napi_value* argv, pool_face** face) {
  void* data;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, &data) != napi_ok) return false;
  *face = data;
  return true;
}

// wake(): hands over all published submissions.
static napi_value pool_wake(napi_env env, napi_callback_info info) {
  pool_face* face;
  if (!face_of(env, info, 0, NULL, &face)) return ta_fail(env, __FILE__, __LINE__);
  ta_pool_distribute(&face->pool);
  return NULL;
}

// cancel(slot, generation) -> 0 withdrawn, above 0 running and signalled (see ta_pool_cancel), -1 not there
static napi_value pool_cancel(napi_env env, napi_callback_info info) {
  pool_face* face;
  napi_value argv[2];
  int32_t slot, generation;
  if (!face_of(env, info, 2, argv, &face) || !ta_int32(env, argv[0], &slot) || !ta_int32(env, argv[1], &generation)) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  return ta_number(env, ta_pool_cancel(&face->pool, slot, generation));
}

static double milliseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool enough(ta_pool* p, uint32_t least) {
  return __atomic_load_n(&p->control->completion_tail, __ATOMIC_SEQ_CST) - p->control->completion_head >= least;
}

static void wait_for_completions(ta_pool* p, uint32_t least, double milliseconds, const int32_t* others) {
  struct pollfd descriptors[3] = {
      {.fd = p->eventfd, .events = POLLIN}, {.fd = others[0], .events = POLLIN}, {.fd = others[1], .events = POLLIN}};
  double end = milliseconds_now() + milliseconds;
  for (;;) {
    __atomic_store_n(&p->control->armed, least, __ATOMIC_SEQ_CST);
    if (enough(p, least)) break;
    struct timespec left, *limit = NULL;
    if (milliseconds >= 0) {
      double remaining = end - milliseconds_now();
      if (remaining < 0) remaining = 0;
      left.tv_sec = (time_t)(remaining / 1e3);
      left.tv_nsec = (long)((remaining - (double)left.tv_sec * 1e3) * 1e6);
      limit = &left;
    }
    // Zero: the time is over. Below: a signal of the process, whose handler JavaScript may want to run.
    if (ppoll(descriptors, 3, limit, NULL) <= 0 || descriptors[1].revents != 0 || descriptors[2].revents != 0) break;
    uint64_t count;
    ssize_t got = read(p->eventfd, &count, sizeof count);
    (void)got;  // it may be of an earlier batch: the number of completions decides
  }
  __atomic_store_n(&p->control->armed, 1, __ATOMIC_SEQ_CST);
}

// wait(milliseconds, atLeast, fd, fd2): blocks until so many completions are unread, `fd` or `fd2` is readable (-1: none), or the
// time is over (< 0: no limit). TypeScript looks at the completions afterwards in any case.
static napi_value pool_wait(napi_env env, napi_callback_info info) {
  pool_face* face;
  napi_value argv[4];
  double milliseconds;
  int32_t least, others[2];
  if (!face_of(env, info, 4, argv, &face) || !ta_double(env, argv[0], &milliseconds) || !ta_int32(env, argv[1], &least) ||
      !ta_int32(env, argv[2], &others[0]) || !ta_int32(env, argv[3], &others[1])) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  wait_for_completions(&face->pool, (uint32_t)least, milliseconds, others);
  return NULL;
}

// close(): once, with nothing in flight. JavaScript loses the mapping first.
static napi_value pool_close(napi_env env, napi_callback_info info) {
  pool_face* face;
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

static bool map_shared(ta_pool* p, int32_t entries, int32_t completions) {
  size_t submissions_length = power_of_two(entries) * sizeof(ta_pool_submission);
  p->submission_mask = power_of_two(entries) - 1;
  p->completion_mask = power_of_two(completions) - 1;
  p->shared_length = TA_POOL_CONTROL_LENGTH + submissions_length + power_of_two(completions) * sizeof(ta_pool_completion);
  uint8_t* shared = mmap(NULL, p->shared_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return false;
  p->control = (ta_pool_control*)shared;
  p->control->armed = 1;
  p->submissions = (ta_pool_submission*)(shared + TA_POOL_CONTROL_LENGTH);
  p->completions = (ta_pool_completion*)(shared + TA_POOL_CONTROL_LENGTH + submissions_length);
  return true;
}

// poolCreate(entries, completions, threads, reserve, idleMilliseconds, onReadable) -> the pool, or -errno. No thread is
// started. ENFILE stands for "every real-time signal has an owner".
static napi_value pool_create(napi_env env, napi_callback_info info) {
  size_t argc = 6;
  napi_value argv[6], object;
  int32_t entries, completions, threads, reserve, idle;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &entries) || !ta_int32(env, argv[1], &completions) || !ta_int32(env, argv[2], &threads) ||
      !ta_int32(env, argv[3], &reserve) || !ta_int32(env, argv[4], &idle) || entries < 1 || completions < 1 || threads < 1) {
    return ta_fail(env, __FILE__, __LINE__);
  }
  pool_face* face = calloc(1, sizeof *face);
  if (face == NULL) return ta_number(env, -ENOMEM);
  face->env = env;
  face->pool.descriptors = ta_descriptors_of(env);
  ta_pool* p = &face->pool;
  p->threads_max = threads;
  p->reserve = reserve;
  p->idle_milliseconds = idle;
  p->interrupt = ta_interrupt_acquire();
  p->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int error = p->eventfd < 0 ? errno : p->interrupt < 0 ? ENFILE : 0;
  if (error == 0 && (!map_shared(p, entries, completions) || !ta_pool_init_threads(p))) error = ENOMEM;
  if (error != 0) {
    release(face);
    return ta_number(env, -error);
  }
  bool ok = napi_create_object(env, &object) == napi_ok &&
            ta_lend(env, object, "shared", p->control, p->shared_length, &face->shared) &&
            ta_set_number(env, object, "entries", (double)p->submission_mask + 1) &&
            ta_set_number(env, object, "completions", (double)p->completion_mask + 1) &&
            ta_set_function(env, object, "wake", pool_wake, face) && ta_set_function(env, object, "cancel", pool_cancel, face) &&
            ta_set_function(env, object, "wait", pool_wait, face) &&
            ta_set_function(env, object, "close", pool_close, face);
  if (ok) face->watch = ta_watch_open(env, object, p->eventfd, true, argv[5]);
  if (!ok || face->watch == NULL || napi_add_env_cleanup_hook(env, on_environment_end, face) != napi_ok) {
    if (face->shared != NULL) ta_take_back(env, face->shared);
    if (face->watch != NULL) ta_watch_close(face->watch, release, face);
    else release(face);
    return ta_fail(env, __FILE__, __LINE__);
  }
  return object;
}

napi_value ta_pool_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "poolCreate", pool_create, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}

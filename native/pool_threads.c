// ⑥ native — the pool's threads: they take records from the lanes' queues, make the system calls, and write completions.
// One mutex guards queues and states; a thread takes it once between two calls, to write one completion and take the
// next record. TypeScript reads completions without it.
#include "compute.h"
#include "pool_threads.h"
#include "whole.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NONE (-1)
// No call of the pool needs more than libc's own frames.
#define STACK_BYTES (256 * 1024)

static int64_t now_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct timespec after_milliseconds(int milliseconds) {
  int64_t at = now_nanoseconds() + (int64_t)milliseconds * 1000000;
  return (struct timespec){.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
}

void ta_pool_notify(ta_pool* p) {
  uint64_t one = 1;
  ssize_t put = write(p->eventfd, &one, sizeof one);
  (void)put;  // EAGAIN: the counter is full, so the loop is being woken already
}

static void* run(void* argument);

bool ta_pool_create_thread(pool_worker* w, void* (*body)(void*)) {
  sigset_t all, old;
  pthread_attr_t attributes;
  // The thread is born with every signal blocked: those of the process are not its business.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  bool started = pthread_create(&w->thread, &attributes, body, w) == 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return started;
}

static pool_worker* worker_without_thread(ta_pool* p) {
  for (int32_t index = 0; index < p->workers_used; index++) {
    pool_worker* w = &p->workers[index];
    if (w->state == WORKER_NONE || w->state == WORKER_LEFT) return w;
  }
  pool_worker* w = &p->workers[p->workers_used];
  *w = (pool_worker){.pool = p, .index = p->workers_used++, .job = NONE, .next_idle = NONE};
  pthread_condattr_t condition;
  pthread_condattr_init(&condition);
  pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
  pthread_cond_init(&w->roused, &condition);
  pthread_condattr_destroy(&condition);
  return w;
}

static bool start(ta_pool* p) {
  pool_worker* w = worker_without_thread(p);  // the caller has seen that one more may live
  if (w->state == WORKER_LEFT) pthread_join(w->thread, NULL);
  w->state = WORKER_ALIVE;
  bool started = ta_pool_create_thread(w, run);
  if (started) p->live++;
  else w->state = WORKER_NONE;
  return started;
}

// One at a time: it rouses the next when it finds more than it can take.
pool_worker* ta_pool_rouse(ta_pool* p) {
  if (p->rousing > 0 || p->ready_count == 0) return NULL;
  if (p->busy < ta_pool_busy_max(p) && ta_pool_next_lane(p) != NONE) {
    if (p->idle != NONE) {
      pool_worker* w = &p->workers[p->idle];
      p->idle = w->next_idle;
      w->state = WORKER_ALIVE;
      p->rousing++;
      return w;
    }
    if (p->live < ta_pool_busy_max(p) + p->stuck && start(p)) {
      p->rousing++;
      return NULL;
    }
  }
  ta_pool_watch(p);
  return NULL;
}

static void signal_roused(pool_worker* w) {
  if (w != NULL) pthread_cond_signal(&w->roused);
}

static void leave_idle_stack(ta_pool* p, const pool_worker* w) {
  int32_t* link = &p->idle;
  while (*link != w->index) link = &p->workers[*link].next_idle;
  *link = w->next_idle;
}

// Sleeps until roused. False: the idle time is over.
// It does not look for work a moment longer before it sleeps: on two cores it would look with the time of the thread that
// makes the work (a spin of 20 µs made 8 in flight 2.5 times slower and a single one twice as dear in processor time).
static bool sleep_idle(ta_pool* p, pool_worker* w) {
  struct timespec end = after_milliseconds(p->idle_milliseconds);
  w->state = WORKER_IDLE;
  w->next_idle = p->idle;
  p->idle = w->index;
  while (w->state == WORKER_IDLE) {
    if (pthread_cond_timedwait(&w->roused, &p->mutex, &end) == ETIMEDOUT && w->state == WORKER_IDLE) {
      leave_idle_stack(p, w);
      w->state = WORKER_ALIVE;
      return false;
    }
  }
  p->rousing--;
  return true;
}

bool ta_pool_is_cancelled(const pool_worker* w) { return __atomic_load_n(&w->cancelled, __ATOMIC_ACQUIRE) != 0; }

// Makes the call, again when a signal that was not meant for it interrupted it (a debugger's, a stop and continue's).
// close() is never made again: the number is free after any answer, and may be another file's by then.
bool ta_pool_make_call(pool_worker* w, int32_t number, const uint64_t* a, int64_t* result) {
  for (;;) {
    if (ta_pool_is_cancelled(w)) return false;
    if (number == SYS_close) ta_descriptors_take(w->pool->descriptors, (int64_t)a[0]);
    long answer = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    *result = answer == -1 ? -(int64_t)errno : (int64_t)answer;
    if (w->keeps && answer >= 0 && ta_descriptors_opens(number, a)) ta_descriptors_note(w->pool->descriptors, answer);
    if (*result != -EINTR || number == SYS_close || ta_pool_is_cancelled(w)) return true;
  }
}

static bool is_cancelled(const void* worker) { return ta_pool_is_cancelled(worker); }

int64_t ta_pool_carry_out(pool_worker* w, const ta_pool_submission* record) {
  // What rows open is closed by the engine; what a program opens is its submitter's. Whole operations note what they leave open.
  w->keeps = record->number < 0 ? record->number == TA_ROW_NUMBER : (record->number & TA_POOL_KEEPS) != 0;
  // An address travels as the number it is.
  if (record->number == TA_PROGRAM_NUMBER || record->number == TA_ROW_NUMBER) return ta_program_run(w, (ta_program*)(uintptr_t)record->arguments[0]);
  if (record->number <= TA_COPY_MEMORY) return ta_compute_run(record->number, record->arguments, is_cancelled, w);
  if (record->number < 0) return ta_whole_run(w, record->number, (void*)(uintptr_t)record->arguments[0]);
  int64_t result;
  if (!ta_pool_make_call(w, record->number & TA_POOL_NUMBER_MASK, record->arguments, &result)) return -ECANCELED;
  if (result != -EAGAIN || (record->number & TA_POOL_WAITS) == 0) return result;
  int duplicate = fcntl((int)record->arguments[0], F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return result;
  ta_descriptors_note(w->pool->descriptors, duplicate);
  return TA_POOL_WAITS_ON - duplicate;
}

bool ta_pool_finish(ta_pool* p, pool_worker* w, const ta_pool_submission* record, int64_t result) {
  if (w->signalled) {
    // The signal is pending since pthread_kill returned, which was under this mutex: any system call takes delivery of
    // it, so that it cannot interrupt the next record's.
    syscall(SYS_getpid);
    w->signalled = false;
  }
  p->jobs[w->job].state = JOB_FREE;
  w->job = NONE;
  return ta_pool_complete(p, record, result);
}

void ta_pool_begin_thread(const ta_pool* p) {
  prctl(PR_SET_NAME, "trueaio");  // what `top -H` and /proc show
  sigset_t open;
  sigemptyset(&open);
  sigaddset(&open, p->interrupt);
  // Faults of the thread's own making must reach whoever handles them, and not end as a silent kill.
  sigaddset(&open, SIGSEGV);
  sigaddset(&open, SIGBUS);
  sigaddset(&open, SIGFPE);
  sigaddset(&open, SIGILL);
  sigaddset(&open, SIGTRAP);
  sigaddset(&open, SIGABRT);
  sigaddset(&open, SIGSYS);
  pthread_sigmask(SIG_UNBLOCK, &open, NULL);
}

static void* run(void* argument) {
  pool_worker* w = argument;
  ta_pool* p = w->pool;
  ta_pool_submission record;
  bool notify = false;
  ta_pool_begin_thread(p);
  pthread_mutex_lock(&p->mutex);
  w->id = (int32_t)syscall(SYS_gettid);
  p->rousing--;
  for (;;) {
    int32_t index = ta_pool_take(p, w);
    if (index == NONE && !notify) {
      if (p->stopping || !sleep_idle(p, w)) break;
      continue;
    }
    pool_worker* next = NULL;
    if (index != NONE) {
      record = p->jobs[index].record;
      next = ta_pool_rouse(p);
    }
    pthread_mutex_unlock(&p->mutex);
    signal_roused(next);
    if (notify) ta_pool_notify(p);
    notify = false;
    int64_t result = index == NONE ? 0 : ta_pool_carry_out(w, &record);
    pthread_mutex_lock(&p->mutex);
    if (index == NONE) continue;
    ta_pool_unmark(p, w, record.lane);
    notify = ta_pool_finish(p, w, &record, result);
  }
  w->state = WORKER_LEFT;
  p->live--;
  pthread_cond_signal(&p->left);
  pthread_mutex_unlock(&p->mutex);
  return NULL;
}

bool ta_pool_init_threads(ta_pool* p) {
  pthread_mutexattr_t mutex;
  pthread_condattr_t condition;
  pthread_mutexattr_init(&mutex);
#ifdef __GLIBC__
  // The mutex is held for less than a microsecond: worth a moment of spinning before a system call.
  pthread_mutexattr_settype(&mutex, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
  pthread_mutex_init(&p->mutex, &mutex);
  pthread_mutexattr_destroy(&mutex);
  pthread_condattr_init(&condition);
  pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
  pthread_cond_init(&p->left, &condition);
  p->idle = NONE;
  for (int lane = 0; lane < TA_POOL_LANES; lane++) p->lanes[lane].first = p->lanes[lane].last = NONE;
  pthread_cond_init(&p->watch_ends, &condition);
  p->workers_length = p->threads_max + 2 * TA_POOL_STUCK_MAX;
  // Memory comes with the worker that is used first.
  p->workers = calloc((size_t)p->workers_length, sizeof *p->workers);
  pthread_condattr_destroy(&condition);
  return p->workers != NULL;
}

static bool make_room(ta_pool* p, int32_t slot) {
  if (slot < p->jobs_length) return true;
  int32_t length = p->jobs_length == 0 ? 1024 : p->jobs_length;
  while (length <= slot) length *= 2;
  pool_job* jobs = realloc(p->jobs, (size_t)length * sizeof *jobs);
  if (jobs == NULL) return false;
  memset(jobs + p->jobs_length, 0, (size_t)(length - p->jobs_length) * sizeof *jobs);
  p->jobs = jobs;
  p->jobs_length = length;
  return true;
}

static bool take_submissions(ta_pool* p) {
  bool notify = false;
  for (; p->submission_head != p->control->submission_tail; p->submission_head++) {
    const ta_pool_submission* record = &p->submissions[p->submission_head & p->submission_mask];
    if (!make_room(p, record->slot)) {
      notify = ta_pool_complete(p, record, -ENOMEM) || notify;
      continue;
    }
    p->jobs[record->slot].record = *record;
    if (record->lane != TA_POOL_OWN_THREAD) ta_pool_enqueue(p, record->slot);
    else if (!ta_pool_start_own(p, record->slot)) notify = ta_pool_complete(p, record, -EAGAIN) || notify;
  }
  return notify;
}

// No thread is alive and none can be started (RLIMIT_NPROC, a cgroup's limit of pids): the records fail like a call that
// needs a thread.
static bool fail_queued(ta_pool* p) {
  bool notify = false;
  while (p->ready_count > 0) {
    int32_t index = p->lanes[p->ready[0]].first;
    ta_pool_dequeue(p, index);
    p->jobs[index].state = JOB_FREE;
    notify = ta_pool_complete(p, &p->jobs[index].record, -EAGAIN) || notify;
  }
  return notify;
}

void ta_pool_distribute(ta_pool* p) {
  pthread_mutex_lock(&p->mutex);
  bool notify = take_submissions(p);
  pool_worker* next = ta_pool_rouse(p);
  if (p->live == 0 && p->ready_count > 0) notify = fail_queued(p) || notify;
  pthread_mutex_unlock(&p->mutex);
  signal_roused(next);
  if (notify) ta_pool_notify(p);
}

static void interrupt(ta_pool* p, pool_worker* w) {
  __atomic_store_n(&w->cancelled, 1, __ATOMIC_RELEASE);
  w->signalled = true;
  pthread_kill(w->thread, p->interrupt);
}

int ta_pool_cancel(ta_pool* p, int32_t slot, int32_t generation) {
  int answer = -1;
  pthread_mutex_lock(&p->mutex);
  bool notify = take_submissions(p);
  pool_job* job = slot >= 0 && slot < p->jobs_length ? &p->jobs[slot] : NULL;
  if (job != NULL && job->record.generation == generation && job->state != JOB_FREE) {
    if (job->state == JOB_QUEUED) {
      ta_pool_dequeue(p, slot);
      job->state = JOB_FREE;
      notify = ta_pool_complete(p, &job->record, -ECANCELED) || notify;
      answer = 0;
    } else {
      interrupt(p, job->worker);
      answer = job->worker->id > 0 ? job->worker->id : 1;
    }
  }
  pool_worker* next = ta_pool_rouse(p);
  pthread_mutex_unlock(&p->mutex);
  signal_roused(next);
  if (notify) ta_pool_notify(p);
  return answer;
}

bool ta_pool_stop(ta_pool* p, int seconds) {
  int64_t end = now_nanoseconds() + (int64_t)seconds * 1000000000;
  pthread_mutex_lock(&p->mutex);
  p->stopping = true;
  for (; p->idle != NONE; p->rousing++) {
    pool_worker* w = &p->workers[p->idle];
    p->idle = w->next_idle;
    w->state = WORKER_ALIVE;
    pthread_cond_signal(&w->roused);
  }
  pthread_cond_signal(&p->watch_ends);
  while ((p->live + p->own_live > 0 || p->watch == WORKER_ALIVE) && now_nanoseconds() < end) {
    // Again and again: a signal that arrives just before the call it is meant for interrupts nothing.
    for (int32_t index = 0; index < p->workers_used; index++) {
      if (p->workers[index].job != NONE) interrupt(p, &p->workers[index]);
    }
    for (pool_worker* w = p->own_first; w != NULL; w = w->next_own) interrupt(p, w);
    struct timespec soon = after_milliseconds(1);
    pthread_cond_timedwait(&p->left, &p->mutex, &soon);
  }
  bool ended = p->live + p->own_live == 0 && p->watch != WORKER_ALIVE;
  pthread_mutex_unlock(&p->mutex);
  if (ended) ta_pool_join_own(p);
  if (ended) ta_pool_join_watch(p);
  for (int32_t index = 0; ended && index < p->workers_used; index++) {
    if (p->workers[index].state == WORKER_LEFT) pthread_join(p->workers[index].thread, NULL);
  }
  return ended;
}

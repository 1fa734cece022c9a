// ⑥ native — the pool's threads: they take records from the lanes' queues, make the system calls, and write completions.
// One mutex guards queues and states; a thread takes it once between two calls, to write one completion and take the
// next record. TypeScript reads completions without it.
#include "pool_threads.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NONE (-1)
// A thread that has run out of work looks for more this long before it sleeps: a batch that follows at once then needs
// no wake-up. One thread at a time, once for each batch, so an idle process spends nothing.
#define SPIN_NANOSECONDS 20000
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

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void ta_pool_notify(ta_pool* p) {
  uint64_t one = 1;
  ssize_t put = write(p->eventfd, &one, sizeof one);
  (void)put;  // EAGAIN: the counter is full, so the loop is being woken already
}

// Writes a completion. True: the caller must notify, once it has left the mutex.
static bool complete(ta_pool* p, const ta_pool_submission* record, int64_t result) {
  uint32_t tail = p->control->completion_tail;  // only written under the mutex
  p->completions[tail & p->completion_mask] = (ta_pool_completion){record->slot, record->generation, result};
  // Sequentially consistent against TypeScript, which arms first and looks at the tail then.
  __atomic_store_n(&p->control->completion_tail, ++tail, __ATOMIC_SEQ_CST);
  uint32_t armed = __atomic_load_n(&p->control->armed, __ATOMIC_SEQ_CST);
  uint32_t unread = tail - __atomic_load_n(&p->control->completion_head, __ATOMIC_RELAXED);
  return armed != 0 && unread >= armed &&
         __atomic_compare_exchange_n(&p->control->armed, &armed, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// ---- the queues

static void set_queued(ta_pool* p, uint32_t queued) { __atomic_store_n(&p->queued, queued, __ATOMIC_RELEASE); }

static void enqueue(ta_pool* p, int32_t index) {
  pool_job* job = &p->jobs[index];
  int32_t number = job->record.lane;
  pool_lane* lane = &p->lanes[number];
  job->next = NONE;
  job->previous = lane->last;
  job->state = JOB_QUEUED;
  if (lane->first == NONE) {
    lane->first = index;
    p->ready[p->ready_count++] = (int16_t)number;
  } else p->jobs[lane->last].next = index;
  lane->last = index;
  set_queued(p, p->queued + 1);
}

static void lane_is_empty(ta_pool* p, int32_t number) {
  int32_t at = 0;
  while (p->ready[at] != number) at++;
  p->ready_count--;
  memmove(&p->ready[at], &p->ready[at + 1], (size_t)(p->ready_count - at) * sizeof p->ready[0]);
  if (p->ready_next > at) p->ready_next--;
}

static void dequeue(ta_pool* p, int32_t index) {
  pool_job* job = &p->jobs[index];
  pool_lane* lane = &p->lanes[job->record.lane];
  if (job->previous == NONE) lane->first = job->next;
  else p->jobs[job->previous].next = job->next;
  if (job->next == NONE) lane->last = job->previous;
  else p->jobs[job->next].previous = job->previous;
  set_queued(p, p->queued - 1);
  if (lane->first == NONE) lane_is_empty(p, job->record.lane);
}

// Position in `ready` of the lane whose turn it is, of those that may have one more thread now; NONE: no such lane.
// A lane's first thread is limited by nothing; each further one must leave `reserve` threads for other lanes.
static int32_t next_lane(const ta_pool* p) {
  bool beyond_first = p->threads_max - p->busy - 1 >= p->reserve;
  for (int32_t step = 0; step < p->ready_count; step++) {
    int32_t at = (p->ready_next + step) % p->ready_count;
    if (beyond_first || p->lanes[p->ready[at]].running == 0) return at;
  }
  return NONE;
}

static int32_t take(ta_pool* p, pool_worker* w) {
  int32_t at = p->stopping ? NONE : next_lane(p);
  if (at == NONE) return NONE;
  pool_lane* lane = &p->lanes[p->ready[at]];
  int32_t index = lane->first;
  p->ready_next = at + 1;
  dequeue(p, index);
  lane->running++;
  p->busy++;
  p->jobs[index].state = JOB_RUNNING;
  p->jobs[index].worker = w->index;
  w->job = index;
  __atomic_store_n(&w->cancelled, 0, __ATOMIC_RELAXED);
  return index;
}

// ---- waking and starting threads

static void* run(void* argument);

static bool start(ta_pool* p) {
  pool_worker* w = p->workers;
  while (w->state == WORKER_ALIVE || w->state == WORKER_IDLE) w++;
  if (w->state == WORKER_LEFT) pthread_join(w->thread, NULL);
  sigset_t all, old;
  pthread_attr_t attributes;
  // The thread is born with every signal blocked: those of the process are not its business.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  w->state = WORKER_ALIVE;
  bool started = pthread_create(&w->thread, &attributes, run, w) == 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (started) p->live++;
  else w->state = WORKER_NONE;
  return started;
}

// If a record could run and no thread is on its way to it, gets one on its way. One at a time: it rouses the next when
// it finds more than it can take. Returns an idle worker to signal after leaving the mutex, or NULL.
static pool_worker* rouse(ta_pool* p) {
  if (p->rousing > 0 || p->busy >= p->threads_max || __atomic_load_n(&p->spinning, __ATOMIC_RELAXED) != 0 || next_lane(p) == NONE) return NULL;
  if (p->idle != NONE) {
    pool_worker* w = &p->workers[p->idle];
    p->idle = w->next_idle;
    w->state = WORKER_ALIVE;
    p->rousing++;
    return w;
  }
  if (p->live < p->threads_max && start(p)) p->rousing++;
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

// Under the mutex, which it leaves meanwhile: looks for work a moment without sleeping.
static void spin(ta_pool* p) {
  if (__atomic_load_n(&p->spinning, __ATOMIC_RELAXED) != 0) return;
  __atomic_store_n(&p->spinning, 1, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&p->mutex);
  int64_t end = now_nanoseconds() + SPIN_NANOSECONDS;
  do {
    for (int turn = 0; turn < 32 && __atomic_load_n(&p->queued, __ATOMIC_ACQUIRE) == 0; turn++) relax();
  } while (__atomic_load_n(&p->queued, __ATOMIC_ACQUIRE) == 0 && now_nanoseconds() < end);
  pthread_mutex_lock(&p->mutex);
  __atomic_store_n(&p->spinning, 0, __ATOMIC_RELAXED);
}

// Sleeps until roused. False: the idle time is over, or the pool ends.
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

// ---- a thread's life

static int64_t make_call(const ta_pool_submission* r) {
  long result = syscall(r->number, r->arguments[0], r->arguments[1], r->arguments[2], r->arguments[3], r->arguments[4], r->arguments[5]);
  return result == -1 ? -(int64_t)errno : (int64_t)result;
}

// Makes the call, again when a signal that was not meant for it interrupted it (a debugger's, a stop and continue's).
// close() is never made again: the number is free after any answer, and may be another file's by then.
static int64_t carry_out(pool_worker* w, const ta_pool_submission* record) {
  for (;;) {
    if (__atomic_load_n(&w->cancelled, __ATOMIC_ACQUIRE) != 0) return -ECANCELED;
    int64_t result = make_call(record);
    if (result != -EINTR || record->number == SYS_close) return result;
    if (__atomic_load_n(&w->cancelled, __ATOMIC_ACQUIRE) != 0) return -ECANCELED;
  }
}

static bool finish(ta_pool* p, pool_worker* w, const ta_pool_submission* record, int64_t result) {
  if (w->signalled) {
    // The signal is pending since pthread_kill returned, which was under this mutex: any system call takes delivery of
    // it, so that it cannot interrupt the next record's.
    syscall(SYS_getpid);
    w->signalled = false;
  }
  p->jobs[w->job].state = JOB_FREE;
  w->job = NONE;
  p->lanes[record->lane].running--;
  p->busy--;
  return complete(p, record, result);
}

static void unblock_own_signals(const ta_pool* p) {
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
  prctl(PR_SET_NAME, "trueaio");  // what `top -H` and /proc show
  unblock_own_signals(p);
  pthread_mutex_lock(&p->mutex);
  p->rousing--;
  for (;;) {
    int32_t index = take(p, w);
    if (index == NONE && !notify) {
      if (p->stopping) break;
      spin(p);
      if ((index = take(p, w)) == NONE) {
        if (p->stopping || !sleep_idle(p, w)) break;
        continue;
      }
    }
    pool_worker* next = NULL;
    if (index != NONE) {
      record = p->jobs[index].record;
      next = rouse(p);
    }
    pthread_mutex_unlock(&p->mutex);
    signal_roused(next);
    if (notify) ta_pool_notify(p);
    notify = false;
    int64_t result = index == NONE ? 0 : carry_out(w, &record);
    pthread_mutex_lock(&p->mutex);
    if (index != NONE) notify = finish(p, w, &record, result);
  }
  w->state = WORKER_LEFT;
  p->live--;
  pthread_cond_signal(&p->left);
  pthread_mutex_unlock(&p->mutex);
  return NULL;
}

// ---- what the JavaScript thread asks for

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
  p->workers = calloc((size_t)p->threads_max, sizeof *p->workers);
  for (int32_t index = 0; p->workers != NULL && index < p->threads_max; index++) {
    p->workers[index] = (pool_worker){.pool = p, .index = index, .job = NONE, .next_idle = NONE};
    pthread_cond_init(&p->workers[index].roused, &condition);
  }
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
    if (make_room(p, record->slot)) {
      p->jobs[record->slot].record = *record;
      enqueue(p, record->slot);
    } else notify = complete(p, record, -ENOMEM) || notify;
  }
  return notify;
}

// No thread is alive and none can be started (RLIMIT_NPROC, a cgroup's limit of pids): the records fail like a call that
// needs a thread.
static bool fail_queued(ta_pool* p) {
  bool notify = false;
  while (p->ready_count > 0) {
    int32_t index = p->lanes[p->ready[0]].first;
    dequeue(p, index);
    p->jobs[index].state = JOB_FREE;
    notify = complete(p, &p->jobs[index].record, -EAGAIN) || notify;
  }
  return notify;
}

void ta_pool_distribute(ta_pool* p) {
  pthread_mutex_lock(&p->mutex);
  bool notify = take_submissions(p);
  pool_worker* next = rouse(p);
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
      dequeue(p, slot);
      job->state = JOB_FREE;
      notify = complete(p, &job->record, -ECANCELED) || notify;
      answer = 0;
    } else {
      interrupt(p, &p->workers[job->worker]);
      answer = 1;
    }
  }
  pool_worker* next = rouse(p);
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
  while (p->live > 0 && now_nanoseconds() < end) {
    // Again and again: a signal that arrives just before the call it is meant for interrupts nothing.
    for (int32_t index = 0; index < p->threads_max; index++) {
      if (p->workers[index].job != NONE) interrupt(p, &p->workers[index]);
    }
    struct timespec soon = after_milliseconds(1);
    pthread_cond_timedwait(&p->left, &p->mutex, &soon);
  }
  bool ended = p->live == 0;
  pthread_mutex_unlock(&p->mutex);
  for (int32_t index = 0; ended && index < p->threads_max; index++) {
    if (p->workers[index].state == WORKER_LEFT) pthread_join(p->workers[index].thread, NULL);
  }
  return ended;
}

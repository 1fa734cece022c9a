// ⑥ native — between the pool's parts: its queues (pool_queues.c), its threads (pool_threads.c) and its face for
// JavaScript (pool.c).
#ifndef TRUEAIO_POOL_THREADS_H
#define TRUEAIO_POOL_THREADS_H
#include "descriptors.h"
#include "pool.h"
#include "program.h"
#include <pthread.h>
#include <stdbool.h>

typedef enum { JOB_FREE, JOB_QUEUED, JOB_RUNNING } job_state;

typedef struct ta_pool ta_pool;
typedef struct pool_worker pool_worker;

// By slot. Everything but a running call's arguments is looked at under the mutex only.
typedef struct {
  ta_pool_submission record;
  int32_t next, previous;  // in its lane's queue; -1: none
  pool_worker* worker;
  job_state state;
} pool_job;

typedef struct {
  int32_t first, last;
  int32_t running;  // those counted as stuck left out
  int32_t stuck;
} pool_lane;

// Threads of a pool that may be stuck, and those of one lane. A thread that waits takes some 20 KiB of memory.
#define TA_POOL_STUCK_MAX 1024
#define TA_POOL_LANE_STUCK_MAX 512
#define TA_POOL_NONE (-1)

typedef enum { WORKER_NONE, WORKER_ALIVE, WORKER_IDLE, WORKER_LEFT } worker_state;

struct pool_worker {
  ta_pool* pool;
  pthread_t thread;
  pthread_cond_t roused;
  worker_state state;
  int32_t index;
  int32_t id;  // the system's, as in /proc; 0: the thread has not begun. Under the mutex
  int32_t next_idle;
  int32_t job;        // -1: none
  uint32_t cancelled;  // atomic: the running job's end is wanted
  bool signalled;     // the running job was sent the signal
  bool stuck;         // inside one record for so long that another thread may take its place (pool_watch.c)
  uint32_t taken, taken_seen;  // records it has taken; as many as the watch saw last
  bool keeps;         // what the running job opens is the engine's to close
  pool_worker *previous_own, *next_own;  // among the threads that have one record each
};

struct ta_pool {
  // Shared with TypeScript, one mapping.
  ta_pool_control* control;
  ta_pool_submission* submissions;
  ta_pool_completion* completions;
  size_t shared_length;
  uint32_t submission_mask, completion_mask;
  uint32_t submission_head;
  int eventfd;
  int interrupt;
  ta_descriptors* descriptors;

  pthread_mutex_t mutex;
  pthread_cond_t left;  // a thread has ended
  pool_job* jobs;
  int32_t jobs_length;
  pool_lane lanes[TA_POOL_LANES];
  int16_t ready[TA_POOL_LANES];  // lanes with a queue, in the order they are served
  int32_t ready_count, ready_next;

  pool_worker* workers;
  int32_t workers_length;
  int32_t workers_used;  // those from here on were never started
  int32_t threads_max;  // threads at work at once, stuck ones left out
  int32_t reserve;  // threads that a lane with one running leaves free
  int32_t idle_milliseconds;
  int32_t live, busy, stuck;
  int32_t rousing;  // threads on their way to work
  int32_t idle;     // top of the stack of idle workers, -1: none
  bool stopping;

  // The thread that looks for stuck ones (pool_watch.c).
  worker_state watch;
  pool_worker watcher;
  pthread_cond_t watch_ends;

  // Threads of one record each, beside the workers and bound by nothing (pool_own.c).
  pool_worker* own_first;
  int32_t own_live;
  pool_worker* own_left;  // the one that left last: it joins the one before it, the next one to leave joins it
};

// The queues: all under the mutex.
void ta_pool_enqueue(ta_pool* pool, int32_t index);
void ta_pool_dequeue(ta_pool* pool, int32_t index);
// Threads that may be at work now, those that are stuck left out.
int32_t ta_pool_busy_max(const ta_pool* pool);
// Position in `ready` of the lane whose turn it is, of those that may have one more thread now; -1: no such lane.
int32_t ta_pool_next_lane(const ta_pool* pool);
// Makes the next record this worker's; its index, or -1.
int32_t ta_pool_take(ta_pool* pool, pool_worker* worker);
// Writes a completion. True: the caller must notify, once it has left the mutex.
bool ta_pool_complete(ta_pool* pool, const ta_pool_submission* record, int64_t result);

// Stuck workers: all under the mutex. Nobody takes what waits: has a thread look for stuck ones from now on.
void ta_pool_watch(ta_pool* pool);
void ta_pool_join_watch(ta_pool* pool);
// The worker's record has ended: it is not among the busy or stuck of its lane any more.
void ta_pool_unmark(ta_pool* pool, pool_worker* worker, int32_t lane);
// If a record could run and no thread is on its way to it, gets one on its way. Returns an idle worker to signal after
// leaving the mutex, or NULL.
pool_worker* ta_pool_rouse(ta_pool* pool);

bool ta_pool_init_threads(ta_pool* pool);
// Takes all published submissions into the lanes' queues and sees to it that threads run them.
void ta_pool_distribute(ta_pool* pool);
// 0: withdrawn, its completion (-ECANCELED) is written; above: running, signalled, and the id of its thread (1: the
// thread has not begun); -1: not there.
int ta_pool_cancel(ta_pool* pool, int32_t slot, int32_t generation);
// Drops what is queued, interrupts what runs, and joins the threads. False: some did not end in `seconds`; they then
// still use the pool's memory.
bool ta_pool_stop(ta_pool* pool, int seconds);
void ta_pool_notify(ta_pool* pool);

// Threads of one record each. Starts one for the record at `index`; false: the system gives no thread.
bool ta_pool_start_own(ta_pool* pool, int32_t index);
// Joins the last of them. Only when none is alive.
void ta_pool_join_own(ta_pool* pool);

// What a thread does with a record, for pool_own.c.
void ta_pool_begin_thread(const ta_pool* pool);
bool ta_pool_create_thread(pool_worker* worker, void* (*run)(void*));
int64_t ta_pool_carry_out(pool_worker* worker, const ta_pool_submission* record);
// Under the mutex: gives the job back and writes its completion. True: the caller must notify.
bool ta_pool_finish(ta_pool* pool, pool_worker* worker, const ta_pool_submission* record, int64_t result);

// Makes one call, for program.c. False: the job's end is wanted and the call was not made. A call that was interrupted
// for that end has the result -EINTR.
bool ta_pool_make_call(pool_worker* worker, int32_t number, const uint64_t* arguments, int64_t* result);
bool ta_pool_is_cancelled(const pool_worker* worker);
// How many steps were made; -ECANCELED: none, as its end was wanted first.
int64_t ta_program_run(pool_worker* worker, ta_program* program);
#endif

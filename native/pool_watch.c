// ⑥ native — a thread that watches the pool's threads while records wait that none of them takes: one that has been
// inside the same record for a while counts as stuck (a dead file server, a FIFO without a writer), and another thread may
// take its place. The threads themselves ask no clock for that: each record taken counts, and a count that is the same at
// two looks has taken as long as lies between them.
#include "pool_threads.h"
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

// A record that lasts for one to two of these counts as stuck.
#define LOOK_MILLISECONDS 250
// Looks that find nothing waiting, before the thread leaves.
#define LOOKS_IDLE 4

static void mark_stuck(ta_pool* p, pool_worker* w) {
  int32_t number = p->jobs[w->job].record.lane;
  pool_lane* lane = &p->lanes[number];
  if (p->stuck == TA_POOL_STUCK_MAX || lane->stuck == TA_POOL_LANE_STUCK_MAX) return;
  w->stuck = true;
  p->stuck++;
  p->busy--;
  lane->stuck++;
  lane->running--;
}

void ta_pool_unmark(ta_pool* p, pool_worker* w, int32_t number) {
  pool_lane* lane = &p->lanes[number];
  if (w->stuck) {
    w->stuck = false;
    p->stuck--;
    lane->stuck--;
  } else {
    p->busy--;
    lane->running--;
  }
}

static void look(ta_pool* p) {
  for (int32_t index = 0; index < p->workers_used; index++) {
    pool_worker* w = &p->workers[index];
    if (w->job == TA_POOL_NONE || w->stuck) continue;
    if (w->taken == w->taken_seen) mark_stuck(p, w);
    w->taken_seen = w->taken;
  }
}

static void wait_a_look(ta_pool* p) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += LOOK_MILLISECONDS * 1000000L;
  if (end.tv_nsec >= 1000000000L) {
    end.tv_sec++;
    end.tv_nsec -= 1000000000L;
  }
  while (!p->stopping && pthread_cond_timedwait(&p->watch_ends, &p->mutex, &end) == 0) continue;
}

static void* run(void* argument) {
  ta_pool* p = ((pool_worker*)argument)->pool;
  prctl(PR_SET_NAME, "trueaio-watch");
  pthread_mutex_lock(&p->mutex);
  for (int idle = 0; !p->stopping && idle < LOOKS_IDLE;) {
    wait_a_look(p);
    idle = p->ready_count > 0 ? 0 : idle + 1;
    if (p->stopping || p->ready_count == 0) continue;
    look(p);
    pool_worker* next = ta_pool_rouse(p);
    if (next != NULL) pthread_cond_signal(&next->roused);
  }
  p->watch = WORKER_LEFT;
  pthread_cond_signal(&p->left);
  pthread_mutex_unlock(&p->mutex);
  return NULL;
}

void ta_pool_watch(ta_pool* p) {
  if (p->watch == WORKER_ALIVE || p->stopping) return;
  ta_pool_join_watch(p);
  p->watcher.pool = p;
  // Without a thread the next check that finds waiting records tries again.
  if (ta_pool_create_thread(&p->watcher, run)) p->watch = WORKER_ALIVE;
}

void ta_pool_join_watch(ta_pool* p) {
  if (p->watch == WORKER_LEFT) pthread_join(p->watcher.thread, NULL);
  p->watch = WORKER_NONE;
}

// ⑥ native — threads of one record each: a record that asked for it gets a thread at once, whatever the pool's workers are
// doing, and the thread leaves with it. The pool's mutex guards the list of them.
#include "pool_threads.h"
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// Each that leaves joins the one that left before it: so never more than one waits to be joined, and nobody has to come by.
static void join_and_free(pool_worker* w) {
  if (w == NULL) return;
  pthread_join(w->thread, NULL);
  free(w);
}

static void link_own(ta_pool* p, pool_worker* w) {
  w->next_own = p->own_first;
  if (p->own_first != NULL) p->own_first->previous_own = w;
  p->own_first = w;
  p->own_live++;
}

static void unlink_own(ta_pool* p, const pool_worker* w) {
  if (w->previous_own == NULL) p->own_first = w->next_own;
  else w->previous_own->next_own = w->next_own;
  if (w->next_own != NULL) w->next_own->previous_own = w->previous_own;
  p->own_live--;
}

static void* run(void* argument) {
  pool_worker* w = argument;
  ta_pool* p = w->pool;
  ta_pool_begin_thread(p);
  pthread_mutex_lock(&p->mutex);
  w->id = (int32_t)syscall(SYS_gettid);
  ta_pool_submission record = p->jobs[w->job].record;
  pthread_mutex_unlock(&p->mutex);
  int64_t result = ta_pool_carry_out(w, &record);
  pthread_mutex_lock(&p->mutex);
  // Inside the mutex: once this thread is off the list, the pool may be gone with its eventfd.
  if (ta_pool_finish(p, w, &record, result)) ta_pool_notify(p);
  unlink_own(p, w);
  pool_worker* before = p->own_left;
  p->own_left = w;
  pthread_cond_signal(&p->left);
  pthread_mutex_unlock(&p->mutex);
  join_and_free(before);
  return NULL;
}

bool ta_pool_start_own(ta_pool* p, int32_t index) {
  pool_worker* w = calloc(1, sizeof *w);
  if (w == NULL) return false;
  w->pool = p;
  w->index = -1;
  w->job = index;
  // It waits for the mutex, which is held here, before it looks at anything.
  if (!ta_pool_create_thread(w, run)) {
    free(w);
    return false;
  }
  p->jobs[index].worker = w;
  p->jobs[index].state = JOB_RUNNING;
  link_own(p, w);
  return true;
}

void ta_pool_join_own(ta_pool* p) {
  join_and_free(p->own_left);
  p->own_left = NULL;
}

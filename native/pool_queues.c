// ⑥ native — the pool's queues, under its mutex: a queue for each lane, lanes served in turn, and the ring of completions.
#include "pool_threads.h"
#include <string.h>

#define NONE (-1)

bool ta_pool_complete(ta_pool* p, const ta_pool_submission* record, int64_t result) {
  uint32_t tail = p->control->completion_tail;  // only written under the mutex
  p->completions[tail & p->completion_mask] = (ta_pool_completion){record->slot, record->generation, result};
  // Sequentially consistent against TypeScript, which arms first and looks at the tail then.
  __atomic_store_n(&p->control->completion_tail, ++tail, __ATOMIC_SEQ_CST);
  uint32_t armed = __atomic_load_n(&p->control->armed, __ATOMIC_SEQ_CST);
  uint32_t unread = tail - __atomic_load_n(&p->control->completion_head, __ATOMIC_RELAXED);
  return armed != 0 && unread >= armed &&
         __atomic_compare_exchange_n(&p->control->armed, &armed, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void ta_pool_enqueue(ta_pool* p, int32_t index) {
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
}

static void lane_is_empty(ta_pool* p, int32_t number) {
  int32_t at = 0;
  while (p->ready[at] != number) at++;
  p->ready_count--;
  memmove(&p->ready[at], &p->ready[at + 1], (size_t)(p->ready_count - at) * sizeof p->ready[0]);
  if (p->ready_next > at) p->ready_next--;
}

void ta_pool_dequeue(ta_pool* p, int32_t index) {
  pool_job* job = &p->jobs[index];
  pool_lane* lane = &p->lanes[job->record.lane];
  if (job->previous == NONE) lane->first = job->next;
  else p->jobs[job->previous].next = job->next;
  if (job->next == NONE) lane->last = job->previous;
  else p->jobs[job->next].previous = job->previous;
  if (lane->first == NONE) lane_is_empty(p, job->record.lane);
}

// As many as are stuck may follow them at once: so the threads double at each look of the watch, however many records for
// a dead file server stand in front of the others.
int32_t ta_pool_busy_max(const ta_pool* p) { return p->threads_max + p->stuck; }

// A lane's first thread is limited by nothing but their number; each further one must leave `reserve` threads for other
// lanes. Those that are stuck count in neither.
int32_t ta_pool_next_lane(const ta_pool* p) {
  bool beyond_first = ta_pool_busy_max(p) - p->busy - 1 >= p->reserve;
  for (int32_t step = 0; step < p->ready_count; step++) {
    int32_t at = (p->ready_next + step) % p->ready_count;
    if (beyond_first || p->lanes[p->ready[at]].running == 0) return at;
  }
  return NONE;
}

int32_t ta_pool_take(ta_pool* p, pool_worker* w) {
  // Once a stuck thread has gone on, there may be one more than were asked for.
  int32_t at = p->stopping || p->busy >= ta_pool_busy_max(p) ? NONE : ta_pool_next_lane(p);
  if (at == NONE) return NONE;
  pool_lane* lane = &p->lanes[p->ready[at]];
  int32_t index = lane->first;
  p->ready_next = at + 1;
  ta_pool_dequeue(p, index);
  lane->running++;
  p->busy++;
  w->taken++;
  p->jobs[index].state = JOB_RUNNING;
  p->jobs[index].worker = w;
  w->job = index;
  __atomic_store_n(&w->cancelled, 0, __ATOMIC_RELAXED);
  return index;
}

// ⑥ native — Windows: the threads beside the port. Those of a lane take its records, make blocking calls, or submit transfers to the port,
// since a submission may itself block (cached data, compressed files). One more thread waits for the port's packets.
#include "port.h"
#include <stdlib.h>
#include <string.h>

// A thread without work for this long leaves.
#define IDLE_MILLISECONDS 200
#define THREAD_STACK 262144
#define CHUNK 1024
#define PACKETS_MAX 64
#define NONE (-1)

static port_slot* slot_at(ta_port* p, int32_t index) { return &p->chunks[index / CHUNK][index % CHUNK]; }

static bool make_room(ta_port* p, int32_t index) {
  int32_t chunk = index / CHUNK;
  if (chunk >= p->chunks_length) {
    port_slot** chunks = realloc(p->chunks, (size_t)(chunk + 1) * sizeof *chunks);
    if (chunks == NULL) return false;
    memset(chunks + p->chunks_length, 0, (size_t)(chunk + 1 - p->chunks_length) * sizeof *chunks);
    p->chunks = chunks;
    p->chunks_length = chunk + 1;
  }
  if (p->chunks[chunk] == NULL) p->chunks[chunk] = calloc(CHUNK, sizeof(port_slot));
  return p->chunks[chunk] != NULL;
}

// Under the lock. True: the caller wakes the loop, once it has left the lock.
static bool write_completion(ta_port* p, int32_t slot, int32_t generation, int64_t result) {
  ta_pool_control* control = p->control;
  uint32_t tail = control->completion_tail;
  ta_pool_completion* completion = &p->completions[tail & p->completion_mask];
  completion->slot = slot;
  completion->generation = generation;
  completion->result = result;
  __atomic_store_n(&control->completion_tail, tail + 1, __ATOMIC_SEQ_CST);
  uint32_t armed = __atomic_load_n(&control->armed, __ATOMIC_SEQ_CST);
  if (armed == 0 || tail + 1 - __atomic_load_n(&control->completion_head, __ATOMIC_SEQ_CST) < armed) return false;
  __atomic_store_n(&control->armed, 0, __ATOMIC_SEQ_CST);
  return true;
}

static bool finish(ta_port* p, port_slot* slot, int64_t result) {
  slot->state = SLOT_FREE;
  slot->thread = NULL;
  return write_completion(p, slot->record.slot, slot->record.generation, result);
}

// Under the lock, which keeps the environment's end from closing what is sent here.
static void notify(ta_port* p) {
  SetEvent(p->notified);
  if (!p->ended) ta_wake_send(p->wake);
}

void ta_port_complete(ta_port* p, port_slot* slot, int64_t result) {
  AcquireSRWLockExclusive(&p->lock);
  if (finish(p, slot, result)) notify(p);
  ReleaseSRWLockExclusive(&p->lock);
}

// The next record of a lane for this thread; NULL: there is none.
static port_slot* take(ta_port* p, port_lane* lane, HANDLE thread) {
  if (lane->first == NONE || p->stopping) return NULL;
  port_slot* slot = slot_at(p, lane->first);
  lane->first = slot->next;
  if (lane->first == NONE) lane->last = NONE;
  lane->waiting--;
  slot->state = SLOT_RUNNING;
  slot->thread = thread;
  return slot;
}

typedef struct {
  ta_port* port;
  port_lane* lane;
} thread_start;

static DWORD WINAPI run_lane(void* argument) {
  ta_port* p = ((thread_start*)argument)->port;
  port_lane* lane = ((thread_start*)argument)->lane;
  free(argument);
  HANDLE self = NULL;
  DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE, DUPLICATE_SAME_ACCESS);
  AcquireSRWLockExclusive(&p->lock);
  lane->starting--;
  for (;;) {
    port_slot* slot = take(p, lane, self);
    if (slot == NULL) {
      if (p->stopping) break;
      lane->idle++;
      BOOL woken = SleepConditionVariableSRW(&lane->work, &p->lock, IDLE_MILLISECONDS, 0);
      lane->idle--;
      if (!woken && lane->first == NONE) break;
      continue;
    }
    ReleaseSRWLockExclusive(&p->lock);
    bool taken = ta_port_is_transfer(&slot->record) && ta_port_transfer(p, slot);
    int64_t result = taken ? 0 : ta_port_call(p, &slot->record);
    AcquireSRWLockExclusive(&p->lock);
    if (!taken && finish(p, slot, result)) notify(p);
  }
  lane->live--;
  WakeAllConditionVariable(&p->left);
  ReleaseSRWLockExclusive(&p->lock);
  if (self != NULL) CloseHandle(self);
  return 0;
}

static DWORD WINAPI run_waiter(void* argument) {
  ta_port* p = argument;
  OVERLAPPED_ENTRY packets[PACKETS_MAX];
  ULONG count;
  for (;;) {
    if (!GetQueuedCompletionStatusEx(p->port, packets, PACKETS_MAX, &count, INFINITE, FALSE)) continue;
    bool ends = false, wake = false;
    AcquireSRWLockExclusive(&p->lock);
    for (ULONG index = 0; index < count; index++) {
      if (packets[index].lpOverlapped == NULL) {
        ends = true;
        continue;
      }
      port_slot* slot = (port_slot*)packets[index].lpOverlapped;
      p->on_port--;
      wake = finish(p, slot, ta_port_result(&slot->overlapped, slot->record.number == TA_READ)) || wake;
    }
    if (p->on_port == 0) WakeAllConditionVariable(&p->left);
    if (wake) notify(p);
    ReleaseSRWLockExclusive(&p->lock);
    if (ends) return 0;
  }
}

bool ta_port_start(ta_port* p) {
  for (int index = 0; index < TA_LANES; index++) {
    p->lanes[index].first = p->lanes[index].last = NONE;
    InitializeConditionVariable(&p->lanes[index].work);
  }
  InitializeConditionVariable(&p->left);
  InitializeSRWLock(&p->lock);
  InitializeSRWLock(&p->files_lock);
  p->notified = CreateEventW(NULL, FALSE, FALSE, NULL);
  p->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
  if (p->notified == NULL || p->port == NULL) return false;
  p->waiter = CreateThread(NULL, THREAD_STACK, run_waiter, p, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
  return p->waiter != NULL;
}

// Under the lock. False: no thread is alive and the system gives none.
static bool see_to_threads(ta_port* p, port_lane* lane) {
  while (lane->waiting > lane->idle + lane->starting && lane->live < lane->live_max) {
    thread_start* start = malloc(sizeof *start);
    if (start == NULL) return lane->live > 0;
    start->port = p;
    start->lane = lane;
    HANDLE thread = CreateThread(NULL, THREAD_STACK, run_lane, start, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (thread == NULL) {
      free(start);
      return lane->live > 0;
    }
    CloseHandle(thread);
    lane->live++;
    lane->starting++;
  }
  return true;
}

static bool enqueue(ta_port* p, const ta_pool_submission* record) {
  if (!make_room(p, record->slot)) return write_completion(p, record->slot, record->generation, UV_ENOMEM);
  port_slot* slot = slot_at(p, record->slot);
  port_lane* lane = &p->lanes[record->lane];
  slot->record = *record;
  slot->state = SLOT_QUEUED;
  slot->stopped = false;
  slot->next = NONE;
  if (lane->last == NONE) lane->first = record->slot;
  else slot_at(p, lane->last)->next = record->slot;
  lane->last = record->slot;
  lane->waiting++;
  return false;
}

static bool fail_queued(ta_port* p, port_lane* lane) {
  bool wake = false;
  for (; lane->first != NONE; lane->waiting--) {
    port_slot* slot = slot_at(p, lane->first);
    lane->first = slot->next;
    wake = finish(p, slot, UV_EAGAIN) || wake;
  }
  lane->last = NONE;
  return wake;
}

// Under the lock. True: the loop is to be woken.
static bool take_submissions(ta_port* p) {
  bool wake = false;
  uint32_t tail = __atomic_load_n(&p->control->submission_tail, __ATOMIC_SEQ_CST);
  for (; p->submission_head != tail; p->submission_head++) wake = enqueue(p, &p->submissions[p->submission_head & p->submission_mask]) || wake;
  for (int index = 0; index < TA_LANES; index++) {
    port_lane* lane = &p->lanes[index];
    if (lane->waiting == 0) continue;
    if (!see_to_threads(p, lane)) wake = fail_queued(p, lane) || wake;
    if (lane->waiting > 1) WakeAllConditionVariable(&lane->work);
    else WakeConditionVariable(&lane->work);
  }
  return wake;
}

void ta_port_distribute(ta_port* p) {
  AcquireSRWLockExclusive(&p->lock);
  if (take_submissions(p)) notify(p);
  ReleaseSRWLockExclusive(&p->lock);
}

static void dequeue(ta_port* p, int32_t index) {
  port_slot* slot = slot_at(p, index);
  port_lane* lane = &p->lanes[slot->record.lane];
  int32_t before = NONE;
  for (int32_t at = lane->first; at != index; at = slot_at(p, at)->next) before = at;
  if (before == NONE) lane->first = slot->next;
  else slot_at(p, before)->next = slot->next;
  if (lane->last == index) lane->last = before;
  lane->waiting--;
}

// Under the lock.
static int cancel_running(port_slot* slot) {
  if (slot->state == SLOT_ON_PORT) {
    // Not found: its packet is on the way, or its thread is just before the call.
    slot->stopped = slot->stopped || CancelIoEx(slot->handle, &slot->overlapped);
    return slot->file ? 2 : slot->stopped ? 1 : 3;
  }
  if (slot->record.lane != TA_LANE_WAITS) return 2;
  // Not found: the thread is before its call, or on the way to the port.
  return CancelSynchronousIo(slot->thread) ? 1 : 3;
}

int ta_port_cancel(ta_port* p, int32_t index, int32_t generation) {
  int answer = -1;
  AcquireSRWLockExclusive(&p->lock);
  bool wake = take_submissions(p);
  port_slot* slot = index / CHUNK < p->chunks_length && p->chunks[index / CHUNK] != NULL ? slot_at(p, index) : NULL;
  if (slot != NULL && slot->state != SLOT_FREE && slot->record.generation == generation) {
    if (slot->state == SLOT_QUEUED) {
      dequeue(p, index);
      wake = finish(p, slot, UV_ECANCELED) || wake;
      answer = 0;
    } else answer = cancel_running(slot);
  }
  if (wake) notify(p);
  ReleaseSRWLockExclusive(&p->lock);
  return answer;
}

// What is on the port at once for each file: one by one it would take seconds for thousands.
static void cancel_all(ta_port* p) {
  HANDLE cancelled = NULL;
  for (int32_t chunk = 0; chunk < p->chunks_length; chunk++) {
    for (int32_t index = 0; p->chunks[chunk] != NULL && index < CHUNK; index++) {
      port_slot* slot = &p->chunks[chunk][index];
      if (slot->state == SLOT_RUNNING) cancel_running(slot);
      if (slot->state != SLOT_ON_PORT || slot->handle == cancelled) continue;
      cancelled = slot->handle;
      CancelIoEx(cancelled, NULL);
    }
  }
}

static bool all_left(const ta_port* p) { return p->lanes[0].live + p->lanes[1].live + p->on_port == 0; }

bool ta_port_stop(ta_port* p, DWORD milliseconds) {
  ULONGLONG end = GetTickCount64() + milliseconds;
  AcquireSRWLockExclusive(&p->lock);
  p->stopping = true;
  p->ended = true;
  for (int index = 0; index < TA_LANES; index++) WakeAllConditionVariable(&p->lanes[index].work);
  for (ULONGLONG pause = 0, due = 0; !all_left(p) && GetTickCount64() < end;) {
    // Again and again: what is just before its call is not found.
    if (GetTickCount64() >= due) {
      cancel_all(p);
      pause = pause * 2 + 1;
      due = GetTickCount64() + pause;
    }
    SleepConditionVariableSRW(&p->left, &p->lock, 1 + (DWORD)pause / 2, 0);
  }
  bool ended = all_left(p);
  ReleaseSRWLockExclusive(&p->lock);
  if (!ended) return false;
  PostQueuedCompletionStatus(p->port, 0, 0, NULL);
  WaitForSingleObject(p->waiter, INFINITE);
  return true;
}

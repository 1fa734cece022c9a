// ⑥ native — Windows: the threads beside the port. Those of a lane take its records, make blocking calls, or submit transfers to the port,
// since a submission may itself block (cached data, compressed files). One more thread waits for the port's packets.
#include "port_sockets.h"
#include <stdlib.h>
#include <string.h>

// A thread without work for this long leaves.
#define IDLE_MILLISECONDS 200
#define THREAD_STACK 262144
#define PACKETS_MAX 64
#define NONE TA_NONE
// When half of them take longer than this they wait for a device: so many of the next ones are each for a thread of its own.
#define QUICK_MICROSECONDS 50
#define APART_TIMES 64
// So long a thread keeps from others what it has not begun.
#define KEEPS_MICROSECONDS 400

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
  if (slot->again != NULL) ta_port_leave(slot->again, TA_BLOCKING_MAX);
  slot->again = NULL;
  return write_completion(p, slot->record.slot, slot->record.generation, result);
}

// Without the lock: the woken thread needs it. The lock of the wake-up keeps the environment's end from closing what is sent here.
static void notify(ta_port* p) {
  if (__atomic_load_n(&p->blocks, __ATOMIC_SEQ_CST)) SetEvent(p->notified);
  AcquireSRWLockShared(&p->wake_lock);
  if (!p->ended) ta_wake_send(p->wake);
  ReleaseSRWLockShared(&p->wake_lock);
}

typedef struct {
  ta_port* port;
  port_lane* lane;
} thread_start;

static int64_t microseconds(void) {
  LARGE_INTEGER now, second;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&second);
  return now.QuadPart * 1000000 / second.QuadPart;
}


// Carries out what the thread has taken. Called and left with the lock, and without it meanwhile. True: the loop is to be woken.
static bool run_taken(ta_port* p, port_lane* lane, port_slot** slots, int32_t length) {
  int64_t results[TA_TOGETHER_MAX];
  bool done[TA_TOGETHER_MAX], wake = false;
  port_run run = {.fd = -1};
  int32_t made = 0, slow = 0;
  bool timed = length > 1 || ta_port_is_quick(&slots[0]->record);
  ReleaseSRWLockExclusive(&p->lock);
  int64_t begun = timed ? microseconds() : 0, passed = 0;
  for (; made < length && passed < KEEPS_MICROSECONDS; made++) {
    port_slot* slot = slots[made];
    ta_port_answer answer = TA_DONE;
    if (__atomic_load_n(&slot->refused, __ATOMIC_SEQ_CST)) results[made] = UV_ECANCELED;
    else answer = ta_port_is_transfer(&slot->record) ? ta_port_transfer(p, slot, &run, &results[made]) : TA_NOT_HERE;
    if (answer == TA_NOT_HERE) results[made] = ta_port_call(p, &slot->record);
    done[made] = answer != TA_ON_PORT;
    if (!timed) continue;
    int64_t now = microseconds() - begun;
    if (now - passed > QUICK_MICROSECONDS) slow++;
    passed = now;
  }
  // Before the completion is reported: a close after that really closes the file.
  ta_port_run_end(&run);
  AcquireSRWLockExclusive(&p->lock);
  if (length > 1 && 2 * slow > made) lane->apart = APART_TIMES;
  for (int32_t index = 0; index < made; index++) wake = (done[index] && finish(p, slots[index], results[index])) || wake;
  if (made < length) ta_lane_give_back(lane, slots + made, length - made);
  return wake;
}

static DWORD WINAPI run_lane(void* argument) {
  ta_port* p = ((thread_start*)argument)->port;
  port_lane* lane = ((thread_start*)argument)->lane;
  port_slot* taken[TA_TOGETHER_MAX];
  free(argument);
  HANDLE self = NULL;
  DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE, DUPLICATE_SAME_ACCESS);
  AcquireSRWLockExclusive(&p->lock);
  lane->starting--;
  for (;;) {
    int32_t length = ta_lane_take(p, lane, self, taken);
    if (length == 0) {
      if (p->stopping) break;
      lane->idle++;
      BOOL woken = SleepConditionVariableSRW(&lane->work, &p->lock, IDLE_MILLISECONDS, 0);
      lane->idle--;
      if (!woken && lane->first == NONE) break;
      continue;
    }
    if (!run_taken(p, lane, taken, length)) continue;
    ReleaseSRWLockExclusive(&p->lock);
    notify(p);
    AcquireSRWLockExclusive(&p->lock);
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
    int64_t results[PACKETS_MAX];
    for (ULONG index = 0; index < count; index++) {
      port_slot* slot = (port_slot*)packets[index].lpOverlapped;
      if (slot != NULL) results[index] = slot->extra != NULL ? ta_socket_end(p, slot) : ta_port_result(&slot->overlapped, slot->record.number == TA_READ);
    }
    AcquireSRWLockExclusive(&p->lock);
    for (ULONG index = 0; index < count; index++) {
      if (packets[index].lpOverlapped == NULL) {
        ends = true;
        continue;
      }
      port_slot* slot = (port_slot*)packets[index].lpOverlapped;
      p->on_port--;
      wake = finish(p, slot, results[index]) || wake;
    }
    if (p->on_port == 0) WakeAllConditionVariable(&p->left);
    ReleaseSRWLockExclusive(&p->lock);
    if (wake) notify(p);
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
  InitializeSRWLock(&p->wake_lock);
  p->notified = CreateEventW(NULL, FALSE, FALSE, NULL);
  p->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
  if (p->notified == NULL || p->port == NULL) return false;
  p->waiter = CreateThread(NULL, THREAD_STACK, run_waiter, p, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
  return p->waiter != NULL;
}

// Without the lock: the woken thread needs it.
static void wake_threads(port_lane* lane, int32_t count, int32_t idle) {
  if (count >= idle) WakeAllConditionVariable(&lane->work);
  else for (; count > 0; count--) WakeConditionVariable(&lane->work);
}

// Under the lock. False: no thread is alive and the system gives none.
static bool see_to_threads(ta_port* p, port_lane* lane) {
  while (ta_lane_wanted(lane) > lane->idle + lane->starting && lane->live < lane->live_max) {
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

static bool fail_queued(ta_port* p, port_lane* lane) {
  bool wake = false;
  while (lane->first != NONE) {
    port_slot* slot = ta_port_slot(p, lane->first);
    ta_lane_remove(p, slot);
    wake = finish(p, slot, UV_EAGAIN) || wake;
  }
  return wake;
}

// Calls on sockets do not wait: they are overlapped, or end at once. So they are made here, in order of submission, and without a thread between.
// The lock is left meanwhile.
static bool make_socket_call(ta_port* p, port_slot* slot) {
  int64_t result;
  slot->state = SLOT_RUNNING;
  ReleaseSRWLockExclusive(&p->lock);
  ta_port_answer answer = ta_socket_call(p, slot, &result);
  AcquireSRWLockExclusive(&p->lock);
  return answer == TA_DONE && finish(p, slot, result);
}

// True: the loop is to be woken.
static bool take_one(ta_port* p, const ta_pool_submission* record) {
  port_slot* slot = ta_port_prepare(p, record);
  if (slot == NULL) return write_completion(p, record->slot, record->generation, UV_ENOMEM);
  if (ta_socket_is_call(record)) return make_socket_call(p, slot);
  ta_lane_add(p, slot);
  return false;
}

// Under the lock. True: the loop is to be woken.
static bool take_submissions(ta_port* p) {
  bool wake = false;
  uint32_t tail = __atomic_load_n(&p->control->submission_tail, __ATOMIC_SEQ_CST);
  for (; p->submission_head != tail; p->submission_head++) wake = take_one(p, &p->submissions[p->submission_head & p->submission_mask]) || wake;
  for (int index = 0; index < TA_LANES; index++) {
    port_lane* lane = &p->lanes[index];
    if (lane->waiting > 0 && !see_to_threads(p, lane)) wake = fail_queued(p, lane) || wake;
  }
  return wake;
}

// Takes what was submitted, leaves the lock and wakes the threads that it is for.
static void take_and_wake(ta_port* p, bool wake) {
  int32_t count[TA_LANES], idle[TA_LANES];
  wake = take_submissions(p) || wake;
  for (int index = 0; index < TA_LANES; index++) {
    count[index] = ta_lane_wanted(&p->lanes[index]);
    idle[index] = p->lanes[index].idle;
  }
  ReleaseSRWLockExclusive(&p->lock);
  for (int index = 0; index < TA_LANES; index++) {
    if (count[index] > 0 && idle[index] > 0) wake_threads(&p->lanes[index], count[index], idle[index]);
  }
  if (wake) notify(p);
}

void ta_port_distribute(ta_port* p) {
  AcquireSRWLockExclusive(&p->lock);
  take_and_wake(p, false);
}

// Under the lock.
static int cancel_running(port_slot* slot) {
  if (slot->state == SLOT_ON_PORT) {
    // Not found: its packet is on the way, or its thread is just before the call.
    slot->stopped = slot->stopped || CancelIoEx(slot->handle, &slot->overlapped);
    return slot->again != NULL ? 2 : slot->stopped ? 1 : 3;
  }
  __atomic_store_n(&slot->refused, true, __ATOMIC_SEQ_CST);
  if (slot->record.lane != TA_LANE_WAITS) return 2;
  // Not found: the thread is before its call, or on the way to the port.
  return CancelSynchronousIo(slot->thread) ? 1 : 3;
}

int ta_port_cancel(ta_port* p, int32_t index, int32_t generation) {
  int answer = -1;
  AcquireSRWLockExclusive(&p->lock);
  bool wake = take_submissions(p);
  port_slot* slot = ta_port_slot(p, index);
  if (slot != NULL && slot->state != SLOT_FREE && slot->record.generation == generation) {
    if (slot->state == SLOT_QUEUED) {
      ta_lane_remove(p, slot);
      wake = finish(p, slot, UV_ECANCELED) || wake;
      answer = 0;
    } else answer = cancel_running(slot);
  }
  take_and_wake(p, wake);
  return answer;
}

// What is on the port at once for each file: one by one it would take seconds for thousands.
static void cancel_all(ta_port* p) {
  HANDLE cancelled = NULL;
  for (int32_t index = 0; index < p->chunks_length * TA_CHUNK; index++) {
    port_slot* slot = ta_port_slot(p, index);
    if (slot == NULL) continue;
    if (slot->state == SLOT_RUNNING) cancel_running(slot);
    if (slot->state != SLOT_ON_PORT || slot->handle == cancelled) continue;
    cancelled = slot->handle;
    CancelIoEx(cancelled, NULL);
  }
}

static bool all_left(const ta_port* p) { return p->lanes[0].live + p->lanes[1].live + p->on_port == 0; }

bool ta_port_stop(ta_port* p, DWORD milliseconds) {
  ULONGLONG end = GetTickCount64() + milliseconds;
  AcquireSRWLockExclusive(&p->wake_lock);
  p->ended = true;
  ReleaseSRWLockExclusive(&p->wake_lock);
  AcquireSRWLockExclusive(&p->lock);
  p->stopping = true;
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

// ⑥ native — the records that TypeScript and the threads of the pool share (driver/thread-pool, ring/layout/pool.ts),
// and the signal that interrupts a running call.
#ifndef TRUEAIO_POOL_H
#define TRUEAIO_POOL_H
#include <stdint.h>

typedef struct {
  int32_t number;  // of the system call
  int32_t slot;    // returned in the completion
  int32_t generation;
  int32_t lane;
  uint64_t arguments[6];
} ta_pool_submission;

typedef struct {
  int32_t slot;
  int32_t generation;
  int64_t result;  // what the call returned, or -errno
} ta_pool_completion;

// At the start of the shared memory. Each word that another side writes has a cache line of its own.
typedef struct {
  _Alignas(64) uint32_t submission_tail;  // TypeScript: records written; all are taken at the next wake or cancel
  _Alignas(64) uint32_t completion_tail;  // threads: completions written
  _Alignas(64) uint32_t completion_head;  // TypeScript: completions taken
  // How many unread completions wake the loop; 0: it has been woken and has not looked yet. Set by TypeScript, zeroed
  // by the thread that wakes.
  _Alignas(64) uint32_t armed;
} ta_pool_control;

#define TA_POOL_CONTROL_LENGTH 4096
// Ored to a record's number: its descriptor is waited for after EAGAIN. The thread makes a duplicate at once, as the number
// may be another file's soon, and the result is TA_POOL_WAITS_ON less the duplicate.
#define TA_POOL_WAITS 0x10000
#define TA_POOL_NUMBER_MASK 0xffff
// Ored to a record's number: what it opens is the engine's to close, and noted (descriptors.h).
#define TA_POOL_KEEPS 0x20000
#define TA_POOL_WAITS_ON (-((int64_t)1 << 40))
// 0: never given; 1 to 255: the user's; then the automatic ones.
#define TA_POOL_LANES 262
// Not a lane with a queue: the record gets a thread of its own, at once.
#define TA_POOL_OWN_THREAD 262

_Static_assert(sizeof(ta_pool_submission) == 64, "TypeScript indexes submissions by 64 bytes");
_Static_assert(sizeof(ta_pool_completion) == 16, "TypeScript indexes completions by 16 bytes");
_Static_assert(sizeof(ta_pool_control) <= TA_POOL_CONTROL_LENGTH, "the control block has a page of its own");

// The real-time signal whose arrival makes a blocking call return EINTR: chosen and installed for the first pool of the
// process, given back with the last. Returns its number, or -1 when every one has an owner.
int ta_interrupt_acquire(void);
void ta_interrupt_release(void);
#endif

// ⑥ native — the records that TypeScript and the threads of the pool share (driver/thread-pool, ring/layout/pool.ts),
// and the signal that interrupts a running call.
#ifndef TRUEAIO_POOL_H
#define TRUEAIO_POOL_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
  int32_t number;  // of the system call
  int32_t slot;    // comes back in the completion
  int32_t generation;
  int32_t lane;
  uint64_t arguments[6];
} ta_pool_submission;

// A record with this number is a row: arguments[0] is the address of its steps, arguments[1] how many. Its result is how
// many were made.
#define TA_POOL_ROW (-2)

// One call of a row. The arguments stand where a submission has them.
typedef struct {
  int32_t number;
  uint32_t rule;   // TA_STEP_*
  int64_t result;  // written by the thread
  uint64_t arguments[6];
} ta_pool_step;

// Bits 0 to 5 of a rule: that argument is the number of an earlier step, and stands for its result.
#define TA_STEP_REFERENCES 6
// Bits 8 to 10, k above 0: the row goes on only if the result is argument k (all that was to be moved).
#define TA_STEP_WHOLE_SHIFT 8
#define TA_STEP_WHOLE_MASK 7
// The row goes on only if the result is 0; whatever the result is. Otherwise: if it is no error.
#define TA_STEP_NOTHING 0x800
#define TA_STEP_ALWAYS 0x1000

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
// 0: never given; 1 to 255: the user's; then the automatic ones.
#define TA_POOL_LANES 261

_Static_assert(sizeof(ta_pool_submission) == 64, "TypeScript indexes submissions by 64 bytes");
_Static_assert(sizeof(ta_pool_step) == 64, "TypeScript indexes steps by 64 bytes");
_Static_assert(offsetof(ta_pool_step, arguments) == offsetof(ta_pool_submission, arguments), "one encoder writes both");
_Static_assert(sizeof(ta_pool_completion) == 16, "TypeScript indexes completions by 16 bytes");
_Static_assert(sizeof(ta_pool_control) <= TA_POOL_CONTROL_LENGTH, "the control block has a page of its own");

// The real-time signal whose arrival makes a blocking call return EINTR: chosen and installed for the first pool of the
// process, given back with the last. Returns its number, or -1 when every one has an owner.
int ta_interrupt_acquire(void);
void ta_interrupt_release(void);
#endif

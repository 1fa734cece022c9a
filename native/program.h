// ⑥ native — the records of a program: a list of system calls with the conditions between them, which one thread of the
// pool carries out without coming back to JavaScript (ring/layout/program.ts, driver/thread-pool/encode-program.ts).
#ifndef TRUEAIO_PROGRAM_H
#define TRUEAIO_PROGRAM_H
#include "pool.h"
#include <stddef.h>
#include <stdint.h>

// The number of a submission whose first argument is the address of a program instead of a system call's argument.
#define TA_PROGRAM_NUMBER (-1)
// The same for a row, whose descriptors are the engine's to close.
#define TA_ROW_NUMBER (-64)

// What an argument is reckoned from, besides its base: nothing, a step's last result, or the sum of a step's results
// above 0. With TA_FROM_NEGATED the base less that.
#define TA_FROM_NOTHING 0
#define TA_FROM_RESULT 1
#define TA_FROM_TOTAL 2
#define TA_FROM_NEGATED 4

#define TA_PROGRAM_ENDED 1      // a condition led out of it
#define TA_PROGRAM_BOUND 2      // it had made as many steps as it may
#define TA_PROGRAM_CANCELLED 3  // between two steps, or inside the last one

typedef struct {
  int32_t number;  // of the system call
  // The step that follows, by the result's sign; one that is not there ends the program.
  int32_t on_negative, on_zero, on_positive;
  uint64_t arguments[6];
  uint8_t kinds[6];    // of each argument: TA_FROM_…
  uint8_t compared;    // k above 0: a result that is no error counts less argument k: all that was to be moved is 0
  uint8_t reserved;
  int16_t sources[6];  // the step an argument is reckoned from
  uint32_t runs;       // times this step was made
  int64_t result;      // of its last run
  int64_t total;
} ta_program_step;

typedef struct {
  uint32_t count;
  uint32_t steps_max;
  uint32_t made;  // steps, all runs counted
  int32_t last;   // the step made last; -1: none
  uint32_t ended;
  uint32_t reserved;
  ta_program_step steps[];
} ta_program;

_Static_assert(offsetof(ta_program_step, arguments) == offsetof(ta_pool_submission, arguments), "one encoder writes both");
_Static_assert(sizeof(ta_program_step) == 104, "TypeScript indexes steps by 104 bytes");
_Static_assert(sizeof(ta_program) == 24, "TypeScript finds the first step at byte 24");
#endif

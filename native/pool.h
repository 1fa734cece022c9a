// ⑥ native — the records that TypeScript and the threads of the pool share (driver/thread-pool, ring/layout/pool.ts).
#ifndef TRUEAIO_POOL_H
#define TRUEAIO_POOL_H
#include <stdint.h>

typedef struct {
  int32_t number;  // of the system call
  int32_t slot;    // comes back in the completion
  int32_t generation;
  int32_t lane;
  uint64_t arguments[6];
} ta_pool_submission;

typedef struct {
  int32_t slot;
  int32_t generation;
  int64_t result;  // what the call returned, or -errno
} ta_pool_completion;

_Static_assert(sizeof(ta_pool_submission) == 64, "TypeScript indexes submissions by 64 bytes");
_Static_assert(sizeof(ta_pool_completion) == 16, "TypeScript indexes completions by 16 bytes");
#endif

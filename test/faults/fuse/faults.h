// What is made to go wrong, by FUSE's operation codes. daemon.c sets it from the test's commands, answers.c obeys.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define OPERATIONS 64

struct faults {
  bool direct_io;                       // files opened from now on bypass the page cache
  bool interruptible;                   // a signal ends a held request with EINTR; else nothing ends it
  uint64_t read_bytes_max, write_bytes_max;  // an answer is no longer than this: a short transfer
  bool hang[OPERATIONS];
  uint32_t slow_milliseconds[OPERATIONS];
  // The requests after this many fail; `fail_times` of them.
  uint64_t fail_after[OPERATIONS], fail_times[OPERATIONS];
  int fail_error[OPERATIONS];
  // One request, whatever it asks: how many come before it, one more than that. 0: none.
  uint64_t step;
  int step_error;  // 0: it hangs
};

extern struct faults faults;

/** Answers a request of the kernel's. @returns false when the file system is gone. */
bool answer(int device, const unsigned char* request);
/** Answers it with an error. */
bool answer_error(int device, uint64_t unique, int error);

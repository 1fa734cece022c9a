// ⑥ native — bytes from one descriptor to another by one thread, in big pieces, without coming back to JavaScript between them: sendfile, or
// reads and writes through memory that stays in the processor's cache, with a digest on the way (move.c, ring/layout/move.ts).
#ifndef TRUEAIO_MOVE_H
#define TRUEAIO_MOVE_H
#include "whole.h"

#define TA_MOVE_SENDFILE 0
#define TA_MOVE_MEMORY 1  // read, digest, write

#define TA_MOVE_READ 0
#define TA_MOVE_WRITE 1
#define TA_MOVE_DIGEST 2

// A request, with the memory of its pieces behind it. The next trip continues with what a trip leaves in there.
typedef struct {
  int32_t from;
  int32_t to;
  int64_t from_at;      // where to read; -1: a stream's position
  int64_t to_at;        // where to write; -1: the same
  uint64_t length;      // bytes that are still wanted. Each trip takes off what it has moved
  uint64_t moved;       // atomic: by all trips so far
  uint64_t digest;      // address of a ta_digest; 0: none
  uint64_t nanoseconds; // processor time of all trips
  uint32_t way;
  uint32_t memory_at;   // from the request
  uint32_t piece;       // bytes of the memory
  uint32_t held_at;     // what was read and is not written yet
  uint32_t held;
  uint32_t is_digested; // … whether the digest has it
  uint32_t trip_bytes;  // after so many a trip ends
  uint32_t wait_milliseconds;  // for which a trip waits for its descriptors, in all
  uint32_t has_ended;   // the source has no more
  int32_t step;         // the last one that had no bytes to report
  int32_t error;        // what it answered; 0: none has failed
  uint32_t told_step;   // whose errors are the trip's result: those of the end that the trip's submitter waits on
} ta_move;

_Static_assert(sizeof(ta_move) == 104, "TypeScript puts the memory behind 104 bytes");

// One trip. Bytes moved; 0: the source has ended, or nothing more is wanted, or a step has failed whose error is not reported; -EAGAIN: a descriptor was not
// ready in time; or the reported error of a step.
int64_t ta_move_bytes(pool_worker* worker, ta_move* move);
#endif

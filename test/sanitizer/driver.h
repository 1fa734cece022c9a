// One environment of threads.c, and what its records ask for (calls.c).
#pragma once
#include "../../native/tree.h"
#include "environment.h"
#include "../../native/trueaio.h"

#define SLOTS 128
#define BYTES 65536

/** Node's OpenSSL is not here: a sum is memory that one thread at a time may touch, too. */
struct ta_digest { uint64_t sum; };

typedef enum {
  NO_CALL, NAP, FAILING, READ_PIPE, WAIT_PIPE, OPEN, PROGRAM, ROW, READ_LIST, WRITE_LIST, LOOK_UP, LIST, COPY, REMOVE, MOVE_OUT, MOVE_IN, KINDS
} kind;

typedef struct {
  kind kind;
  int32_t generation;
  bool busy;
  int pipe[2];
  struct ta_digest digest;
  _Alignas(8) unsigned char memory[BYTES];  // lent while it is busy
} slot;

typedef struct {
  struct environment environment;
  napi_value pool;
  ta_pool_control* control;
  ta_pool_submission* submissions;
  ta_pool_completion* completions;
  uint32_t unread_from;
  uint64_t seed;
  int in_flight;
  long ended, cancelled;
  char directory[64], file[80];
  int from, to;  // of moves
  slot slots[SLOTS];
} driver;

/** A number below `bound`, by the environment's seed. */
uint32_t below(driver* d, uint32_t bound);
void path_of(const driver* d, int index, const char* name, char* path);
/** The call of a slot's record, its memory prepared. */
void put_call(driver* d, int index, ta_pool_submission* record);
/** Its slot has a pipe, which is open as long as the record is in flight. */
bool has_pipe(kind kind);
/** What a move that has ended says of itself. */
void check_moved(const slot* s, uint64_t bytes);

// ⑥ native — see move.h. A trip ends after some MiB or 100 ms, so that progress is visible. It also ends after a few
// milliseconds of waiting for a peer that has not moved a MiB meanwhile: readiness waits for a slow peer, and no thread.
// Each trip costs the main thread some 0.5 ms, as its code and memory have left the processor's caches until then.
#include "move.h"
#include "digest.h"
#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>

#define TRIP_MILLISECONDS_MAX 100
// A peer that moves so much is worth waiting for once more.
#define WORTH_WAITING_BYTES (1 << 20)

static uint64_t processor_nanoseconds(void) {
  struct timespec used;
  return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0 ? (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec : 0;
}

static int64_t clock_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

typedef struct {
  pool_worker* worker;
  ta_move* move;
  int64_t waits_left;  // milliseconds
  int64_t since_wait;  // bytes moved since these were given
} trip;

// 0: it is ready; -EAGAIN: not in time.
static int64_t wait_until_ready(trip* t, int fd, short events) {
  if (t->waits_left <= 0) return -EAGAIN;
  struct pollfd watched = {.fd = fd, .events = events};
  struct timespec most = {.tv_sec = t->waits_left / 1000, .tv_nsec = t->waits_left % 1000 * 1000000};
  int64_t begin = clock_milliseconds();
  int64_t ready = ta_step(t->worker, SYS_ppoll, ta_pointer(&watched), 1, ta_pointer(&most), 0);
  t->waits_left -= clock_milliseconds() - begin;
  if (ready < 0) return ready;
  return ready == 0 ? -EAGAIN : 0;
}

// What a step has answered, and whether it is the trip's to tell.
static int64_t at_step(trip* t, uint32_t step, int64_t result) {
  t->move->step = (int32_t)step;
  if (result == -EAGAIN || result == -ECANCELED) return result;
  t->move->error = (int32_t)result;
  return step == t->move->told_step ? result : 0;
}

static void count(trip* t, uint64_t bytes) {
  ta_move* move = t->move;
  if (move->to_at >= 0) move->to_at += (int64_t)bytes;
  move->length -= bytes;
  __atomic_fetch_add(&move->moved, bytes, __ATOMIC_RELAXED);
}

static uint64_t at_most(uint64_t wanted, uint64_t most) { return wanted < most ? wanted : most; }

// Bytes; 0: the source has ended.
static int64_t send_piece(trip* t) {
  ta_move* move = t->move;
  int64_t at = move->from_at;
  for (;;) {
    uint64_t bytes = at_most(move->length, move->trip_bytes);
    int64_t sent = ta_step(t->worker, SYS_sendfile, (uint64_t)move->to, (uint64_t)move->from, ta_pointer(&at), bytes);
    if (sent == -EAGAIN) sent = wait_until_ready(t, move->to, POLLOUT);
    else if (sent >= 0) {
      move->from_at = at;
      return sent;
    }
    if (sent < 0) return at_step(t, TA_MOVE_WRITE, sent);
  }
}

static int64_t read_piece(trip* t, char* memory) {
  ta_move* move = t->move;
  uint64_t bytes = at_most(move->length, move->piece);
  for (;;) {
    int64_t got = move->from_at >= 0 ? ta_step(t->worker, SYS_pread64, (uint64_t)move->from, ta_pointer(memory), bytes, (uint64_t)move->from_at)
                                     : ta_step(t->worker, SYS_read, (uint64_t)move->from, ta_pointer(memory), bytes, 0);
    if (got == -EAGAIN) got = wait_until_ready(t, move->from, POLLIN | POLLRDHUP);
    else if (got >= 0) {
      if (move->from_at >= 0) move->from_at += got;
      move->held_at = 0;
      move->held = (uint32_t)got;
      move->is_digested = 0;
      return got;
    }
    if (got < 0) return at_step(t, TA_MOVE_READ, got);
  }
}

static int64_t write_held(trip* t, const char* memory) {
  ta_move* move = t->move;
  int64_t written = 0;
  while (move->held > 0) {
    const char* bytes = memory + move->held_at;
    int64_t put = move->to_at >= 0 ? ta_step(t->worker, SYS_pwrite64, (uint64_t)move->to, ta_pointer(bytes), move->held, (uint64_t)move->to_at)
                                   : ta_step(t->worker, SYS_write, (uint64_t)move->to, ta_pointer(bytes), move->held, 0);
    if (put == -EAGAIN) put = wait_until_ready(t, move->to, POLLOUT);
    else if (put == 0) put = -ENOSPC;
    if (put < 0) {
      put = at_step(t, TA_MOVE_WRITE, put);
      return written > 0 ? written : put;
    }
    move->held_at += (uint32_t)put;
    move->held -= (uint32_t)put;
    count(t, (uint64_t)put);
    written += put;
  }
  return written;
}

static int64_t move_piece(trip* t) {
  ta_move* move = t->move;
  char* memory = (char*)move + move->memory_at;
  if (move->held == 0) {
    int64_t got = read_piece(t, memory);
    if (got <= 0) return got;
  }
  if (move->digest != 0 && move->is_digested == 0) {
    if (!ta_digest_update((ta_digest*)(uintptr_t)move->digest, memory, move->held)) return at_step(t, TA_MOVE_DIGEST, -EIO);
    move->is_digested = 1;
  }
  return write_held(t, memory);
}

int64_t ta_move_bytes(pool_worker* worker, ta_move* move) {
  trip t = {.worker = worker, .move = move, .waits_left = move->wait_milliseconds};
  uint64_t before = processor_nanoseconds();
  int64_t moved = 0, bytes = 0, end = clock_milliseconds() + TRIP_MILLISECONDS_MAX;
  while (move->length > 0 && moved < move->trip_bytes && move->error == 0 && (moved == 0 || clock_milliseconds() < end)) {
    bytes = move->way == TA_MOVE_SENDFILE ? send_piece(&t) : move_piece(&t);
    if (bytes <= 0) break;
    if (move->way == TA_MOVE_SENDFILE) count(&t, (uint64_t)bytes);
    moved += bytes;
    // One that sends is the slower of the two, and waits again and again; one that receives has its peer's bytes in the kernel.
    if (move->way == TA_MOVE_SENDFILE) t.since_wait += bytes;
    if (t.since_wait >= WORTH_WAITING_BYTES) {
      t.waits_left = move->wait_milliseconds;
      t.since_wait = 0;
    }
  }
  if (bytes == 0 && move->error == 0 && move->length > 0 && moved < move->trip_bytes) move->has_ended = 1;
  move->nanoseconds += processor_nanoseconds() - before;
  return moved > 0 || bytes >= 0 ? moved : bytes;
}

// Drives the pool as TypeScript does, without Node, under ThreadSanitizer: each environment is one thread with a pool.
// It publishes records, takes completions, cancels at random, waits, and leaves in the end with all that is in flight.
// Every record has exactly one completion, and every descriptor is closed. scripts/test-threads.mjs builds and runs it:
//   threads <seconds> <seed>
#include "driver.h"
#include "../../native/move.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ENVIRONMENTS 2
#define ENTRIES 256
#define COMPLETIONS 512
#define LATE_SECONDS_MAX 10
#define ROUND_SECONDS 0.4
#define IDLE_MILLISECONDS 3  // so that threads come and go

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void publish(driver* d, int index) {
  slot* s = &d->slots[index];
  s->kind = (kind)below(d, KINDS);
  s->busy = true;
  s->generation++;
  d->in_flight++;
  if (has_pipe(s->kind)) require(pipe2(s->pipe, O_CLOEXEC | (s->kind == READ_PIPE ? 0 : O_NONBLOCK)) == 0, "no pipe");
  // Those that read in a lane are found stuck by the pool's watch.
  bool own = below(d, s->kind == READ_PIPE ? 2 : 16) == 0;
  ta_pool_submission record = {.slot = index, .generation = s->generation};
  record.lane = own ? TA_POOL_OWN_THREAD : (int32_t)below(d, TA_POOL_LANES);
  put_call(d, index, &record);
  uint32_t tail = d->control->submission_tail;
  d->submissions[tail & (ENTRIES - 1)] = record;
  __atomic_store_n(&d->control->submission_tail, tail + 1, __ATOMIC_SEQ_CST);
}

static void finish(driver* d, const ta_pool_completion* end) {
  slot* s = &d->slots[end->slot];
  ta_descriptors* table = d->environment.instance;
  require(s->busy && s->generation == end->generation, "a completion that nobody waits for");
  if (end->result == -ECANCELED) d->cancelled++;
  if (s->kind == OPEN && end->result >= 0 && ta_descriptors_take(table, end->result)) close((int)end->result);
  if (s->kind == WAIT_PIPE && end->result <= TA_POOL_WAITS_ON) {
    int duplicate = (int)(TA_POOL_WAITS_ON - end->result);
    require(ta_descriptors_take(table, duplicate), "a duplicate that is not noted");
    close(duplicate);
  }
  if (s->kind == MOVE_OUT && end->result > 0) check_moved(s, (uint64_t)end->result);
  if (has_pipe(s->kind)) {
    close(s->pipe[0]);
    close(s->pipe[1]);
  }
  s->busy = false;
  d->in_flight--;
  d->ended++;
}

static void take_completions(driver* d) {
  uint32_t tail = __atomic_load_n(&d->control->completion_tail, __ATOMIC_SEQ_CST);
  for (; d->unread_from != tail; d->unread_from++) {
    ta_pool_completion end = d->completions[d->unread_from & (COMPLETIONS - 1)];
    finish(d, &end);
  }
  // Of JavaScript's plain stores into shared memory each is whole, and no more.
  __atomic_store_n(&d->control->completion_head, d->unread_from, __ATOMIC_RELAXED);
  __atomic_store_n(&d->control->armed, 1, __ATOMIC_SEQ_CST);
}

static void cancel(driver* d, int index) {
  slot* s = &d->slots[index];
  bool list = s->kind == READ_LIST || s->kind == WRITE_LIST || s->kind == LOOK_UP || s->kind == LIST;
  // What is begun is done, the rest is taken back; or the whole of it is to end.
  if (s->busy && list && below(d, 2) == 0) {
    __atomic_store_n(&((ta_list*)s->memory)->next, 8, __ATOMIC_SEQ_CST);
  }
  call_number(&d->environment, d->pool, "cancel", 2, (double[]){index, s->generation});
}

/** What is going on may be looked at meanwhile. */
static void look(driver* d, int index) {
  slot* s = &d->slots[index];
  bool tree = s->kind == COPY || s->kind == REMOVE;
  if (s->busy && tree) __atomic_load_n(&((ta_tree*)s->memory)->entries, __ATOMIC_SEQ_CST);
  if (s->busy && s->kind == MOVE_OUT) __atomic_load_n(&((ta_move*)s->memory)->moved, __ATOMIC_SEQ_CST);
  if (s->busy && (s->kind == READ_PIPE || s->kind == MOVE_IN)) require(write(s->pipe[1], "x", 1) == 1, "a pipe that takes nothing");
}

static void step(driver* d) {
  int index = (int)below(d, SLOTS);
  switch (below(d, 32)) {
    case 0: call_number(&d->environment, d->pool, "wait", 4, (double[]){1, 1 + below(d, 4), -1, -1}); break;
    case 1: case 2: cancel(d, index); break;
    case 3: case 4: look(d, index); break;
    case 5: case 6: case 7: take_completions(d); break;
    case 8: case 9: case 10: case 11: call_number(&d->environment, d->pool, "wake", 0, NULL); break;
    default: if (!d->slots[index].busy) publish(d, index);
  }
}

/** All that is in flight has ended, or is made to. */
static void drain(driver* d) {
  call_number(&d->environment, d->pool, "wake", 0, NULL);
  for (double end = seconds_now() + 20; d->in_flight > 0;) {
    require(seconds_now() < end, "something never ends");
    for (int index = 0; index < SLOTS; index++) {
      if (d->slots[index].busy) cancel(d, index);
    }
    call_number(&d->environment, d->pool, "wait", 4, (double[]){5, 1, -1, -1});
    take_completions(d);
  }
}

static void open_pool(driver* d) {
  const double settings[] = {ENTRIES, COMPLETIONS, 4, 1, IDLE_MILLISECONDS, 0};
  d->pool = call(&d->environment, d->pool, "poolCreate", 6, settings);
  require(d->pool->memory != NULL, "no pool");
  d->control = d->pool->memory;
  d->submissions = (ta_pool_submission*)((char*)d->pool->memory + TA_POOL_CONTROL_LENGTH);
  d->completions = (ta_pool_completion*)(d->submissions + ENTRIES);
  d->unread_from = 0;
}

/** An environment's life: its pool is closed in order, or left with all that is in flight. */
static void live(driver* d, bool orderly) {
  struct value exports = {0};
  ta_descriptors_init(&d->environment, &exports);
  free(call(&d->environment, &exports, "ownDescriptors", 0, NULL));
  ta_pool_init(&d->environment, &exports);
  d->pool = &exports;
  open_pool(d);
  napi_value pool = d->pool;
  for (double end = seconds_now() + ROUND_SECONDS; seconds_now() < end;) step(d);
  if (orderly) {
    drain(d);
    call_number(&d->environment, d->pool, "close", 0, NULL);
  }
  double leaving = seconds_now();
  end_environment(&d->environment);
  // The pool gives its threads 5 s to answer; one that did not is left to itself.
  require(seconds_now() - leaving < 4, "a thread that does not end with its pool");
  d->environment.instance = NULL;
  free(pool);
  for (int index = 0; index < SLOTS; index++) {
    slot* s = &d->slots[index];
    if (s->busy && has_pipe(s->kind)) {
      close(s->pipe[0]);
      close(s->pipe[1]);
    }
    s->busy = false;
  }
  d->in_flight = 0;
}

static void put_file(const char* path) {
  static const char content[4096] = {'x'};
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  require(fd >= 0 && write(fd, content, sizeof content) == sizeof content && close(fd) == 0, "no file to work on");
}

static void prepare(driver* d) {
  char path[128], inner[160];
  strcpy(d->directory, "/tmp/trueaio-threads-XXXXXX");
  require(mkdtemp(d->directory) != NULL, "no directory to work in");
  snprintf(d->file, sizeof d->file, "%s/file", d->directory);
  put_file(d->file);
  path_of(d, 0, "tree", path);
  require(mkdir(path, 0700) == 0, "no tree to work on");
  for (int file = 0; file < 3; file++) {
    snprintf(inner, sizeof inner, "%s/%d", path, file);
    put_file(inner);
  }
}

static void open_ends(driver* d) {
  char path[128];
  path_of(d, 0, "moved", path);
  d->from = open(d->file, O_RDONLY | O_CLOEXEC);
  d->to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  require(d->from >= 0 && d->to >= 0, "no files to move between");
}

static double life_seconds;

static void* run(void* argument) {
  driver* d = argument;
  open_ends(d);
  double end = seconds_now() + life_seconds;
  for (int round = 0; seconds_now() < end; round++) live(d, round % 2 == 0);
  close(d->from);
  close(d->to);
  return NULL;
}

static int descriptors_open(void) {
  int count = 0;
  for (int fd = 0; fd < 4096; fd++) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

static void tell_open(void) {
  for (int fd = 0; fd < 4096; fd++) {
    char link[64], target[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length >= 0) fprintf(stderr, "%d: %.*s\n", fd, (int)length, target);
  }
}

int main(int argc, char** argv) {
  static driver drivers[ENVIRONMENTS];
  pthread_t threads[ENVIRONMENTS];
  life_seconds = argc > 1 ? atof(argv[1]) : 2;
  uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  int before = descriptors_open();
  for (int index = 0; index < ENVIRONMENTS; index++) {
    drivers[index].seed = seed * 0x9e3779b97f4a7c15 + (uint64_t)index + 1;
    prepare(&drivers[index]);
    require(pthread_create(&threads[index], NULL, run, &drivers[index]) == 0, "no thread");
  }
  long ended = 0, cancelled = 0;
  for (int index = 0; index < ENVIRONMENTS; index++) {
    pthread_join(threads[index], NULL);
    ended += drivers[index].ended;
    cancelled += drivers[index].cancelled;
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", drivers[index].directory);
    require(system(command) == 0, "the directory stays");
  }
  // A thread that its pool did not wait for closes what it has at its own end.
  for (double end = seconds_now() + LATE_SECONDS_MAX; descriptors_open() != before;) {
    if (seconds_now() > end) {
      tell_open();
      require(false, "descriptors that are left open");
    }
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  require(ended > 100 && cancelled > 10, "hardly anything was done");
  printf("%ld records ended, %ld of them cancelled, seed %llu\n", ended, cancelled, (unsigned long long)seed);
  return 0;
}

// What the records of threads.c ask for: system calls, programs, lists, trees and moves, with the memory of each.
#include "driver.h"
#include "../../native/digest.h"
#include "../../native/move.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

bool ta_digest_update(ta_digest* digest, const void* bytes, size_t length) {
  for (size_t at = 0; at < length; at++) digest->sum += ((const unsigned char*)bytes)[at];
  return true;
}

uint32_t below(driver* d, uint32_t bound) {
  d->seed ^= d->seed << 13;
  d->seed ^= d->seed >> 7;
  d->seed ^= d->seed << 17;
  return (uint32_t)(d->seed >> 33) % bound;
}

static uint64_t address(const void* memory) { return (uint64_t)(uintptr_t)memory; }

void path_of(const driver* d, int index, const char* name, char* path) {
  snprintf(path, 128, "%s/%s%d", d->directory, name, index);
}

/** A list of `count` equal paths, with content for writers. */
static void put_list(driver* d, slot* s, int index, uint32_t count) {
  ta_list* list = (ta_list*)s->memory;
  memset(s->memory, 0, 4096);
  char written[128];
  path_of(d, index, "written", written);
  char tree[128];
  path_of(d, 0, "tree", tree);
  const char* path = s->kind == WRITE_LIST ? written : s->kind == LIST ? tree : d->file;
  uint32_t paths_at = sizeof *list + count * sizeof(ta_list_item);
  list->count = count;
  list->paths_at = paths_at;
  list->data_at = (paths_at + count * 128 + 63) & ~63U;
  list->length = BYTES;
  char* to = (char*)s->memory + paths_at;
  for (uint32_t item = 0; item < count; item++, to += strlen(to) + 1) {
    strcpy(to, path);
    ta_items(list)[item] = (ta_list_item){.result = TA_NOT_MADE, .fd = -1, .at = list->data_at, .length = 4096};
    ta_items(list)[item].mode = 0600;
    if (s->kind == WRITE_LIST) ta_items(list)[item].argument = O_WRONLY | O_CREAT | O_TRUNC;
    if (s->kind == LOOK_UP) ta_items(list)[item].mode = item % 3 == 0 ? TA_KIND_STAT : item % 3 == 1 ? TA_KIND_ACCESS : TA_KIND_REAL_PATH;
    if (s->kind == LIST) ta_items(list)[item].mode = item % 2 == 0 ? TA_LIST_SORTED : TA_LIST_STATS;
    if (s->kind == LOOK_UP || s->kind == LIST) ta_items(list)[item].argument = 0;
  }
}

static void put_tree(driver* d, slot* s, int index) {
  ta_tree* tree = (ta_tree*)s->memory;
  char from[128], to[128];
  path_of(d, 0, "tree", from);
  path_of(d, index, "copy", to);
  memset(s->memory, 0, 4096);
  *tree = (ta_tree){.from_at = sizeof *tree, .to_at = 256, .base_at = 512, .list_at = 1024, .length = BYTES};
  strcpy((char*)s->memory + tree->from_at, s->kind == COPY ? from : to);
  strcpy((char*)s->memory + tree->to_at, to);
  strcpy((char*)s->memory + tree->base_at, from);
}

/** open, read, and close of what the first opened. */
static void put_program(driver* d, slot* s) {
  ta_program* program = (ta_program*)s->memory;
  memset(s->memory, 0, 4096);
  program->count = 3;
  program->steps_max = 3;
  program->last = -1;
  program->steps[0] = (ta_program_step){.number = SYS_openat, .on_negative = -1, .on_zero = 1, .on_positive = 1,
      .arguments = {(uint64_t)(int64_t)AT_FDCWD, address(d->file), O_RDONLY | O_CLOEXEC}};
  program->steps[1] = (ta_program_step){.number = SYS_read, .on_negative = 2, .on_zero = 2, .on_positive = 2,
      .arguments = {0, address(s->memory + 4096), 4096}, .kinds = {TA_FROM_RESULT}};
  program->steps[2] = (ta_program_step){.number = SYS_close, .on_negative = -1, .on_zero = -1, .on_positive = -1,
      .kinds = {TA_FROM_RESULT}};
  // What a program has opened when it is cancelled is its submitter's to close; here nobody would.
  if (s->kind == PROGRAM) program->steps[0].arguments[1] = address("/nowhere");
  if (s->kind == PROGRAM) program->steps[0].on_negative = 1;
}

/** A file to a pipe, or a pipe to a file: what is not there yet is waited for. */
static void put_move(driver* d, slot* s) {
  ta_move* move = (ta_move*)s->memory;
  *move = (ta_move){.from = d->from, .to = s->pipe[1], .from_at = 0, .to_at = -1, .length = 8192, .way = TA_MOVE_SENDFILE};
  if (s->kind == MOVE_IN) *move = (ta_move){.from = s->pipe[0], .to = d->to, .from_at = -1, .to_at = 0, .length = 2};
  if (s->kind == MOVE_IN || below(d, 2) == 0) move->way = TA_MOVE_MEMORY;
  s->digest.sum = 0;
  if (move->way == TA_MOVE_MEMORY) move->digest = address(&s->digest);
  move->memory_at = sizeof *move;
  move->piece = 1024;
  move->trip_bytes = 4096;
  move->wait_milliseconds = 5;
}

bool has_pipe(kind kind) { return kind == READ_PIPE || kind == WAIT_PIPE || kind == MOVE_OUT || kind == MOVE_IN; }

void put_call(driver* d, int index, ta_pool_submission* record) {
  static const struct timespec nap = {.tv_nsec = 50000};
  slot* s = &d->slots[index];
  uint64_t* a = record->arguments;
  switch (s->kind) {
    case NO_CALL: record->number = SYS_getpid; return;
    case NAP: record->number = SYS_nanosleep; a[0] = address(&nap); return;
    case FAILING: record->number = SYS_openat; a[0] = (uint64_t)(int64_t)AT_FDCWD; a[1] = address("/nowhere"); return;
    case READ_PIPE: record->number = SYS_read; break;
    case WAIT_PIPE: record->number = SYS_read | TA_POOL_WAITS; break;
    case OPEN:
      record->number = SYS_openat | TA_POOL_KEEPS;
      a[0] = (uint64_t)(int64_t)AT_FDCWD;
      a[1] = address(d->file);
      a[2] = O_RDONLY | O_CLOEXEC;
      return;
    case PROGRAM: case ROW:
      put_program(d, s);
      record->number = s->kind == PROGRAM ? TA_PROGRAM_NUMBER : TA_ROW_NUMBER;
      a[0] = address(s->memory);
      return;
    case READ_LIST: case WRITE_LIST: case LOOK_UP: case LIST:
      put_list(d, s, index, 8);
      record->number = s->kind == READ_LIST ? TA_READ_FILES : s->kind == WRITE_LIST ? TA_WRITE_FILES :
          s->kind == LIST ? TA_LIST_DIRECTORIES : TA_LOOK_UP;
      a[0] = address(s->memory);
      return;
    case COPY: case REMOVE:
      put_tree(d, s, index);
      record->number = s->kind == COPY ? TA_COPY_TREE : TA_REMOVE_TREE;
      a[0] = address(s->memory);
      return;
    case MOVE_OUT: case MOVE_IN:
      put_move(d, s);
      record->number = TA_MOVE_BYTES;
      a[0] = address(s->memory);
      return;
    case KINDS: return;
  }
  a[0] = (uint64_t)s->pipe[0];
  a[1] = address(s->memory);
  a[2] = 64;
}
void check_moved(const slot* s, uint64_t bytes) {
  const ta_move* move = (const ta_move*)s->memory;
  require(move->moved == bytes && move->length == 8192 - bytes, "bytes that are miscounted");
  uint64_t sum = bytes < 4096 ? 0 : 'x';
  if (move->digest != 0 && sum != 0) require(s->digest.sum == sum, "a digest of other bytes");
}

// ⑥ native — what whole operations share: which program a number means, a system call as a step, and the items of a list.
#include "move.h"
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

int64_t ta_step(pool_worker* worker, int32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  uint64_t arguments[6] = {a, b, c, d, 0, 0};
  int64_t result;
  if (!ta_pool_make_call(worker, number, arguments, &result)) return -ECANCELED;
  // It ends in EINTR for the record's end only; other signals let it be made again.
  return result == -EINTR ? -ECANCELED : result;
}

int64_t ta_open_at(pool_worker* worker, int directory, const char* path, int flags, unsigned mode) {
  return ta_step(worker, SYS_openat, (uint64_t)(int64_t)directory, ta_pointer(path), (uint64_t)(unsigned)(flags | O_CLOEXEC), mode);
}

// Not for being pushed off its processor: that says nothing of the files.
static uint32_t times_slept(void) {
  struct rusage usage;
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint32_t)usage.ru_nvcsw : 0;
}

void ta_each_item(pool_worker* worker, ta_list* list, ta_make_item make) {
  uint32_t slept = times_slept();
  const char* path = (const char*)list + list->paths_at;
  for (uint32_t index = 0; index < list->count; index++, path += strlen(path) + 1) {
    if (ta_pool_is_cancelled(worker)) break;
    // What an item before this one has written is seen by a reader that finds this one begun.
    uint32_t expected = index;
    if (!__atomic_compare_exchange_n(&list->next, &expected, index + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) break;
    if (!make(worker, list, index, path)) break;
  }
  list->waits = times_slept() - slept;
}

int64_t ta_whole_run(pool_worker* worker, int32_t number, void* request) {
  switch (number) {
    case TA_READ_FILES: return ta_read_files(worker, request);
    case TA_WRITE_FILES: return ta_write_files(worker, request);
    case TA_LOOK_UP: return ta_look_up(worker, request);
    case TA_LIST_DIRECTORIES: return ta_list_directories(worker, request);
    case TA_CHANGE_NAMES: return ta_change_names(worker, request);
    case TA_REMOVE_TREE: return ta_remove_tree(worker, request);
    case TA_COPY_TREE: return ta_copy_tree(worker, request);
    case TA_MOVE_BYTES: return ta_move_bytes(worker, request);
    default: return -ENOSYS;
  }
}

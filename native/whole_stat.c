// ⑥ native — a list of paths looked up one after the other: what statx tells, as the numbers of Node's Stats, whether a
// file may be used, or its path without links (whole_name.c).
#include "whole.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static double device(uint32_t major, uint32_t minor) { return (double)makedev(major, minor); }

// The same two roundings as in JavaScript.
static double milliseconds(const struct statx_timestamp* time) { return (double)time->tv_sec * 1000 + (double)time->tv_nsec / 1e6; }

static void tell(double* numbers, const struct statx* from) {
  const struct statx_timestamp* times[4] = {&from->stx_atime, &from->stx_mtime, &from->stx_ctime, &from->stx_btime};
  numbers[0] = device(from->stx_dev_major, from->stx_dev_minor);
  numbers[1] = from->stx_mode;
  numbers[2] = from->stx_nlink;
  numbers[3] = from->stx_uid;
  numbers[4] = from->stx_gid;
  numbers[5] = device(from->stx_rdev_major, from->stx_rdev_minor);
  numbers[6] = from->stx_blksize;
  numbers[7] = (double)from->stx_ino;
  numbers[8] = (double)from->stx_size;
  numbers[9] = (double)from->stx_blocks;
  for (int index = 0; index < 4; index++) {
    numbers[10 + index] = milliseconds(times[index]);
    numbers[14 + index] = times[index]->tv_nsec;
  }
}

int64_t ta_tell_status(pool_worker* worker, int directory, const char* path, int flags, double* numbers) {
  struct statx status = {0};
  int64_t result;
  uint64_t arguments[6] = {(uint64_t)(int64_t)directory, ta_pointer(path), (uint64_t)flags, STATX_BASIC_STATS | STATX_BTIME, ta_pointer(&status), 0};
  if (!ta_pool_make_call(worker, SYS_statx, arguments, &result) || result == -EINTR) return -ECANCELED;
  if (result == 0) tell(numbers, &status);
  return result;
}

static bool look_up_item(pool_worker* worker, ta_list* list, uint32_t index, const char* path) {
  ta_list_item* item = &ta_items(list)[index];
  int64_t result;
  if (item->mode == TA_KIND_REAL_PATH) return ta_tell_real_path(worker, list, item, path);
  if (item->mode == TA_KIND_ACCESS) {
    result = ta_step(worker, SYS_faccessat, (uint64_t)(int64_t)AT_FDCWD, ta_pointer(path), (uint64_t)item->argument, 0);
  } else {
    double* numbers = (double*)((char*)list + list->data_at) + (size_t)index * TA_STAT_NUMBERS;
    result = ta_tell_status(worker, AT_FDCWD, path, item->argument, numbers);
  }
  if (result == -ECANCELED) return false;
  item->result = (int32_t)result;
  return true;
}

int64_t ta_look_up(pool_worker* worker, ta_list* list) {
  ta_each_item(worker, list, look_up_item);
  return 0;
}

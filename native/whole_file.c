// ⑥ native — files read and written whole: open, fstat, read, close of one after the other into one memory, and open, write,
// close. Nobody else ever has the descriptors, but those that are left open for the submitter to continue with.
#include "whole.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// First piece of a file that tells no size (/proc).
#define UNSIZED_BYTES 65536

static bool end_open(ta_list_item* item, int64_t result, int step, int fd) {
  close(fd);  // all results are written: nothing of a file that was only read is lost by its close
  item->result = result == -ECANCELED ? TA_NOT_MADE : (int32_t)result;
  item->step = step;
  return result != -ECANCELED;
}

// A pipe, socket or device may let its reader wait: not this thread. Its submitter gets it as open(2) would have opened it.
static bool leave_open(const pool_worker* worker, ta_list_item* item, int64_t result, int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  ta_descriptors_note(worker->pool->descriptors, fd);
  item->fd = fd;
  item->result = (int32_t)result;
  return true;
}

// Reads until the end is known: a regular file gives less than was asked only there, but one of /proc whenever it likes.
static int64_t read_content(pool_worker* worker, int fd, char* into, uint32_t room, int64_t size, bool* ended) {
  int64_t got = 0;
  uint32_t wanted = size > 0 ? (uint32_t)size + 1 : room;
  *ended = false;
  while (got < room) {
    if (got >= wanted) wanted = room;
    int64_t bytes = ta_step(worker, SYS_read, (uint64_t)fd, ta_pointer(into + got), wanted - (uint64_t)got, 0);
    if (bytes < 0) return bytes;
    got += bytes;
    *ended = bytes == 0 || (size > 0 && got == size);
    if (*ended) break;
  }
  return got;
}

static bool read_item(pool_worker* worker, ta_list* list, uint32_t index, const char* path) {
  ta_list_item* item = &ta_items(list)[index];
  struct stat status;
  // Without O_NONBLOCK the open of a pipe would wait for its writer, and every other file of the list with it.
  int64_t fd = ta_open_at(worker, AT_FDCWD, path, item->argument | O_NONBLOCK, 0);
  if (fd < 0) {
    if (fd == -ECANCELED) return false;
    item->step = TA_STEP_OPEN;
    item->result = (int32_t)fd;
    return true;
  }
  if (fstat((int)fd, &status) != 0) return end_open(item, -errno, TA_STEP_TRANSFER, (int)fd);
  if (S_ISDIR(status.st_mode)) return end_open(item, -EISDIR, TA_STEP_TRANSFER, (int)fd);
  uint32_t space = list->length - list->data_at;
  uint32_t start = list->data_at + list->used;
  uint32_t room = space - list->used;
  // A larger file goes to memory of its own size.
  if (!S_ISREG(status.st_mode) || status.st_size >= space / 4) return leave_open(worker, item, 0, (int)fd);
  if (status.st_size >= room || (status.st_size == 0 && room < UNSIZED_BYTES)) {
    end_open(item, -ECANCELED, TA_STEP_OPEN, (int)fd);
    return false;  // for the next list
  }
  if (status.st_size == 0) room = UNSIZED_BYTES;
  bool ended;
  int64_t bytes = read_content(worker, (int)fd, (char*)list + start, room, status.st_size, &ended);
  if (bytes < 0) return end_open(item, bytes, TA_STEP_TRANSFER, (int)fd);
  item->at = start;
  list->used += ta_content_room((uint32_t)bytes);
  if (list->used > space) list->used = space;
  return ended ? end_open(item, bytes, TA_STEP_TRANSFER, (int)fd) : leave_open(worker, item, bytes, (int)fd);
}

int64_t ta_read_files(pool_worker* worker, ta_list* list) {
  ta_each_item(worker, list, read_item);
  return list->used;
}

// All of the content, or an error: no other write of anybody's stands between these.
static bool write_item(pool_worker* worker, ta_list* list, uint32_t index, const char* path) {
  ta_list_item* item = &ta_items(list)[index];
  // Without O_NONBLOCK the open of a pipe would wait for its reader.
  int64_t fd = ta_open_at(worker, AT_FDCWD, path, item->argument | O_NONBLOCK, item->mode);
  if (fd < 0) {
    if (fd == -ECANCELED) return false;
    item->step = TA_STEP_OPEN;
    item->result = (int32_t)fd;
    return true;
  }
  const char* content = (const char*)list + item->at;
  uint32_t wanted = item->length;
  item->length = 0;  // from here on what has been written
  int64_t bytes = 0;
  while (item->length < wanted) {
    bytes = ta_step(worker, SYS_write, (uint64_t)fd, ta_pointer(content + item->length), wanted - item->length, 0);
    if (bytes < 0) break;
    item->length += (uint32_t)bytes;
  }
  item->step = TA_STEP_TRANSFER;
  if (bytes == -EAGAIN) {  // a pipe that is full: its submitter waits for room
    ta_descriptors_note(worker->pool->descriptors, fd);
    item->fd = (int32_t)fd;
    item->result = 0;
    return true;
  }
  // A file system may keep its refusal until the close, which frees the number whatever it answers.
  int64_t closed = close((int)fd) == 0 ? 0 : -errno;
  if (bytes >= 0) item->step = TA_STEP_CLOSE;
  item->result = (int32_t)(bytes < 0 ? bytes : closed < 0 ? closed : item->length);
  return bytes != -ECANCELED;
}

int64_t ta_write_files(pool_worker* worker, ta_list* list) {
  ta_each_item(worker, list, write_item);
  int64_t bytes = 0;
  for (uint32_t index = 0; index < list->count; index++) bytes += ta_items(list)[index].result > 0 ? ta_items(list)[index].result : 0;
  return bytes;
}

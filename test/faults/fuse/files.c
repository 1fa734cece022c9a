// A table of files in memory.
#include "files.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t space_bytes = UINT64_MAX;
uint64_t used_bytes;

static struct file* files;
static uint64_t count;

struct file* file_of(uint64_t number) {
  return number == 0 || number > count || !files[number - 1].used ? NULL : &files[number - 1];
}

uint64_t file_count(void) {
  return count;
}

uint64_t find_file(uint64_t parent, const char* name) {
  for (uint64_t index = 0; index < count; index++) {
    if (files[index].used && files[index].parent == parent && strcmp(files[index].name, name) == 0) return index + 1;
  }
  return 0;
}

uint64_t make_file(uint64_t parent, const char* name, uint32_t mode, uint32_t uid, uint32_t gid) {
  uint64_t index = 0;
  while (index < count && files[index].used) index++;
  if (index == count) {
    struct file* more = realloc(files, (count + 1) * sizeof *files);
    if (more == NULL) return 0;
    files = more;
    count++;
  }
  struct file* file = &files[index];
  memset(file, 0, sizeof *file);
  file->used = true;
  file->parent = parent;
  strncpy(file->name, name, sizeof file->name - 1);
  file->mode = mode;
  file->uid = uid;
  file->gid = gid;
  clock_gettime(CLOCK_REALTIME, &file->mtime);
  file->atime = file->ctime = file->mtime;
  return index + 1;
}

bool has_entries(uint64_t directory) {
  for (uint64_t index = 0; index < count; index++) {
    if (files[index].used && files[index].parent == directory) return true;
  }
  return false;
}

int resize_file(struct file* file, uint64_t size) {
  if (size > file->size) {
    if (size - file->size > space_bytes - (used_bytes < space_bytes ? used_bytes : space_bytes)) return -ENOSPC;
    if (size > file->room) {
      size_t room = size < 4096 ? 4096 : size + size / 2;
      unsigned char* more = realloc(file->bytes, room);
      if (more == NULL) return -ENOMEM;
      file->bytes = more;
      file->room = room;
    }
    memset(file->bytes + file->size, 0, size - file->size);
  }
  used_bytes = used_bytes - file->size + size;
  file->size = size;
  clock_gettime(CLOCK_REALTIME, &file->mtime);
  file->ctime = file->mtime;
  return 0;
}

long write_file(struct file* file, uint64_t offset, const unsigned char* bytes, size_t wanted) {
  uint64_t left = used_bytes < space_bytes ? space_bytes - used_bytes : 0;
  uint64_t end_max = left > UINT64_MAX - file->size ? UINT64_MAX : file->size + left;
  if (offset >= end_max && wanted > 0) return -ENOSPC;
  size_t writable = wanted > end_max - offset ? end_max - offset : wanted;
  if (offset + writable > file->size) {
    int failed = resize_file(file, offset + writable);
    if (failed != 0) return failed;
  }
  if (writable > 0) memcpy(file->bytes + offset, bytes, writable);
  clock_gettime(CLOCK_REALTIME, &file->mtime);
  return (long)writable;
}

static void drop_if_unused(struct file* file) {
  if (file->parent != 0 || file->lookups != 0) return;
  used_bytes -= file->size;
  free(file->bytes);
  memset(file, 0, sizeof *file);
}

void unlink_file(uint64_t number) {
  struct file* file = file_of(number);
  if (file == NULL) return;
  file->parent = 0;
  drop_if_unused(file);
}

void forget_file(uint64_t number, uint64_t lookups) {
  struct file* file = file_of(number);
  if (file == NULL || number == 1) return;
  file->lookups = file->lookups > lookups ? file->lookups - lookups : 0;
  drop_if_unused(file);
}

uint32_t links_of(uint64_t number) {
  struct file* file = file_of(number);
  if (number == 1) return 2;
  return file == NULL || file->parent == 0 ? 0 : S_ISDIR(file->mode) ? 2 : 1;
}

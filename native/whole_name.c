// ⑥ native — names that are made, removed and changed, one after the other: also directories with what is missing above them, and
// under a name that nothing else has. And paths without links. What the last two answer is text, behind the data of the list.
#include "whole.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int64_t make_directory(pool_worker* worker, const char* path, unsigned mode) {
  return ta_step(worker, SYS_mkdirat, (uint64_t)(int64_t)AT_FDCWD, ta_pointer(path), mode, 0);
}

// The path up to `end`.
static int64_t make_until(pool_worker* worker, char* path, size_t end, unsigned mode) {
  char behind = path[end];
  path[end] = '\0';
  int64_t result = make_directory(worker, path, mode);
  path[end] = behind;
  return result;
}

// Upwards to the first existing directory, then downwards again. Bytes of the path of the first directory that was made; 0: all were there.
static int64_t make_with_parents(pool_worker* worker, char* path, unsigned mode) {
  size_t length = strlen(path), end = length;
  int64_t result;
  while ((result = make_until(worker, path, end, mode)) == -ENOENT) {
    size_t above = end;
    while (above > 0 && path[above - 1] != '/') above--;
    if (above < 2) return result;  // at the root, or the current directory is gone
    end = above - 1;
  }
  size_t first = result == 0 ? end : 0;
  while (end < length && (result == 0 || result == -EEXIST)) {
    do end++;
    while (end < length && path[end] != '/');
    result = make_until(worker, path, end, mode);
    if (result == 0 && first == 0) first = end;
  }
  struct stat status;
  if (result == -EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) result = 0;
  return result < 0 ? result : (int64_t)first;
}

// Room for so much text. NULL: it is for the next list.
static char* text_room(ta_list* list, size_t numbers, size_t bytes) {
  size_t start = list->data_at + numbers + list->used;
  return start + bytes > list->length ? NULL : (char*)list + start;
}

static bool told(ta_list* list, ta_list_item* item, const char* text) {
  size_t bytes = strlen(text);
  item->at = (uint32_t)(text - (const char*)list);
  item->result = (int32_t)bytes;
  list->used += (uint32_t)bytes + 1;
  return true;
}

// Whether a call of the C library's was interrupted because the record's end is wanted: then it is not made again.
static bool failed(pool_worker* worker, ta_list_item* item, int error) {
  if (error == EINTR && ta_pool_is_cancelled(worker)) return false;
  item->result = -error;
  return true;
}

static bool make_temporary(pool_worker* worker, ta_list* list, ta_list_item* item, const char* path) {
  size_t bytes = strlen(path) + 1;
  char* name = text_room(list, 0, bytes);
  if (name == NULL) return false;
  memcpy(name, path, bytes);
  char* made;
  do made = mkdtemp(name);
  while (made == NULL && errno == EINTR && !ta_pool_is_cancelled(worker));
  if (made != NULL) return told(list, item, made);
  int error = errno;
  if (!failed(worker, item, error)) return false;
  int32_t result = item->result;
  told(list, item, name);  // the name that was tried last belongs to the error
  item->result = result;
  return true;
}

static int64_t change(pool_worker* worker, const ta_list* list, const ta_list_item* item, const char* path) {
  uint64_t here = (uint64_t)(int64_t)AT_FDCWD;
  switch (item->argument) {
    case TA_NAME_MKDIR: return make_directory(worker, path, item->mode);
    case TA_NAME_UNLINK: return ta_step(worker, SYS_unlinkat, here, ta_pointer(path), 0, 0);
    case TA_NAME_RMDIR: return ta_step(worker, SYS_unlinkat, here, ta_pointer(path), AT_REMOVEDIR, 0);
    case TA_NAME_RENAME: return ta_step(worker, SYS_renameat2, here, ta_pointer(path), here, ta_pointer((const char*)list + item->at));
    default: return -EINVAL;
  }
}

static bool change_item(pool_worker* worker, ta_list* list, uint32_t index, const char* path) {
  ta_list_item* item = &ta_items(list)[index];
  if (item->argument == TA_NAME_TEMPORARY) return make_temporary(worker, list, item, path);
  if (item->argument != TA_NAME_WITH_PARENTS) {
    int64_t changed = change(worker, list, item, path);
    if (changed == -ECANCELED) return false;
    item->result = (int32_t)changed;
    return true;
  }
  char name[PATH_MAX];
  size_t bytes = strlen(path) + 1;
  if (bytes > sizeof name) {
    item->result = -ENAMETOOLONG;
    return true;
  }
  memcpy(name, path, bytes);
  int64_t result = make_with_parents(worker, name, item->mode);
  if (result == -ECANCELED) return false;
  item->result = (int32_t)result;
  return true;
}

int64_t ta_change_names(pool_worker* worker, ta_list* list) {
  ta_each_item(worker, list, change_item);
  return 0;
}

bool ta_tell_real_path(pool_worker* worker, ta_list* list, ta_list_item* item, const char* path) {
  char* text = text_room(list, list->count * TA_STAT_NUMBERS * sizeof(double), PATH_MAX);
  if (text == NULL) return false;
  char* resolved;
  do resolved = realpath(path, text);
  while (resolved == NULL && errno == EINTR && !ta_pool_is_cancelled(worker));
  return resolved == NULL ? failed(worker, item, errno) : told(list, item, resolved);
}

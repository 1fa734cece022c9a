// ⑥ native — directories listed, one after the other: open, getdents until the end, close of each; names in the order of their
// bytes, their types, and on request the attributes of each. A directory that is too large for the memory is left open
// where its reading has stopped, for the submitter to continue with.
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NUMBERS_BYTES (TA_STAT_NUMBERS * sizeof(double))

// One name of a directory: where it stands in `names`, as those move while they grow.
typedef struct {
  uint32_t at;
  unsigned char type;
} listed_name;

typedef struct {
  listed_name* entries;
  uint32_t count, capacity;
  char* names;
  uint32_t used, room;
  uint32_t flags;
} listed;

static bool grow(void** memory, uint32_t* capacity, uint32_t wanted, size_t size) {
  if (wanted <= *capacity) return true;
  uint32_t larger = *capacity * 2 > wanted ? *capacity * 2 : wanted;
  void* moved = realloc(*memory, larger * size);
  if (moved == NULL) return false;
  *memory = moved;
  *capacity = larger;
  return true;
}

static bool add(listed* l, const char* name, size_t length, unsigned char type) {
  if (!grow((void**)&l->entries, &l->capacity, l->count + 1, sizeof *l->entries)) return false;
  if (!grow((void**)&l->names, &l->room, l->used + (uint32_t)length + 1, 1)) return false;
  l->entries[l->count++] = (listed_name){.at = l->used, .type = type};
  memcpy(l->names + l->used, name, length + 1);
  l->used += (uint32_t)length + 1;
  for (size_t at = 0; at < length; at++) {
    if ((unsigned char)name[at] > 0x7f) l->flags |= TA_LISTED_FOREIGN;
  }
  if (type != DT_REG) l->flags |= TA_LISTED_OTHERS;
  return true;
}

// Reads until the end, until `most` entries, or until `bytes` of the submitter's memory are used up. 0, or a negative errno.
static int64_t read_names(pool_worker* worker, ta_level* level, listed* l, uint32_t most, size_t bytes, size_t each) {
  for (;;) {
    ta_entry entry;
    int64_t found = ta_next_entry(worker, level, &entry);
    if (found < 0) return found;
    if (found == 0) {
      l->flags |= TA_LISTED_ENDED;
      return 0;
    }
    size_t length = strlen(entry.name);
    if (l->count == most || l->used + length + 1 + (l->count + 1) * each > bytes) {
      // The names behind the last one that fits are read again by the continuation.
      return lseek(level->fd, level->before, SEEK_SET) < 0 ? -errno : 0;
    }
    if (!add(l, entry.name, length, entry.type)) return -ENOMEM;
  }
}

// Names ordered by their bytes, as Node gives them.
static bool is_before(const listed* l, const listed_name* left, const listed_name* right) {
  return strcmp(l->names + left->at, l->names + right->at) < 0;
}

// A merge sort: qsort_r differs between C libraries, and the names of most file systems come in no order at all.
static bool sort(listed* l) {
  if (l->count < 2) return true;
  listed_name* other = malloc(l->count * sizeof *other);
  if (other == NULL) return false;
  listed_name *from = l->entries, *to = other;
  for (uint32_t width = 1; width < l->count; width *= 2) {
    for (uint32_t start = 0; start < l->count; start += 2 * width) {
      uint32_t middle = start + width < l->count ? start + width : l->count;
      uint32_t end = middle + width < l->count ? middle + width : l->count;
      uint32_t left = start, right = middle;
      for (uint32_t at = start; at < end; at++) {
        bool takes_left = right == end || (left < middle && !is_before(l, &from[right], &from[left]));
        to[at] = takes_left ? from[left++] : from[right++];
      }
    }
    listed_name* swapped = from;
    from = to;
    to = swapped;
  }
  if (from != l->entries) memcpy(l->entries, from, l->count * sizeof *from);
  free(other);
  return true;
}

// What each entry is, itself. One that has vanished is left out.
static int64_t look_at_each(pool_worker* worker, int fd, listed* l, double* numbers) {
  uint32_t kept = 0;
  for (uint32_t index = 0; index < l->count; index++) {
    int64_t result = ta_tell_status(worker, fd, l->names + l->entries[index].at, AT_SYMLINK_NOFOLLOW, numbers + (size_t)kept * TA_STAT_NUMBERS);
    if (result == -ECANCELED) return result;
    if (result == -ENOENT) continue;
    if (result < 0) numbers[(size_t)kept * TA_STAT_NUMBERS + TA_STAT_MODE] = (double)result;
    l->entries[kept++] = l->entries[index];
  }
  l->count = kept;
  return 0;
}

// Numbers, names each with its NUL, types.
static int64_t write_down(pool_worker* worker, int fd, ta_list_item* item, listed* l, char* into, bool with_stats) {
  if (with_stats) {
    int64_t looked = look_at_each(worker, fd, l, (double*)into);
    if (looked < 0) return looked;
    into += l->count * NUMBERS_BYTES;
  }
  char* at = into;
  for (uint32_t index = 0; index < l->count; index++) at = stpcpy(at, l->names + l->entries[index].at) + 1;
  item->length = (uint32_t)(at - into);
  for (uint32_t index = 0; index < l->count; index++) at[index] = (char)l->entries[index].type;
  return l->count;
}

static bool list_item(pool_worker* worker, ta_list* list, uint32_t index, const char* path) {
  ta_list_item* item = &ta_items(list)[index];
  bool with_stats = (item->mode & TA_LIST_STATS) != 0;
  size_t each = 1 + (with_stats ? NUMBERS_BYTES : 0);
  uint32_t start = list->data_at + ((list->used + 7) & ~7u);
  uint32_t most = item->length;
  listed l = {0};
  ta_level level = {.other = -1, .listing = malloc(TA_LISTING_BYTES)};
  if (level.listing == NULL) {
    item->result = -ENOMEM;
    item->step = TA_STEP_OPEN;
    return true;
  }
  int64_t fd = ta_open_at(worker, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | item->argument, 0), result = fd;
  int step = TA_STEP_OPEN;
  bool is_full = false;
  if (fd >= 0) {
    level.fd = (int)fd;
    step = TA_STEP_TRANSFER;
    result = start >= list->length ? 0 : read_names(worker, &level, &l, most, list->length - start, each);
    is_full = result == 0 && (l.flags & TA_LISTED_ENDED) == 0;
    // Not the first of this list: it has all the memory in the next.
    if (is_full && list->used > 0 && l.count < most) result = -ECANCELED;
    if (result == 0 && (item->mode & TA_LIST_SORTED) != 0 && !sort(&l)) result = -ENOMEM;
    if (result == 0) result = write_down(worker, (int)fd, item, &l, (char*)list + start, with_stats);
  }
  if (result >= 0) {
    item->at = start;
    item->mode = l.flags;
    list->used = start - list->data_at + l.count * (uint32_t)each + item->length;
  }
  if (fd >= 0 && result >= 0 && is_full) {
    ta_descriptors_note(worker->pool->descriptors, (int)fd);
    item->fd = (int32_t)fd;
  } else if (fd >= 0) close((int)fd);
  item->step = step;
  item->result = result == -ECANCELED ? TA_NOT_MADE : (int32_t)result;
  free(l.entries);
  free(l.names);
  free(level.listing);
  return result != -ECANCELED;
}

int64_t ta_list_directories(pool_worker* worker, ta_list* list) {
  ta_each_item(worker, list, list_item);
  return list->used;
}

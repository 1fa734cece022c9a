// ⑥ native — the walk of tree.h: directories opened from where their parents are open, so that a name is looked up once and
// nothing that is moved meanwhile leads elsewhere.
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// struct linux_dirent64, which libc does not declare.
typedef struct {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
} directory_record;

int64_t ta_enter(pool_worker* worker, ta_walk* walk, int parent, const char* name) {
  if (walk->depth == TA_LEVELS_MAX) return -EMLINK;
  char* listing = walk->spares > 0 ? walk->spare[--walk->spares] : malloc(TA_LISTING_BYTES);
  if (listing == NULL) return -ENOMEM;
  int64_t fd = ta_open_at(worker, parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  if (fd < 0) {
    walk->spare[walk->spares++] = listing;
    return fd;
  }
  walk->levels[walk->depth++] = (ta_level){.fd = (int)fd, .parent = parent, .other = -1, .name = name, .listing = listing};
  return 0;
}

void ta_leave(ta_walk* walk) {
  ta_level* level = &walk->levels[--walk->depth];
  close(level->fd);
  if (level->other >= 0) close(level->other);
  walk->spare[walk->spares++] = level->listing;
}

void ta_leave_all(ta_walk* walk) {
  while (walk->depth > 0) ta_leave(walk);
  while (walk->spares > 0) free(walk->spare[--walk->spares]);
}

bool ta_rewind(ta_level* level) {
  level->at = level->filled = 0;
  level->before = level->after = 0;
  return lseek(level->fd, 0, SEEK_SET) == 0;
}

int ta_look_at(int directory, const char* name, struct stat* status) {
  return syscall(SYS_newfstatat, directory, name, status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
}

// Some file systems tell no types.
static unsigned char type_of(const ta_level* level, const char* name) {
  struct stat status;
  if (ta_look_at(level->fd, name, &status) != 0) return DT_UNKNOWN;
  return (unsigned char)IFTODT(status.st_mode);
}

static bool is_dot(const char* name) { return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)); }

int64_t ta_next_entry(pool_worker* worker, ta_level* level, ta_entry* entry) {
  for (;;) {
    if (level->at >= level->filled) {
      int64_t bytes = ta_step(worker, SYS_getdents64, (uint64_t)level->fd, ta_pointer(level->listing), TA_LISTING_BYTES, 0);
      // A directory that has been removed while it is read has nothing left.
      if (bytes <= 0) return bytes == -ENOENT ? 0 : bytes;
      level->at = 0;
      level->filled = (int32_t)bytes;
    }
    directory_record* record = (directory_record*)(level->listing + level->at);
    level->at += record->length;
    level->before = level->after;
    level->after = record->offset;
    if (is_dot(record->name)) continue;
    entry->name = record->name;
    entry->type = record->type != DT_UNKNOWN ? record->type : type_of(level, record->name);
    return 1;
  }
}

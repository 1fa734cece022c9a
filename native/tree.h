// ⑥ native — a walk through a directory tree by one thread: a stack of open directories, each with a piece of its listing. For
// tree_remove.c and tree_copy.c.
#ifndef TRUEAIO_TREE_H
#define TRUEAIO_TREE_H
#include "whole.h"
#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

// A request, with its paths behind it. All of it is lent until the record's completion.
typedef struct {
  uint32_t from_at;  // the path, from here
  uint32_t to_at;    // of a copy
  uint32_t entries;  // atomic: done so far
  uint32_t flags;
  int32_t step;      // of a copy: where it ended, TA_COPY_…
  uint32_t list_at;  // … and where the path of that entry goes, from the tree's root on
  uint32_t list_used;
  uint32_t length;   // of the whole memory
  uint32_t base_at;  // of a copy: the absolute path of the source
  uint32_t reserved;
  uint64_t bytes;    // atomic: of a copy, so far
} ta_tree;

_Static_assert(sizeof(ta_tree) == 48, "TypeScript puts the paths behind 48 bytes");

#define TA_COPY_VERBATIM 1  // links keep their text
#define TA_COPY_SLASH 2     // a link that names a directory by its text keeps a slash at its end, as with Node 26
#define TA_COPY_CLONE 4
#define TA_COPY_RESUME 8
#define TA_COPY_PRESERVE 16       // owners, times and modes are the source's
#define TA_COPY_PASS_SPECIAL 32   // pipes, sockets and devices are skipped

#define TA_COPY_DIRECTORY 0
#define TA_COPY_MKDIR 1
#define TA_COPY_FILE 2
#define TA_COPY_LINK 3
#define TA_COPY_SPECIAL 4
#define TA_COPY_CHMOD 5

// So deep it goes; each level holds a descriptor or two. Deeper trees are done directory by directory.
#define TA_LEVELS_MAX 96
#define TA_LISTING_BYTES 32768

typedef struct {
  const char* name;  // good until the next entry of the same level is asked for
  unsigned char type;
} ta_entry;

typedef struct {
  int fd;
  int parent;
  int other;         // a second directory, of whoever walks; -1: none
  int32_t at, filled;
  int64_t before, after;  // where the directory's own position was before the entry told last, and behind it
  uint32_t passes;
  uint32_t mode;
  uid_t uid;
  gid_t gid;
  struct timespec times[2];  // of a directory that is copied
  bool is_touched;
  const char* name;  // in the parent
  char* listing;
} ta_level;

typedef struct {
  uint32_t depth;
  ta_level levels[TA_LEVELS_MAX];
  char* spare[TA_LEVELS_MAX];  // listings to be used again
  uint32_t spares;
} ta_walk;

static inline ta_level* ta_innermost(ta_walk* walk) { return &walk->levels[walk->depth - 1]; }
static inline void ta_count_one(ta_tree* tree) { __atomic_fetch_add(&tree->entries, 1, __ATOMIC_RELAXED); }

// What a name is, itself. The system call, as libc's function has another symbol since glibc 2.33. 0, or a negative errno.
int ta_look_at(int directory, const char* name, struct stat* status);
// Opens a directory (never a link to one) and makes it the innermost. -EMLINK: too deep.
int64_t ta_enter(pool_worker* worker, ta_walk* walk, int parent, const char* name);
// Closes the innermost one.
void ta_leave(ta_walk* walk);
void ta_leave_all(ta_walk* walk);
// The next entry of a directory but . and .., its type known. 1: there is one; 0: the end; or a negative errno.
int64_t ta_next_entry(pool_worker* worker, ta_level* level, ta_entry* entry);
bool ta_rewind(ta_level* level);

int64_t ta_remove_tree(pool_worker* worker, ta_tree* tree);
int64_t ta_copy_tree(pool_worker* worker, ta_tree* tree);
#endif

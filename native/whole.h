// ⑥ native — whole operations: what a user asks for in one call, or a tick in several calls of one kind, made by one thread
// of the pool without coming back to JavaScript (ring/layout/whole.ts, driver/thread-pool/encode-whole.ts). A record with
// one of the numbers below has the address of a request for its first argument.
#ifndef TRUEAIO_WHOLE_H
#define TRUEAIO_WHOLE_H
#include "pool_threads.h"
#include <stddef.h>
#include <stdint.h>

#define TA_READ_FILES (-2)   // whole_file.c: open, fstat, read, close of each
#define TA_WRITE_FILES (-3)  // whole_file.c: open, write, close of each
#define TA_LOOK_UP (-4)      // whole_stat.c: statx or faccessat of each
#define TA_LIST_DIRECTORIES (-5)  // whole_list.c: open, getdents, close of each
#define TA_REMOVE_TREE (-6)  // tree_remove.c
#define TA_COPY_TREE (-7)    // tree_copy.c
#define TA_CHANGE_NAMES (-8)  // whole_name.c: mkdir, mkdir with parents, unlink, rmdir or rename of each
#define TA_MOVE_BYTES (-9)  // move.c

// A packed list: this header, the items, the paths (each with its NUL, one after the other), then data. All of it is one
// piece of memory, lent until the record's completion.
typedef struct {
  uint32_t count;     // items
  uint32_t next;      // atomic: the first item that no thread has begun. TypeScript writes `count` here to take the rest back
  uint32_t paths_at;  // bytes from the header
  uint32_t data_at;
  uint32_t length;    // of the whole memory
  uint32_t used;      // bytes of data
  uint32_t waits;     // times the thread slept inside its calls: for a device, mostly
  uint32_t at_once;   // TypeScript's: what the kernel's caches do not answer is wanted otherwise (whole_cached.c)
} ta_list;

// Not begun, or cancelled before it had an effect.
#define TA_NOT_MADE INT32_MIN

typedef struct {
  int32_t result;    // bytes, 0, or a negative errno; at first TA_NOT_MADE
  int32_t fd;        // left open for the submitter to continue with; -1: none
  int32_t step;      // the one that failed: TA_STEP_…
  int32_t argument;  // of a read, write or listing: open flags. Of a look-up: AT_* flags, or an access mode. Of a name that is changed: TA_NAME_…
  uint32_t mode;     // of a file or directory that is made; of a look-up: TA_KIND_…; of a listing: TA_LIST_…, then TA_LISTED_…
  uint32_t reserved;
  uint32_t at;       // of content, from the header
  uint32_t length;   // of content that is given; of a listing: the most entries, then the bytes of the names
} ta_list_item;

#define TA_STEP_OPEN 0
#define TA_STEP_TRANSFER 1
#define TA_STEP_CLOSE 2

#define TA_KIND_STAT 0
#define TA_KIND_ACCESS 1
#define TA_KIND_REAL_PATH 2

#define TA_NAME_WITH_PARENTS 0
#define TA_NAME_TEMPORARY 1
#define TA_NAME_MKDIR 2
#define TA_NAME_UNLINK 3
#define TA_NAME_RMDIR 4
#define TA_NAME_RENAME 5  // to the path at `at`

#define TA_LIST_SORTED 1  // by the bytes of the names
#define TA_LIST_STATS 2

#define TA_LISTED_ENDED 1    // there is no more
#define TA_LISTED_FOREIGN 2  // some name is not ASCII
#define TA_LISTED_OTHERS 4   // some entry is no regular file

// What a look-up returns for a file, as doubles: what Node's Stats has, in its order, then the nanoseconds of the four times.
#define TA_STAT_NUMBERS 18
#define TA_STAT_MODE 1  // … or the negative errno of an entry that a listing could not look at

_Static_assert(sizeof(ta_list) == 32, "TypeScript finds the first item at byte 32");
_Static_assert(sizeof(ta_list_item) == 32, "TypeScript indexes items by 32 bytes");

// Carries out a request. The result of its record: bytes moved, or another count; -ECANCELED when nothing was made.
int64_t ta_whole_run(pool_worker* worker, int32_t number, void* request);

// One system call, made again when a signal interrupted it that was not meant for it. -ECANCELED: the record's end is
// wanted. Then the call was not made, or was interrupted before it had done anything.
int64_t ta_step(pool_worker* worker, int32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
int64_t ta_open_at(pool_worker* worker, int directory, const char* path, int flags, unsigned mode);

static inline ta_list_item* ta_items(ta_list* list) { return (ta_list_item*)(list + 1); }
// Contents begin where copying them is quickest.
static inline uint32_t ta_content_room(uint32_t bytes) { return (bytes + 15) & ~15u; }
static inline uint64_t ta_pointer(const void* pointer) { return (uint64_t)(uintptr_t)pointer; }

int64_t ta_read_files(pool_worker* worker, ta_list* list);
int64_t ta_write_files(pool_worker* worker, ta_list* list);
int64_t ta_look_up(pool_worker* worker, ta_list* list);
int64_t ta_list_directories(pool_worker* worker, ta_list* list);
int64_t ta_change_names(pool_worker* worker, ta_list* list);

// The path without links, as text behind the list's numbers. False: the list must end before this item.
bool ta_tell_real_path(pool_worker* worker, ta_list* list, ta_list_item* item, const char* path);

// statx as such numbers. 0, or a negative errno.
int64_t ta_tell_status(pool_worker* worker, int directory, const char* path, int flags, double* numbers);

// Makes item after item, each after it was claimed. `make` returns false when the list must end before this item.
typedef bool (*ta_make_item)(pool_worker* worker, ta_list* list, uint32_t index, const char* path);
void ta_each_item(pool_worker* worker, ta_list* list, ta_make_item make);
#endif

// The files of the tests' own FUSE file system: in memory, by number. A number is FUSE's node id; 1 is the root.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

struct file {
  bool used;
  char name[256];
  uint64_t parent;   // 0: the file has no name any more
  uint64_t lookups;  // how often the kernel was told of it; it forgets in as many
  uint32_t mode, uid, gid;
  struct timespec atime, mtime, ctime;
  unsigned char* bytes;
  size_t size, room;
};

/** At most so many bytes in all files together. */
extern uint64_t space_bytes;
extern uint64_t used_bytes;

struct file* file_of(uint64_t number);
uint64_t file_count(void);
/** The number of a directory's entry; 0: there is none. */
uint64_t find_file(uint64_t parent, const char* name);
uint64_t make_file(uint64_t parent, const char* name, uint32_t mode, uint32_t uid, uint32_t gid);
bool has_entries(uint64_t directory);
/** 0 or a negative error number. */
int resize_file(struct file* file, uint64_t size);
/** How many bytes were written: fewer where the space ends; or a negative error number. */
long write_file(struct file* file, uint64_t offset, const unsigned char* bytes, size_t count);
/** Takes the name away; the file itself goes when the kernel has forgotten it. */
void unlink_file(uint64_t number);
void forget_file(uint64_t number, uint64_t lookups);
uint32_t links_of(uint64_t number);

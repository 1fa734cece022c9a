// ⑥ native — a directory tree removed by one thread: directory after directory from the inside, without building a path or a
// list of names. What somebody else removes meanwhile is as good as removed here. Whatever else does not go smoothly ends
// it, for the submitter to do, or to refuse, its own way.
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// A directory that is not empty after all of it was removed: somebody makes names in it, or the file system skipped some
// while they were being removed.
#define PASSES_MAX 4

static int64_t unlink_at(pool_worker* worker, ta_tree* tree, int directory, const char* name, int flags) {
  int64_t result = ta_step(worker, SYS_unlinkat, (uint64_t)(int64_t)directory, ta_pointer(name), (uint64_t)flags, 0);
  if (result == 0) ta_count_one(tree);
  return result == -ENOENT ? 0 : result;
}

static bool is_not_empty(int64_t result) { return result == -ENOTEMPTY || result == -EEXIST; }

// Removes what the innermost directory has left, or goes into a directory in it. 1: it has nothing left.
static int64_t advance(pool_worker* worker, ta_tree* tree, ta_walk* walk) {
  ta_level* level = ta_innermost(walk);
  for (;;) {
    ta_entry entry;
    int64_t found = ta_next_entry(worker, level, &entry);
    if (found <= 0) return found == 0 ? 1 : found;
    level->is_touched = true;
    if (entry.type != DT_DIR) {
      int64_t removed = unlink_at(worker, tree, level->fd, entry.name, 0);
      if (removed < 0) return removed;
      continue;
    }
    int64_t entered = ta_enter(worker, walk, level->fd, entry.name);
    if (entered == 0) return 0;
    if (entered != -ENOENT) return entered;
  }
}

// The innermost directory itself, by its name in the one around it. 1: it has to be gone through once more.
static int64_t leave(pool_worker* worker, ta_tree* tree, ta_walk* walk) {
  ta_level* level = ta_innermost(walk);
  int64_t removed = unlink_at(worker, tree, level->parent, level->name, AT_REMOVEDIR);
  if (is_not_empty(removed) && level->is_touched && level->passes < PASSES_MAX) {
    level->passes++;
    level->is_touched = false;
    return ta_rewind(level) ? 1 : -EIO;
  }
  if (removed == 0) ta_leave(walk);
  return removed;
}

int64_t ta_remove_tree(pool_worker* worker, ta_tree* tree) {
  const char* path = (const char*)tree + tree->from_at;
  struct stat status;
  ta_walk walk = {0};
  int looked = ta_look_at(AT_FDCWD, path, &status);
  if (looked < 0) return looked;
  if (!S_ISDIR(status.st_mode)) return -ENOTDIR;
  // First the name itself, as Node does: what cannot be removed at all (`a/.`) must not lose its content.
  int64_t result = unlink_at(worker, tree, AT_FDCWD, path, AT_REMOVEDIR);
  if (!is_not_empty(result)) return result;
  result = ta_enter(worker, &walk, AT_FDCWD, path);
  while (result == 0 && walk.depth > 0) {
    result = advance(worker, tree, &walk);
    if (result == 1) result = leave(worker, tree, &walk);
    if (result == 1) result = 0;
  }
  ta_leave_all(&walk);
  return result == -ENOENT ? 0 : result;
}

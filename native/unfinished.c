// ⑥ native — names that must not outlive their environment: files and trees that are not whole yet. The code that makes one notes it before, and takes the
// note back when it has another name or none. What is noted when the environment ends, by itself or by `terminate()`, is removed: after its
// drivers have ended, since this hook is the first that was added. JavaScript cannot do it: of a worker that is terminated no more of it runs.
#include "trueaio.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Each level holds a descriptor. A deeper tree stays.
#define LEVELS_MAX 256
// Some file systems pass over names while others are being removed.
#define PASSES_MAX 4

typedef struct {
  char* path;  // NULL: the place is free
  bool is_tree;
} unfinished_name;

typedef struct {
  unfinished_name* names;
  uint32_t length;
} unfinished_names;

static void remove_tree(int parent, const char* name, int levels) {
  int fd = levels == 0 ? -1 : openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    unlinkat(parent, name, 0);
    return;
  }
  DIR* listing = fdopendir(fd);
  if (listing == NULL) {
    close(fd);
    return;
  }
  for (int pass = 0; pass < PASSES_MAX; pass++) {
    for (struct dirent* entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      if (entry->d_type == DT_DIR || (unlinkat(fd, entry->d_name, 0) != 0 && entry->d_type == DT_UNKNOWN)) remove_tree(fd, entry->d_name, levels - 1);
    }
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || (errno != ENOTEMPTY && errno != EEXIST)) break;
    rewinddir(listing);
  }
  closedir(listing);
}

static void on_environment_end(void* argument) {
  unfinished_names* all = argument;
  for (uint32_t at = 0; at < all->length; at++) {
    char* path = all->names[at].path;
    if (path == NULL) continue;
    if (all->names[at].is_tree) remove_tree(AT_FDCWD, path, LEVELS_MAX);
    else unlink(path);
    free(path);
  }
  free(all->names);
  free(all);
}

static uint32_t free_place(unfinished_names* all) {
  for (uint32_t at = 0; at < all->length; at++) {
    if (all->names[at].path == NULL) return at;
  }
  uint32_t length = all->length == 0 ? 16 : all->length * 2;
  unfinished_name* names = realloc(all->names, length * sizeof *names);
  if (names == NULL) return UINT32_MAX;
  memset(names + all->length, 0, (length - all->length) * sizeof *names);
  uint32_t place = all->length;
  all->names = names;
  all->length = length;
  return place;
}

// noteUnfinished(path: Uint8Array, isTree) -> a number for forgetUnfinished; -1 without the memory for it. The path is absolute.
static napi_value note(napi_env env, napi_callback_info info) {
  size_t argc = 2, length;
  napi_value argv[2];
  void *data, *all;
  bool is_tree;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &all));
  if (!ta_view(env, argv[0], &data, &length) || length == 0 || napi_get_value_bool(env, argv[1], &is_tree) != napi_ok) return ta_fail(env, __FILE__, __LINE__);
  char* path = malloc(length + 1);
  uint32_t place = path == NULL ? UINT32_MAX : free_place(all);
  if (place == UINT32_MAX) {
    free(path);
    return ta_number(env, -1);
  }
  memcpy(path, data, length);
  path[length] = '\0';
  ((unfinished_names*)all)->names[place] = (unfinished_name){.path = path, .is_tree = is_tree};
  return ta_number(env, place);
}

// forgetUnfinished(number): it is finished, or gone.
static napi_value forget(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  void* data;
  int32_t place;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, &data));
  unfinished_names* all = data;
  if (!ta_int32(env, argv[0], &place) || place < 0 || (uint32_t)place >= all->length) return ta_fail(env, __FILE__, __LINE__);
  free(all->names[place].path);
  all->names[place].path = NULL;
  return NULL;
}

napi_value ta_unfinished_init(napi_env env, napi_value exports) {
  unfinished_names* all = calloc(1, sizeof *all);
  if (all == NULL || napi_add_env_cleanup_hook(env, on_environment_end, all) != napi_ok) {
    free(all);
    return ta_fail(env, __FILE__, __LINE__);
  }
  bool ok = ta_set_function(env, exports, "noteUnfinished", note, all) && ta_set_function(env, exports, "forgetUnfinished", forget, all);
  return ok ? exports : ta_fail(env, __FILE__, __LINE__);
}

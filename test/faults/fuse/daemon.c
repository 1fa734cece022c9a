// A FUSE file system of the tests' own: daemon <mount point>. It speaks /dev/fuse itself, keeps its files in memory, and
// goes wrong on command. Commands come as lines on standard input, each is answered with a line on standard output:
//   set [direct-io] [interruptible] [read-max=N] [write-max=N] [space=N] [hang=OPERATION] [slow=OPERATION:MS]
//       [fail=OPERATION:AFTER:TIMES:ERRNO] ...     replaces all faults
//       [step=AFTER:ERRNO]                         the request after so many, whatever it asks, fails; with 0 it hangs
//   release         nothing hangs any more; what was held is answered
//   wait N          answered when N requests are held
//   held            how many requests are held
//   count OPERATION how many requests of this kind came
// The end of standard input unmounts, and so do SIGTERM and the death of the thread that started the daemon: a killed
// process keeps its pipes open for as long as one of its threads waits for an answer of ours. Closing /dev/fuse then ends
// what hangs: the kernel aborts the connection, and every waiting call fails.
#define _GNU_SOURCE
#include "faults.h"
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

struct faults faults = {.read_bytes_max = UINT64_MAX, .write_bytes_max = UINT64_MAX};

/** A request that is not answered yet. */
struct held {
  struct held* next;
  uint64_t due;  // milliseconds; 0: when released
  unsigned char request[];
};

static struct held* held;
static uint64_t held_count, wait_for, counts[OPERATIONS];
static int device;

static const struct { const char* name; uint32_t opcode; } NAMES[] = {
  {"lookup", FUSE_LOOKUP}, {"getattr", FUSE_GETATTR}, {"setattr", FUSE_SETATTR}, {"readlink", FUSE_READLINK}, {"symlink", FUSE_SYMLINK},
  {"mknod", FUSE_MKNOD}, {"mkdir", FUSE_MKDIR}, {"unlink", FUSE_UNLINK}, {"rmdir", FUSE_RMDIR}, {"rename", FUSE_RENAME}, {"rename", FUSE_RENAME2},
  {"open", FUSE_OPEN}, {"read", FUSE_READ}, {"write", FUSE_WRITE}, {"statfs", FUSE_STATFS}, {"release", FUSE_RELEASE}, {"fsync", FUSE_FSYNC},
  {"flush", FUSE_FLUSH}, {"opendir", FUSE_OPENDIR}, {"readdir", FUSE_READDIR}, {"releasedir", FUSE_RELEASEDIR}, {"fsyncdir", FUSE_FSYNCDIR},
  {"access", FUSE_ACCESS}, {"create", FUSE_CREATE}, {"fallocate", FUSE_FALLOCATE}, {"getxattr", FUSE_GETXATTR}, {"lseek", FUSE_LSEEK},
  {"copy", FUSE_COPY_FILE_RANGE},
};
#define NAMES_COUNT (sizeof NAMES / sizeof *NAMES)

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void tell(const char* line) {
  printf("%s\n", line);
  fflush(stdout);
}

static void tell_waiter(void) {
  if (wait_for == 0 || held_count < wait_for) return;
  wait_for = 0;
  tell("ok");
}

static void hold(const unsigned char* request, size_t size, uint64_t due) {
  struct held* one = malloc(sizeof *one + size);
  if (one == NULL) exit(3);
  one->due = due;
  one->next = NULL;
  memcpy(one->request, request, size);
  struct held** end = &held;
  while (*end != NULL) end = &(*end)->next;
  *end = one;
  held_count++;
  tell_waiter();
}

/** Answers what is held and due, or all of it. @returns false when the file system is gone. */
static bool answer_held(bool all) {
  uint64_t time = now();
  for (struct held** at = &held; *at != NULL;) {
    struct held* one = *at;
    if (!all && (one->due == 0 || one->due > time)) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    held_count--;
    bool there = answer(device, one->request);
    free(one);
    if (!there) return false;
  }
  return true;
}

static bool interrupt(uint64_t unique) {
  for (struct held** at = &held; *at != NULL && faults.interruptible; at = &(*at)->next) {
    struct held* one = *at;
    if (((const struct fuse_in_header*)one->request)->unique != unique) continue;
    *at = one->next;
    held_count--;
    free(one);
    return answer_error(device, unique, -EINTR);
  }
  return true;
}

static bool take(const unsigned char* request, size_t size) {
  const struct fuse_in_header* in = (const struct fuse_in_header*)request;
  const void* body = in + 1;
  switch (in->opcode) {
    case FUSE_FORGET: forget_file(in->nodeid, ((const struct fuse_forget_in*)body)->nlookup); return true;
    case FUSE_BATCH_FORGET: {
      const struct fuse_batch_forget_in* batch = body;
      const struct fuse_forget_one* one = (const struct fuse_forget_one*)(batch + 1);
      for (uint32_t index = 0; index < batch->count; index++) forget_file(one[index].nodeid, one[index].nlookup);
      return true;
    }
    case FUSE_INTERRUPT: return interrupt(((const struct fuse_interrupt_in*)body)->unique);
    default:
  }
  if (in->opcode >= OPERATIONS) return answer_error(device, in->unique, -ENOSYS);
  uint64_t before = counts[in->opcode]++;
  bool is_step = faults.step > 0 && --faults.step == 0;
  if (is_step && faults.step_error != 0) return answer_error(device, in->unique, -faults.step_error);
  if (is_step || faults.hang[in->opcode]) {
    hold(request, size, 0);
    return true;
  }
  uint64_t after = faults.fail_after[in->opcode];
  if (faults.fail_error[in->opcode] != 0 && before >= after && before - after < faults.fail_times[in->opcode]) {
    return answer_error(device, in->unique, -faults.fail_error[in->opcode]);
  }
  if (faults.slow_milliseconds[in->opcode] > 0) {
    hold(request, size, now() + faults.slow_milliseconds[in->opcode]);
    return true;
  }
  return answer(device, request);
}

/** Calls back for each code that has this name; 'all' stands for every one that has a name. */
static void each_named(const char* name, size_t length, void (*found)(uint32_t opcode, const char* rest), const char* rest) {
  bool any = false;
  for (size_t index = 0; index < NAMES_COUNT; index++) {
    bool same = strlen(NAMES[index].name) == length && strncmp(NAMES[index].name, name, length) == 0;
    if (!same && !(length == 3 && strncmp(name, "all", 3) == 0)) continue;
    found(NAMES[index].opcode, rest);
    any = true;
  }
  if (!any) {
    fprintf(stderr, "no operation of this name: %s\n", name);
    exit(2);
  }
}

static void set_hang(uint32_t opcode, const char* rest) {
  (void)rest;
  faults.hang[opcode] = true;
}

static void set_slow(uint32_t opcode, const char* rest) {
  faults.slow_milliseconds[opcode] = (uint32_t)strtoul(rest, NULL, 10);
}

static void set_fail(uint32_t opcode, const char* rest) {
  char* next;
  faults.fail_after[opcode] = counts[opcode] + strtoull(rest, &next, 10);
  faults.fail_times[opcode] = strtoull(next + 1, &next, 10);
  faults.fail_error[opcode] = (int)strtol(next + 1, NULL, 10);
}

static void set_one(const char* word) {
  const char* value = strchr(word, '=');
  value = value == NULL ? word + strlen(word) : value + 1;
  size_t name = strcspn(value, ":");
  const char* rest = value[name] == ':' ? value + name + 1 : value + name;
  if (strcmp(word, "direct-io") == 0) faults.direct_io = true;
  else if (strcmp(word, "interruptible") == 0) faults.interruptible = true;
  else if (strncmp(word, "read-max=", 9) == 0) faults.read_bytes_max = strtoull(value, NULL, 10);
  else if (strncmp(word, "write-max=", 10) == 0) faults.write_bytes_max = strtoull(value, NULL, 10);
  else if (strncmp(word, "space=", 6) == 0) space_bytes = strtoull(value, NULL, 10);
  else if (strncmp(word, "hang=", 5) == 0) each_named(value, name, set_hang, rest);
  else if (strncmp(word, "step=", 5) == 0) {
    faults.step = strtoull(value, NULL, 10) + 1;
    faults.step_error = (int)strtol(rest, NULL, 10);
  } else if (strncmp(word, "slow=", 5) == 0) each_named(value, name, set_slow, rest);
  else if (strncmp(word, "fail=", 5) == 0) each_named(value, name, set_fail, rest);
  else {
    fprintf(stderr, "unknown fault: %s\n", word);
    exit(2);
  }
}

static uint64_t asked_count;

static void add_count(uint32_t opcode, const char* rest) {
  (void)rest;
  asked_count += counts[opcode];
}

static bool command(char* line) {
  char* word = strtok(line, " ");
  if (word == NULL) return true;
  if (strcmp(word, "set") == 0) {
    memset(&faults, 0, sizeof faults);
    faults.read_bytes_max = faults.write_bytes_max = space_bytes = UINT64_MAX;
    while ((word = strtok(NULL, " ")) != NULL) set_one(word);
    tell("ok");
  } else if (strcmp(word, "release") == 0) {
    memset(faults.hang, 0, sizeof faults.hang);
    if (!answer_held(true)) return false;
    tell("ok");
  } else if (strcmp(word, "wait") == 0) {
    wait_for = strtoull(strtok(NULL, " "), NULL, 10);
    tell_waiter();
  } else if (strcmp(word, "held") == 0) {
    printf("%llu\n", (unsigned long long)held_count);
    fflush(stdout);
  } else if (strcmp(word, "count") == 0) {
    word = strtok(NULL, " ");
    asked_count = 0;
    each_named(word, strlen(word), add_count, NULL);
    printf("%llu\n", (unsigned long long)asked_count);
    fflush(stdout);
  }
  return true;
}

/** Takes what stands on standard input. @returns false at its end. */
static bool take_commands(void) {
  static char lines[1 << 14];
  static size_t filled;
  ssize_t count = read(0, lines + filled, sizeof lines - 1 - filled);
  if (count <= 0) return count < 0 && errno == EINTR;
  filled += (size_t)count;
  lines[filled] = 0;
  for (char* end; (end = strchr(lines, '\n')) != NULL;) {
    *end = 0;
    if (!command(lines)) return false;
    filled -= (size_t)(end + 1 - lines);
    memmove(lines, end + 1, filled + 1);
  }
  return true;
}

static int poll_milliseconds(void) {
  uint64_t first = 0;
  for (const struct held* one = held; one != NULL; one = one->next) {
    if (one->due != 0 && (first == 0 || one->due < first)) first = one->due;
  }
  uint64_t time = now();
  return first == 0 ? -1 : first <= time ? 0 : (int)(first - time);
}

static volatile sig_atomic_t ended;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static void serve(const sigset_t* open_mask) {
  size_t room = (1 << 20) + 4096;
  unsigned char* request = aligned_alloc(4096, room);
  struct pollfd watched[] = {{.fd = device, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  while (request != NULL) {
    int milliseconds = poll_milliseconds();
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000l};
    // SIGTERM comes in here only: not between the look at the flag and the wait.
    if (ppoll(watched, 2, milliseconds < 0 ? NULL : &time, open_mask) < 0) watched[0].revents = watched[1].revents = 0;
    if (ended || !answer_held(false)) break;
    if (watched[1].revents != 0 && !take_commands()) break;
    if (watched[0].revents == 0) continue;
    ssize_t size = read(device, request, room);
    if (size < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT)) continue;
    if (size < 0 || !take(request, (size_t)size)) break;
  }
  free(request);
}

int main(int count, char** arguments) {
  if (count != 2) {
    fprintf(stderr, "daemon <mount point>\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, SIG_IGN);  // the terminal's: the end of standard input follows
  signal(SIGTERM, end);
  sigset_t blocked, open_mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &open_mask);
  sigdelset(&open_mask, SIGTERM);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (device < 0) {
    fprintf(stderr, "/dev/fuse: %s\n", strerror(errno));
    return 1;
  }
  char options[128];
  snprintf(options, sizeof options, "fd=%d,rootmode=40755,user_id=%u,group_id=%u,allow_other", device, getuid(), getgid());
  if (mount("trueaio-test", arguments[1], "fuse.trueaio-test", MS_NOSUID | MS_NODEV, options) != 0) {
    fprintf(stderr, "mount of a fuse file system: %s\n", strerror(errno));
    return 1;
  }
  make_file(0, "", S_IFDIR | 0755, getuid(), getgid());
  tell("ready");
  serve(&open_mask);
  umount2(arguments[1], MNT_DETACH);
  close(device);
  rmdir(arguments[1]);
  return 0;
}

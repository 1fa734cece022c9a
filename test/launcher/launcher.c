// Runs a program under harsh conditions: launcher [condition ...] -- program [argument ...]
//   nofile=N fsize=N memlock=N   resource limits, soft and hard
//   no-ipc-lock                  takes CAP_IPC_LOCK away, which would lift the memlock limit
//   io_uring=EPERM | ENOSYS      a seccomp filter, as containers set by default, answers io_uring's system calls with it
//   io_uring_enter=EPERM         such a filter for this call alone: a ring can be set up, and does nothing
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no filter for this architecture"
#endif

static void fail(const char* what) {
  perror(what);
  exit(125);
}

static void limit(int resource, const char* value) {
  struct rlimit both = {.rlim_cur = strtoul(value, NULL, 10), .rlim_max = strtoul(value, NULL, 10)};
  if (setrlimit(resource, &both) != 0) fail("setrlimit");
}

// io_uring_setup, io_uring_enter and io_uring_register have the numbers 425 to 427 on every architecture.
static void forbid_io_uring(unsigned first, unsigned last, int error) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, last + 1, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
  };
  struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) fail("seccomp");
}

int main(int count, char** arguments) {
  int at = 1;
  for (; at < count && strcmp(arguments[at], "--") != 0; at++) {
    const char* condition = arguments[at];
    const char* equals = strchr(condition, '=');
    const char* value = equals == NULL ? "" : equals + 1;
    if (strncmp(condition, "nofile=", 7) == 0) limit(RLIMIT_NOFILE, value);
    else if (strncmp(condition, "fsize=", 6) == 0) limit(RLIMIT_FSIZE, value);
    else if (strncmp(condition, "memlock=", 8) == 0) limit(RLIMIT_MEMLOCK, value);
    else if (strcmp(condition, "no-ipc-lock") == 0) {
      if (prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0) != 0 && errno != EPERM) fail("capability");
    } else if (strcmp(condition, "io_uring=EPERM") == 0) forbid_io_uring(425, 427, EPERM);
    else if (strcmp(condition, "io_uring=ENOSYS") == 0) forbid_io_uring(425, 427, ENOSYS);
    else if (strcmp(condition, "io_uring_enter=EPERM") == 0) forbid_io_uring(426, 426, EPERM);
    else {
      fprintf(stderr, "launcher: unknown condition '%s'\n", condition);
      return 125;
    }
  }
  if (at + 1 >= count) {
    fprintf(stderr, "launcher: no program\n");
    return 125;
  }
  execvp(arguments[at + 1], arguments + at + 1);
  fail(arguments[at + 1]);
}

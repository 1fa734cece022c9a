// ⑥ native — included first in every file of a published binary for glibc: the addon must load on glibc 2.28 (Debian 10, RHEL 8)
// though it is linked with a newer one. glibc 2.32 to 2.34 moved these functions between its libraries and gave them new
// versions; each has its old version too. scripts/build-binaries.mjs checks that nothing newer is asked for.
#pragma once
#include <features.h>

#if defined(__GLIBC__) && defined(__linux__)
#if defined(__x86_64__)
#define TA_GLIBC_FIRST "GLIBC_2.2.5"
#define TA_GLIBC_CONDATTR "GLIBC_2.3.3"
#elif defined(__aarch64__)
#define TA_GLIBC_FIRST "GLIBC_2.17"
#define TA_GLIBC_CONDATTR "GLIBC_2.17"
#else
#error "scripts/build-binaries.mjs builds for x64 and arm64"
#endif
#define TA_OLD(name, version) __asm__(".symver " #name "," #name "@" version)
TA_OLD(pthread_attr_setstacksize, TA_GLIBC_FIRST);
TA_OLD(pthread_condattr_setclock, TA_GLIBC_CONDATTR);
TA_OLD(pthread_create, TA_GLIBC_FIRST);
TA_OLD(pthread_join, TA_GLIBC_FIRST);
TA_OLD(pthread_kill, TA_GLIBC_FIRST);
TA_OLD(pthread_mutexattr_destroy, TA_GLIBC_FIRST);
TA_OLD(pthread_mutexattr_init, TA_GLIBC_FIRST);
TA_OLD(pthread_mutexattr_settype, TA_GLIBC_FIRST);
TA_OLD(pthread_once, TA_GLIBC_FIRST);
TA_OLD(pthread_sigmask, TA_GLIBC_FIRST);

// Since 2.33 a function of its own; before, a macro around one that 2.33 no longer has. The kernel's structure is glibc's.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
static inline int ta_fstat(int fd, struct stat* out) { return (int)syscall(SYS_fstat, fd, out); }
#define fstat(fd, out) ta_fstat(fd, out)
static inline int ta_stat(const char* path, struct stat* out) { return (int)syscall(SYS_newfstatat, AT_FDCWD, path, out, 0); }
#define stat(path, out) ta_stat(path, out)
#endif

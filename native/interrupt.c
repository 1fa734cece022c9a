// ⑥ native — the signal that interrupts a call on a thread of the pool. One for the whole process, whichever
// environments (worker threads) have pools; the disposition of no other signal is touched.
#include "pool.h"
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int users;
static int chosen = -1;

// The signal has no other effect: without SA_RESTART the call in progress returns EINTR.
static void on_interrupt(int number) { (void)number; }

// From above downwards: programs that use real-time signals mostly begin at SIGRTMIN, debuggers and profilers take the
// very last ones.
static int install(void) {
  for (int number = SIGRTMAX - 2; number > SIGRTMIN; number--) {
    struct sigaction old, ours = {.sa_handler = on_interrupt};
    if (sigaction(number, NULL, &old) != 0 || (old.sa_flags & SA_SIGINFO) != 0 || old.sa_handler != SIG_DFL) continue;
    sigemptyset(&ours.sa_mask);
    if (sigaction(number, &ours, NULL) == 0) return number;
  }
  return -1;
}

int ta_interrupt_acquire(void) {
  pthread_mutex_lock(&lock);
  if (users == 0) chosen = install();
  if (chosen >= 0) users++;
  int number = chosen;
  pthread_mutex_unlock(&lock);
  return number;
}

void ta_interrupt_release(void) {
  pthread_mutex_lock(&lock);
  if (--users == 0) {
    struct sigaction now, none = {.sa_handler = SIG_DFL};
    // Only if it is still ours: somebody may have taken it since.
    if (sigaction(chosen, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == on_interrupt) sigaction(chosen, &none, NULL);
    chosen = -1;
  }
  pthread_mutex_unlock(&lock);
}

// A race on purpose: scripts/test-threads.mjs makes sure first that it would see one.
#include <pthread.h>
#include <stddef.h>

static int shared;

static void* count(void* argument) {
  for (int turn = 0; turn < 1000; turn++) shared++;
  return argument;
}

int main(void) {
  pthread_t other;
  if (pthread_create(&other, NULL, count, NULL) != 0) return 1;
  count(NULL);
  pthread_join(other, NULL);
  return 0;
}

// ⑥ native — operations on memory as records of the pool, in steps between which they can be stopped.
#include "compute.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
const ta_loops* ta_loops_of_processor(void) { return NULL; }
#endif

static const ta_loops* used;
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

static void choose(void) {
  const char* asked = getenv("TRUEAIO_COMPUTE");
  const ta_loops* best = ta_loops_of_processor();
  used = best == NULL || (asked != NULL && strcmp(asked, "plain") == 0) ? &ta_loops_plain : best;
}

const ta_loops* ta_loops_used(void) {
  pthread_once(&chosen, choose);
  return used;
}

// Sources come together in here, so that the target may be one of them.
#define XOR_BLOCK 8192

static void xor_memory(uint8_t* target, const uint64_t* sources, size_t count, size_t at, size_t length) {
  uint8_t block[XOR_BLOCK];
  const ta_loops* loops = ta_loops_used();
  for (size_t end = at + length; at < end;) {
    size_t part = end - at < XOR_BLOCK ? end - at : XOR_BLOCK;
    memcpy(block, (const uint8_t*)(uintptr_t)sources[0] + at, part);
    for (size_t index = 1; index < count; index++) loops->xor_into(block, (const uint8_t*)(uintptr_t)sources[index] + at, part);
    memcpy(target + at, block, part);
    at += part;
  }
}

// One step of a record. False: it ends here.
static bool run_step(int32_t number, const uint64_t* a, size_t at, size_t part, int64_t* result) {
  uint8_t* first = (uint8_t*)(uintptr_t)a[0];
  const uint8_t* second = (const uint8_t*)(uintptr_t)a[1];
  size_t equal;
  switch (number) {
    case TA_COPY_MEMORY: memcpy(first + at, second + at, part); break;
    case TA_FILL_MEMORY: memset(first + at, (int)a[1], part); break;
    case TA_COMPARE_MEMORY:
      equal = ta_loops_used()->equal(first + at, second + at, part);
      *result = (int64_t)(at + equal);
      return equal == part;
    case TA_XOR_MEMORY: xor_memory(first, (const uint64_t*)(uintptr_t)a[1], a[3], at, part); break;
    case TA_CRC32C: *result = (uint32_t)~ta_loops_used()->crc32c(~(uint32_t)*result, first + at, part); return true;
    case TA_CRC32: *result = (uint32_t)~ta_loops_used()->crc32(~(uint32_t)*result, first + at, part); return true;
    default: *result = -ENOSYS; return false;
  }
  *result = (int64_t)(at + part);
  return true;
}

int64_t ta_compute_run(int32_t number, const uint64_t* a, bool (*cancelled)(const void*), const void* context) {
  size_t length = a[2];
  int64_t result = number == TA_CRC32C || number == TA_CRC32 ? (int64_t)(uint32_t)a[1] : 0;
  // What lies over itself is not cut into steps: a step would overwrite what the next reads.
  size_t distance = a[0] > a[1] ? a[0] - a[1] : a[1] - a[0];
  if (number == TA_COPY_MEMORY && distance < length) {
    memmove((void*)(uintptr_t)a[0], (const void*)(uintptr_t)a[1], length);
    return (int64_t)length;
  }
  for (size_t at = 0; at < length;) {
    if (cancelled != NULL && cancelled(context)) return -ECANCELED;
    size_t part = length - at < TA_COMPUTE_STEP ? length - at : TA_COMPUTE_STEP;
    if (!run_step(number, a, at, part, &result)) break;
    at += part;
  }
  return result;
}

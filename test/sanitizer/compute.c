// The inner loops of native/compute*.c without Node: vectors from the standards, and the processor's loops against plain C at odd
// addresses and lengths. Built with sanitizers for this machine, and for arm64 where a cross compiler and an emulator are
// (test/driver/compute.test.ts). With an argument it measures instead.
#include "../../native/compute.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t seed = 88172645463325252u;

static uint64_t any(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

static uint32_t whole(uint32_t (*loop)(uint32_t, const uint8_t*, size_t), const void* data, size_t length) { return ~loop(~0u, data, length); }

static void vectors(const ta_loops* loops) {
  uint8_t bytes[32], iscsi[48] = {0};
  assert(whole(loops->crc32, "123456789", 9) == 0xcbf43926);   // ITU-T V.42
  assert(whole(loops->crc32c, "123456789", 9) == 0xe3069283);  // RFC 3720
  memset(bytes, 0, sizeof bytes);
  assert(whole(loops->crc32c, bytes, 32) == 0x8a9136aa);  // RFC 3720, B.4
  memset(bytes, 0xff, sizeof bytes);
  assert(whole(loops->crc32c, bytes, 32) == 0x62a8ab43);
  for (int index = 0; index < 32; index++) bytes[index] = (uint8_t)index;
  assert(whole(loops->crc32c, bytes, 32) == 0x46dd794e);
  for (int index = 0; index < 32; index++) bytes[index] = (uint8_t)(31 - index);
  assert(whole(loops->crc32c, bytes, 32) == 0x113fdb5c);
  // An iSCSI Read (10) command PDU.
  static const uint8_t command[48] = {0x01, 0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
  memcpy(iscsi, command, sizeof iscsi);
  assert(whole(loops->crc32c, iscsi, 48) == 0xd9963a56);
  assert(whole(loops->crc32c, "", 0) == 0 && whole(loops->crc32, "", 0) == 0);
}

static void against_plain(const ta_loops* loops, size_t length, size_t offset) {
  // Exactly as large as it must be, so that a sanitizer sees a step beyond.
  uint8_t* one = malloc(length + offset + 1);
  uint8_t* other = malloc(length + offset + 1);
  uint8_t* expected = malloc(length + offset + 1);
  for (size_t at = 0; at < length + offset; at++) one[at] = (uint8_t)any(), other[at] = (uint8_t)any();
  assert(loops->crc32c(7, one + offset, length) == ta_crc32c_plain(7, one + offset, length));
  assert(loops->crc32(7, one + offset, length) == ta_crc32_plain(7, one + offset, length));
  memcpy(expected, one, length + offset);
  ta_loops_plain.xor_into(expected + offset, other, length);
  loops->xor_into(one + offset, other, length);
  assert(memcmp(expected, one, length + offset) == 0);
  memcpy(other, one + offset, length);
  assert(loops->equal(one + offset, other, length) == length);
  if (length > 0) {
    size_t differs = any() % length;
    other[differs] ^= 1;
    assert(loops->equal(one + offset, other, length) == differs);
  }
  free(one);
  free(other);
  free(expected);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void measure(const ta_loops* loops) {
  size_t length = 1 << 16;
  uint8_t* one = calloc(1, length);
  uint8_t* other = calloc(1, length);
  uint64_t sum = 0;
  for (int what = 0; what < 4; what++) {
    double begin = seconds();
    int rounds = 4000;
    for (int round = 0; round < rounds; round++) {
      if (what == 0) sum += loops->crc32c((uint32_t)sum, one, length);
      else if (what == 1) sum += loops->crc32((uint32_t)sum, one, length);
      else if (what == 2) sum += loops->equal(one, other, length);
      else loops->xor_into(one, other, length), other[sum & 0xff] = 0;
    }
    static const char* const names[] = {"crc32c", "crc32", "equal", "xor"};
    printf("%s %s: %.1f GB/s\n", loops->name, names[what], (double)length * rounds / (seconds() - begin) * 1e-9);
  }
  if (sum == 1) puts("");
  free(one);
  free(other);
}

int main(int argc, char** argv) {
  (void)argv;
  const ta_loops* best = ta_loops_of_processor();
  const ta_loops* all[] = {&ta_loops_plain, best};
  for (int index = 0; index < 2; index++) {
    if (all[index] == NULL) continue;
    if (argc > 1) {
      measure(all[index]);
      continue;
    }
    vectors(all[index]);
    for (size_t length = 0; length < 400; length++) against_plain(all[index], length, any() % 67);
    for (int round = 0; round < 200; round++) against_plain(all[index], any() % 70000, any() % 67);
    printf("%s is right\n", all[index]->name);
  }
  return 0;
}

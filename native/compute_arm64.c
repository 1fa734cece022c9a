// ⑥ native — the inner loops of compute.h for arm64: NEON, which each has, and the checksum instructions, which nearly each has.
#include "compute.h"
#if defined(__aarch64__)
#include <arm_acle.h>
#include <arm_neon.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>

#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#define CRC __attribute__((target("arch=armv8-a+crc")))
#ifdef __clang__
#undef CRC
#define CRC __attribute__((target("crc")))
#endif

// The result of a checksum instruction comes some cycles after the next could begin: three blocks at a time keep it busy.
#define LONG_BLOCK 8192
#define SHORT_BLOCK 256
static ta_crc_shift c_long, c_short, ieee_long, ieee_short;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make(void) {
  ta_crc_shift_init(&c_long, TA_CRC32C_POLYNOMIAL, LONG_BLOCK);
  ta_crc_shift_init(&c_short, TA_CRC32C_POLYNOMIAL, SHORT_BLOCK);
  ta_crc_shift_init(&ieee_long, TA_CRC32_POLYNOMIAL, LONG_BLOCK);
  ta_crc_shift_init(&ieee_short, TA_CRC32_POLYNOMIAL, SHORT_BLOCK);
}

static inline uint64_t word_at(const uint8_t* data) {
  uint64_t word;
  memcpy(&word, data, 8);
  return word;
}

// Both polynomials have instructions of the same form.
#define CHECKSUM(NAME, WORD, BYTE, LONG, SHORT)                                                                            \
  CRC static inline uint32_t NAME##_three(uint32_t crc, const uint8_t* data, size_t block, const ta_crc_shift* shift) {     \
    uint32_t a = crc, b = 0, c = 0;                                                                                        \
    for (size_t at = 0; at < block; at += 8) {                                                                             \
      a = WORD(a, word_at(data + at));                                                                                     \
      b = WORD(b, word_at(data + block + at));                                                                             \
      c = WORD(c, word_at(data + 2 * block + at));                                                                         \
    }                                                                                                                      \
    return ta_crc_shift_by(shift, ta_crc_shift_by(shift, a) ^ b) ^ c;                                                      \
  }                                                                                                                        \
  CRC static uint32_t NAME(uint32_t crc, const uint8_t* data, size_t length) {                                             \
    pthread_once(&made, make);                                                                                             \
    for (; length >= 3 * LONG_BLOCK; data += 3 * LONG_BLOCK, length -= 3 * LONG_BLOCK) crc = NAME##_three(crc, data, LONG_BLOCK, LONG); \
    for (; length >= 3 * SHORT_BLOCK; data += 3 * SHORT_BLOCK, length -= 3 * SHORT_BLOCK) crc = NAME##_three(crc, data, SHORT_BLOCK, SHORT); \
    for (; length >= 8; data += 8, length -= 8) crc = WORD(crc, word_at(data));                                            \
    for (; length > 0; data++, length--) crc = BYTE(crc, *data);                                                           \
    return crc;                                                                                                            \
  }
CHECKSUM(crc32c_arm, __crc32cd, __crc32cb, &c_long, &c_short)
CHECKSUM(crc32_arm, __crc32d, __crc32b, &ieee_long, &ieee_short)

static size_t equal_neon(const uint8_t* one, const uint8_t* other, size_t length) {
  size_t at = 0;
  for (; at + 16 <= length; at += 16) {
    if (vminvq_u8(vceqq_u8(vld1q_u8(one + at), vld1q_u8(other + at))) != 0xff) break;
  }
  return at + ta_loops_plain.equal(one + at, other + at, length - at);
}

static void xor_into_neon(uint8_t* target, const uint8_t* source, size_t length) {
  size_t at = 0;
  for (; at + 16 <= length; at += 16) vst1q_u8(target + at, veorq_u8(vld1q_u8(target + at), vld1q_u8(source + at)));
  ta_loops_plain.xor_into(target + at, source + at, length - at);
}

static ta_loops found;
static pthread_once_t looked = PTHREAD_ONCE_INIT;

static void look(void) {
  found = ta_loops_plain;
  found.equal = equal_neon;
  found.xor_into = xor_into_neon;
  found.name = "NEON";
  if ((getauxval(AT_HWCAP) & HWCAP_CRC32) == 0) return;
  found.crc32c = crc32c_arm;
  found.crc32 = crc32_arm;
  found.name = "NEON, CRC32";
}

const ta_loops* ta_loops_of_processor(void) {
  pthread_once(&looked, look);
  return &found;
}
#endif

// ⑥ native — the inner loops of compute.h for x64: SSE4.2 and PCLMULQDQ (2010 on), AVX2 (2013 on).
#include "compute.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <pthread.h>
#include <string.h>

// The checksum instruction takes one step a cycle, and its result comes three cycles later: three blocks at a time keep it busy.
#define LONG_BLOCK 8192
#define SHORT_BLOCK 256
static ta_crc_shift shift_long, shift_short;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make(void) {
  ta_crc_shift_init(&shift_long, TA_CRC32C_POLYNOMIAL, LONG_BLOCK);
  ta_crc_shift_init(&shift_short, TA_CRC32C_POLYNOMIAL, SHORT_BLOCK);
}

__attribute__((target("sse4.2"))) static inline uint64_t step(uint64_t crc, const uint8_t* data) {
  uint64_t word;
  memcpy(&word, data, 8);
  return _mm_crc32_u64(crc, word);
}

__attribute__((target("sse4.2"))) static inline uint32_t three(uint32_t crc, const uint8_t* data, size_t block, const ta_crc_shift* shift) {
  uint64_t a = crc, b = 0, c = 0;
  for (size_t at = 0; at < block; at += 8) {
    a = step(a, data + at);
    b = step(b, data + block + at);
    c = step(c, data + 2 * block + at);
  }
  return ta_crc_shift_by(shift, ta_crc_shift_by(shift, (uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
}

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t* data, size_t length) {
  pthread_once(&made, make);
  for (; length >= 3 * LONG_BLOCK; data += 3 * LONG_BLOCK, length -= 3 * LONG_BLOCK) crc = three(crc, data, LONG_BLOCK, &shift_long);
  for (; length >= 3 * SHORT_BLOCK; data += 3 * SHORT_BLOCK, length -= 3 * SHORT_BLOCK) crc = three(crc, data, SHORT_BLOCK, &shift_short);
  for (; length >= 8; data += 8, length -= 8) crc = (uint32_t)step(crc, data);
  for (; length > 0; data++, length--) crc = _mm_crc32_u8(crc, *data);
  return crc;
}

// "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009): 64 bytes are folded into the next 64.
#define CLMUL __attribute__((target("pclmul,sse4.1")))

CLMUL static inline __m128i load(const uint8_t* data) { return _mm_loadu_si128((const __m128i*)(const void*)data); }

CLMUL static inline __m128i fold(__m128i value, __m128i by, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(value, by, 0x00), high = _mm_clmulepi64_si128(value, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// At least 64 bytes, a multiple of 16.
CLMUL static uint32_t folded(uint32_t crc, const uint8_t* data, size_t length) {
  const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4), by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const __m128i by4 = _mm_set_epi64x(0, 0x0163cd6124), polynomial = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  const __m128i low_words = _mm_setr_epi32(~0, 0, ~0, 0);
  __m128i a = _mm_xor_si128(load(data), _mm_cvtsi32_si128((int)crc)), b = load(data + 16), c = load(data + 32), d = load(data + 48);
  data += 64;
  length -= 64;
  for (; length >= 64; data += 64, length -= 64) {
    a = fold(a, by64, load(data));
    b = fold(b, by64, load(data + 16));
    c = fold(c, by64, load(data + 32));
    d = fold(d, by64, load(data + 48));
  }
  a = fold(a, by16, b);
  a = fold(a, by16, c);
  a = fold(a, by16, d);
  for (; length >= 16; data += 16, length -= 16) a = fold(a, by16, load(data));
  // 128 bits to 64, then to 32 by Barrett's reduction.
  __m128i x = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by16, 0x10));
  x = _mm_xor_si128(_mm_srli_si128(x, 4), _mm_clmulepi64_si128(_mm_and_si128(x, low_words), by4, 0x00));
  __m128i y = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(x, low_words), polynomial, 0x10), low_words);
  x = _mm_xor_si128(x, _mm_clmulepi64_si128(y, polynomial, 0x00));
  return (uint32_t)_mm_extract_epi32(x, 1);
}

CLMUL static uint32_t crc32_clmul(uint32_t crc, const uint8_t* data, size_t length) {
  size_t whole = length & ~(size_t)15;
  if (whole >= 64) {
    crc = folded(crc, data, whole);
    data += whole;
    length -= whole;
  }
  return ta_crc32_plain(crc, data, length);
}

__attribute__((target("avx2"))) static size_t equal_avx2(const uint8_t* one, const uint8_t* other, size_t length) {
  size_t at = 0;
  for (; at + 32 <= length; at += 32) {
    __m256i a = _mm256_loadu_si256((const __m256i*)(const void*)(one + at)), b = _mm256_loadu_si256((const __m256i*)(const void*)(other + at));
    uint32_t same = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b));
    if (same != 0xffffffffu) return at + (size_t)__builtin_ctz(~same);
  }
  return at + ta_loops_plain.equal(one + at, other + at, length - at);
}

__attribute__((target("avx2"))) static void xor_into_avx2(uint8_t* target, const uint8_t* source, size_t length) {
  size_t at = 0;
  for (; at + 32 <= length; at += 32) {
    __m256i a = _mm256_loadu_si256((const __m256i*)(const void*)(target + at)), b = _mm256_loadu_si256((const __m256i*)(const void*)(source + at));
    _mm256_storeu_si256((__m256i*)(void*)(target + at), _mm256_xor_si256(a, b));
  }
  ta_loops_plain.xor_into(target + at, source + at, length - at);
}

static ta_loops found;
static pthread_once_t looked = PTHREAD_ONCE_INIT;

static void look(void) {
  found = ta_loops_plain;
  found.name = "SSE2";
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) {
    found.crc32c = crc32c_sse42;
    found.name = "SSE4.2";
    if (__builtin_cpu_supports("pclmul")) found.crc32 = crc32_clmul;
  }
  if (__builtin_cpu_supports("avx2")) {
    found.equal = equal_avx2;
    found.xor_into = xor_into_avx2;
    found.name = "AVX2";
  }
}

const ta_loops* ta_loops_of_processor(void) {
  pthread_once(&looked, look);
  return &found;
}
#endif

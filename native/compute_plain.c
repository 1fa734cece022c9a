// ⑥ native — the inner loops of compute.h in plain C: for every processor, and what the others are checked against.
#include "compute.h"
#include <pthread.h>
#include <string.h>

// Eight bytes a step: table k has the checksum of a byte with k zero bytes behind it.
typedef struct {
  uint32_t tables[8][256];
  uint32_t polynomial;
} crc_tables;

static crc_tables castagnoli = {.polynomial = TA_CRC32C_POLYNOMIAL}, ieee = {.polynomial = TA_CRC32_POLYNOMIAL};
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make(crc_tables* t) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? t->polynomial : 0);
    t->tables[0][byte] = crc;
  }
  for (int k = 1; k < 8; k++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t before = t->tables[k - 1][byte];
      t->tables[k][byte] = (before >> 8) ^ t->tables[0][before & 0xff];
    }
  }
}

static void make_both(void) {
  make(&castagnoli);
  make(&ieee);
}

static uint32_t crc_of(const crc_tables* t, uint32_t crc, const uint8_t* data, size_t length) {
  pthread_once(&made, make_both);
  for (; length >= 8; data += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, data, 8);  // both processors are little-endian, and so is a reflected checksum
    word ^= crc;
    crc = t->tables[7][word & 0xff] ^ t->tables[6][(word >> 8) & 0xff] ^ t->tables[5][(word >> 16) & 0xff] ^ t->tables[4][(word >> 24) & 0xff] ^
          t->tables[3][(word >> 32) & 0xff] ^ t->tables[2][(word >> 40) & 0xff] ^ t->tables[1][(word >> 48) & 0xff] ^ t->tables[0][word >> 56];
  }
  for (; length > 0; data++, length--) crc = (crc >> 8) ^ t->tables[0][(crc ^ *data) & 0xff];
  return crc;
}

uint32_t ta_crc32c_plain(uint32_t crc, const uint8_t* data, size_t length) { return crc_of(&castagnoli, crc, data, length); }

uint32_t ta_crc32_plain(uint32_t crc, const uint8_t* data, size_t length) { return crc_of(&ieee, crc, data, length); }

void ta_crc_shift_init(ta_crc_shift* shift, uint32_t polynomial, size_t length) {
  // What a zero byte makes of each single bit, as often as there are zero bytes: the map is linear, so 32 columns say all.
  uint32_t columns[32];
  for (int bit = 0; bit < 32; bit++) {
    uint32_t crc = 1u << bit;
    for (size_t step = 0; step < length * 8; step++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    columns[bit] = crc;
  }
  for (int part = 0; part < 4; part++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t sum = 0;
      for (int bit = 0; bit < 8; bit++) sum ^= (byte >> bit & 1) != 0 ? columns[part * 8 + bit] : 0;
      shift->words[part][byte] = sum;
    }
  }
}

static size_t equal_plain(const uint8_t* one, const uint8_t* other, size_t length) {
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    uint64_t a, b;
    memcpy(&a, one + at, 8);
    memcpy(&b, other + at, 8);
    if (a != b) return at + (size_t)__builtin_ctzll(a ^ b) / 8;
  }
  while (at < length && one[at] == other[at]) at++;
  return at;
}

static void xor_into_plain(uint8_t* target, const uint8_t* source, size_t length) {
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    uint64_t a, b;
    memcpy(&a, target + at, 8);
    memcpy(&b, source + at, 8);
    a ^= b;
    memcpy(target + at, &a, 8);
  }
  for (; at < length; at++) target[at] ^= source[at];
}

const ta_loops ta_loops_plain = {"plain C", equal_plain, xor_into_plain, ta_crc32c_plain, ta_crc32_plain};

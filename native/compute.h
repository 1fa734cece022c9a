// ⑥ native — operations on memory: copy, fill, compare, xor, and the checksums CRC-32C and CRC-32. A thread of the pool carries them
// out (compute.c), or the calling thread where they are small. What the processor has for them is found when it runs.
#ifndef TRUEAIO_COMPUTE_H
#define TRUEAIO_COMPUTE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Numbers of a pool submission, below those of whole operations (whole.h). Their arguments:
#define TA_COPY_MEMORY (-32)      // target, source, length
#define TA_FILL_MEMORY (-33)      // target, byte, length
#define TA_COMPARE_MEMORY (-34)  // one, other, length -> bytes that are equal from the first on
#define TA_XOR_MEMORY (-35)      // target, addresses of sources, length, how many
#define TA_CRC32C (-36)          // memory, checksum so far, length -> the checksum
#define TA_CRC32 (-37)           // the same

// Bytes that one record works on before it looks whether its end is wanted: some 100 µs.
#define TA_COMPUTE_STEP (1024 * 1024)
#define TA_XOR_SOURCES_MAX 255

// The inner loops. A checksum here is the register's content: its caller inverts before and after.
typedef struct {
  const char* name;
  size_t (*equal)(const uint8_t* one, const uint8_t* other, size_t length);
  void (*xor_into)(uint8_t* target, const uint8_t* source, size_t length);
  uint32_t (*crc32c)(uint32_t crc, const uint8_t* data, size_t length);
  uint32_t (*crc32)(uint32_t crc, const uint8_t* data, size_t length);
} ta_loops;

// What C alone gives, on any processor (compute_plain.c).
extern const ta_loops ta_loops_plain;
uint32_t ta_crc32c_plain(uint32_t crc, const uint8_t* data, size_t length);
uint32_t ta_crc32_plain(uint32_t crc, const uint8_t* data, size_t length);

// Three checksums of blocks that follow each other, as one: the register's content after `length` zero bytes more, by tables.
typedef struct {
  uint32_t words[4][256];
} ta_crc_shift;
void ta_crc_shift_init(ta_crc_shift* shift, uint32_t polynomial, size_t length);
static inline uint32_t ta_crc_shift_by(const ta_crc_shift* shift, uint32_t crc) {
  return shift->words[0][crc & 0xff] ^ shift->words[1][(crc >> 8) & 0xff] ^ shift->words[2][(crc >> 16) & 0xff] ^ shift->words[3][crc >> 24];
}
#define TA_CRC32C_POLYNOMIAL 0x82f63b78u
#define TA_CRC32_POLYNOMIAL 0xedb88320u

// The best that this processor has (compute_x64.c, compute_arm64.c); NULL: nothing better than plain C.
const ta_loops* ta_loops_of_processor(void);
// Those in use: TRUEAIO_COMPUTE=plain asks for plain C.
const ta_loops* ta_loops_used(void);

// Carries out a record. `cancelled` (may be NULL) is asked after each step: -ECANCELED.
int64_t ta_compute_run(int32_t number, const uint64_t* arguments, bool (*cancelled)(const void*), const void* context);
#endif

// ⑥ native — what linux_aio.c shares with TypeScript (ring/layout/linux-aio.ts; test/abi.test.ts compares).
#ifndef TRUEAIO_LINUX_AIO_H
#define TRUEAIO_LINUX_AIO_H
#include <stdint.h>

// The head of the completion ring, as fs/aio.c has had it since Linux 2.6; no header of the kernel exports it.
typedef struct {
  uint32_t id;
  uint32_t count;  // places for events behind this head
  uint32_t head;   // the next event to take: written by user space
  uint32_t tail;   // where the kernel puts the next one
  uint32_t magic;
  uint32_t compatible_features;
  uint32_t incompatible_features;
  uint32_t header_length;
} ta_aio_ring;
#define TA_AIO_RING_MAGIC 0xa10a10a1u

// The arguments of submit() and its answer: memory is cheaper than conversions and a result.
typedef struct {
  int32_t first;   // place of the first pointer to submit
  int32_t count;
  int32_t answer;  // how many were taken, or -errno
} ta_aio_control;

// Shared memory, in this order: the control block, events of getEvents(), pointers to submit, control blocks (iocb).
#define TA_AIO_CONTROL_BYTES 64
#define TA_AIO_EVENTS 256

// fileTraits(fd)
#define TA_FILE_READS 1
#define TA_FILE_WRITES 2
#define TA_FILE_STORED 4
#define TA_FILE_DIRECT 8
#define TA_FILE_STREAM 16
#define TA_FILE_ONE_QUEUE 32
#endif

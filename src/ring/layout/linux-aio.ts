// ⑤ ring — Linux AIO's structures and constants, as include/uapi/linux/aio_abi.h and fs/aio.c have them, and what
// native/linux_aio.h adds. In 32-bit words unless the name says bytes; test/abi.test.ts compares them with the C compiler's.

/** struct aio_ring: the head of the completion ring. */
export const AioRing = { WORDS: 8, COUNT: 1, HEAD: 2, TAIL: 3 } as const

/** struct io_event. */
export const IoEvent = { WORDS: 8, DATA_LOW: 0, DATA_HIGH: 1, OBJ_LOW: 2, OBJ_HIGH: 3, RES_LOW: 4, RES_HIGH: 5, RES2_LOW: 6, RES2_HIGH: 7 } as const

/** struct iocb, on a little-endian machine. */
export const Iocb = {
  WORDS: 16,
  DATA_LOW: 0, DATA_HIGH: 1,
  KEY: 2, RW_FLAGS: 3,
  /** aio_lio_opcode u16, aio_reqprio s16. */
  OPCODE_REQPRIO: 4,
  FILDES: 5,
  BUF_LOW: 6, BUF_HIGH: 7,
  NBYTES_LOW: 8, NBYTES_HIGH: 9,
  OFFSET_LOW: 10, OFFSET_HIGH: 11,
  FLAGS: 14, RESFD: 15,
} as const

/** ta_aio_control. */
export const AioControl = { FIRST: 0, COUNT: 1, ANSWER: 2 } as const
export const AIO_CONTROL_BYTES = 64
/** How many events NativeAio.getEvents brings at most. */
export const AIO_EVENTS = 256

export const IOCB_CMD = { PREAD: 0, PWRITE: 1, FSYNC: 2, FDSYNC: 3, POLL: 5, NOOP: 6, PREADV: 7, PWRITEV: 8 } as const
/** Of `aio_flags`: `aio_resfd` is an eventfd that counts completions. */
export const IOCB_FLAG_RESFD = 1
/** Of `aio_flags`: `aio_reqprio` is an I/O priority. */
export const IOCB_FLAG_IOPRIO = 2

/** What Binding.fileTraits says of a descriptor, bit by bit. */
export const FileTraits = {
  /** Open for reading. */
  READS: 1,
  /** Open for writing. */
  WRITES: 2,
  /** A regular file or block device. */
  STORED: 4,
  /** Stored, and open with O_DIRECT: its transfers run beside the submitting thread. */
  DIRECT: 8,
  /** A pipe, socket or terminal: it has no positions. */
  STREAM: 16,
  /** A socket or one end of a pipe: it has one wait queue, which is all that IOCB_CMD_POLL can wait on. */
  ONE_QUEUE: 32,
} as const

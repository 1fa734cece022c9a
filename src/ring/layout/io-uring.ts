// ⑤ ring — io_uring's structures and constants, as include/uapi/linux/io_uring.h has them. Offsets are in 32-bit words
// unless the name says bytes; test/abi.test.ts compares them with the C compiler's.

/** struct io_uring_sqe, in words. */
export const Sqe = {
  WORDS: 16,
  /** opcode u8, flags u8, ioprio u16. */
  OPCODE_FLAGS_IOPRIO: 0,
  FD: 1,
  OFF_LOW: 2,
  OFF_HIGH: 3,
  ADDR_LOW: 4,
  ADDR_HIGH: 5,
  LEN: 6,
  /** rw_flags, open_flags, statx_flags, timeout_flags … */
  OP_FLAGS: 7,
  USER_DATA_LOW: 8,
  USER_DATA_HIGH: 9,
  /** buf_index u16, personality u16. */
  BUF_INDEX: 10,
  /** file_index, splice_fd_in. */
  FILE_INDEX: 11,
  ADDR3_LOW: 12,
  ADDR3_HIGH: 13,
} as const

/** struct io_uring_cqe, in words. */
export const Cqe = { WORDS: 4, USER_DATA_LOW: 0, USER_DATA_HIGH: 1, RES: 2, FLAGS: 3 } as const

/**
 * struct io_uring_buf, in words; two fields in halves of words. The tail of the ring stands in the first entry's last half, which no
 * entry uses (struct io_uring_buf_ring).
 */
export const BufferRingEntry = { BYTES: 16, WORDS: 4, ADDR_LOW: 0, ADDR_HIGH: 1, LEN: 2, ID_HALF: 6, TAIL_HALF: 7 } as const

/** struct io_uring_params, in words. */
export const Params = {
  SQ_ENTRIES: 0, CQ_ENTRIES: 1, FLAGS: 2, FEATURES: 5,
  SQ_OFF: 10, CQ_OFF: 20,
} as const
/** struct io_sqring_offsets, in words from SQ_OFF. The values found there are byte offsets into the mapping. */
export const SqOffsets = { HEAD: 0, TAIL: 1, RING_MASK: 2, RING_ENTRIES: 3, FLAGS: 4, DROPPED: 5, ARRAY: 6 } as const
/** struct io_cqring_offsets, in words from CQ_OFF. */
export const CqOffsets = { HEAD: 0, TAIL: 1, RING_MASK: 2, RING_ENTRIES: 3, OVERFLOW: 4, CQES: 5, FLAGS: 6 } as const

/** The counters that native/io_uring.c shares, in words. */
export const Control = { SUBMITTED: 0, FINISHED: 1, SUBMIT: 2, COMPLETE: 3, ENTER_FLAGS: 4, ANSWER: 5, COUNTED_HEAD: 6 } as const

export const IORING_SETUP_CLAMP: number = 1 << 4
export const IORING_SETUP_SUBMIT_ALL: number = 1 << 7
export const IORING_SETUP_COOP_TASKRUN: number = 1 << 8
export const IORING_SETUP_TASKRUN_FLAG: number = 1 << 9
export const IORING_SETUP_SINGLE_ISSUER: number = 1 << 12
export const IORING_SETUP_NO_SQARRAY: number = 1 << 16

export const IORING_FEAT_SINGLE_MMAP: number = 1 << 0
export const IORING_FEAT_NODROP: number = 1 << 1
export const IORING_FEAT_SUBMIT_STABLE: number = 1 << 2
export const IORING_FEAT_RW_CUR_POS: number = 1 << 3
export const IORING_FEAT_EXT_ARG: number = 1 << 8

export const IORING_ENTER_GETEVENTS: number = 1 << 0

export const IORING_SQ_CQ_OVERFLOW: number = 1 << 1
export const IORING_SQ_TASKRUN: number = 1 << 2

export const IOSQE_FIXED_FILE: number = 1 << 0
export const IOSQE_IO_LINK: number = 1 << 2
export const IOSQE_IO_HARDLINK: number = 1 << 3
export const IOSQE_ASYNC: number = 1 << 4
export const IOSQE_BUFFER_SELECT: number = 1 << 5

/** Of the completion ring's flags, the only one that user space sets: completions do not count in the eventfd. */
export const IORING_CQ_EVENTFD_DISABLED = 1

export const IORING_CQE_F_BUFFER: number = 1 << 0
export const IORING_CQE_F_MORE: number = 1 << 1
/** The memory of a send without a copy is free. */
export const IORING_CQE_F_NOTIF: number = 1 << 3
/** A receive has left something behind. */
export const IORING_CQE_F_SOCK_NONEMPTY: number = 1 << 2
/** Of a completion's flags: where the number of the buffer begins. */
export const BUFFER_ID_SHIFT = 16

export const IORING_FSYNC_DATASYNC = 1
export const IORING_TIMEOUT_ABS = 1
export const IORING_TIMEOUT_REALTIME: number = 1 << 3
export const IORING_TIMEOUT_ETIME_SUCCESS: number = 1 << 5
export const IORING_TIMEOUT_MULTISHOT: number = 1 << 6
export const IORING_POLL_ADD_MULTI = 1
/** In `ioprio` of a receive or a send: readiness is waited for before the first try. */
export const IORING_RECVSEND_POLL_FIRST: number = 1 << 0
/** In `ioprio` of a receive. */
export const IORING_RECV_MULTISHOT: number = 1 << 1
/** In `ioprio` of an accept. */
export const IORING_ACCEPT_MULTISHOT = 1

export const IORING_REGISTER_BUFFERS2 = 15
export const IORING_REGISTER_BUFFERS_UPDATE = 16
export const IORING_REGISTER_FILES2 = 13
export const IORING_REGISTER_FILES_UPDATE2 = 14
export const IORING_REGISTER_PROBE = 8
export const IORING_REGISTER_IOWQ_MAX_WORKERS = 19
export const IORING_REGISTER_SYNC_CANCEL = 24
export const IORING_REGISTER_PBUF_RING = 22
export const IORING_UNREGISTER_PBUF_RING = 23
export const IORING_RSRC_REGISTER_SPARSE = 1
export const IORING_ASYNC_CANCEL_ALL: number = 1 << 0
export const IORING_ASYNC_CANCEL_ANY: number = 1 << 2

/** enum io_uring_op. */
export const IORING_OP = {
  NOP: 0, READV: 1, WRITEV: 2, FSYNC: 3, READ_FIXED: 4, WRITE_FIXED: 5, POLL_ADD: 6, POLL_REMOVE: 7, SYNC_FILE_RANGE: 8,
  SENDMSG: 9, RECVMSG: 10, TIMEOUT: 11, TIMEOUT_REMOVE: 12, ACCEPT: 13, ASYNC_CANCEL: 14, LINK_TIMEOUT: 15, CONNECT: 16,
  FALLOCATE: 17, OPENAT: 18, CLOSE: 19, FILES_UPDATE: 20, STATX: 21, READ: 22, WRITE: 23, FADVISE: 24, MADVISE: 25,
  SEND: 26, RECV: 27, OPENAT2: 28, EPOLL_CTL: 29, SPLICE: 30, PROVIDE_BUFFERS: 31, REMOVE_BUFFERS: 32, TEE: 33,
  SHUTDOWN: 34, RENAMEAT: 35, UNLINKAT: 36, MKDIRAT: 37, SYMLINKAT: 38, LINKAT: 39, MSG_RING: 40, FSETXATTR: 41,
  SETXATTR: 42, FGETXATTR: 43, GETXATTR: 44, SOCKET: 45, URING_CMD: 46, SEND_ZC: 47, SENDMSG_ZC: 48, READ_MULTISHOT: 49,
  WAITID: 50, FUTEX_WAIT: 51, FUTEX_WAKE: 52, FUTEX_WAITV: 53, FIXED_FD_INSTALL: 54, FTRUNCATE: 55,
} as const

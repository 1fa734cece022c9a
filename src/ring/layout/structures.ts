// ⑤ ring — the kernel structures that operations read and write, by byte offset. test/abi.test.ts compares them with
// the C compiler's.

/** struct statx. */
export const StatxLayout = {
  BYTES: 256, MASK: 0, BLKSIZE: 4, ATTRIBUTES: 8, NLINK: 16, UID: 20, GID: 24, MODE: 28, INO: 32, SIZE: 40, BLOCKS: 48,
  ATIME: 64, BTIME: 80, CTIME: 96, MTIME: 112, RDEV_MAJOR: 128, RDEV_MINOR: 132, DEV_MAJOR: 136, DEV_MINOR: 140,
} as const
/** struct open_how. */
export const OpenHowLayout = { BYTES: 24, FLAGS: 0, MODE: 8, RESOLVE: 16 } as const
/** struct iovec. */
export const IovecLayout = { BYTES: 16, BASE: 0, LEN: 8 } as const
/** struct __kernel_timespec. */
export const TimespecLayout = { BYTES: 16, SEC: 0, NSEC: 8 } as const
/** siginfo_t, the fields of SIGCHLD: the union behind `si_code` is aligned to 8 bytes. */
export const SiginfoLayout = { BYTES: 128, SIGNO: 0, CODE: 8, PID: 16, UID: 20, STATUS: 24 } as const
/** struct sockaddr_in: the port and the address as the network orders bytes. */
export const InetLayout = { BYTES: 16, PORT: 2, ADDRESS: 4 } as const
/** struct sockaddr_in6: the scope as this machine orders bytes. */
export const Inet6Layout = { BYTES: 28, PORT: 2, FLOW: 4, ADDRESS: 8, SCOPE: 24 } as const
/** Where the path of a struct sockaddr_un begins. */
export const SOCKADDR_UNIX_PATH = 2
/** struct msghdr. */
/** struct io_uring_recvmsg_out: before the address and the bytes of each message of a multishot receive. */
export const ReceivedHeader = { BYTES: 16, NAME_LENGTH: 0, CONTROL_LENGTH: 4, PAYLOAD_LENGTH: 8, FLAGS: 12 } as const
export const ControlLayout = { BYTES: 16, LENGTH: 0, LEVEL: 8, TYPE: 12, SOL_SOCKET: 1, SCM_RIGHTS: 1 } as const // struct cmsghdr
export const MessageLayout = { BYTES: 56, NAME: 0, NAME_LENGTH: 8, IOV: 16, IOV_COUNT: 24, CONTROL: 32, CONTROL_LENGTH: 40, FLAGS: 48 } as const

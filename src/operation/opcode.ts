// ② operation — the numbers of the operations, and the name an error of each carries.
// Every table elsewhere (encode, decode, capabilities, statistics) is indexed by these numbers.

/** What an operation asks for. The numbers are ours (dense, for tables), not a kernel's. */
export const Opcode = {
  NOP: 0,
  READ: 1,
  WRITE: 2,
  READV: 3,
  WRITEV: 4,
  OPEN: 5,
  CLOSE: 6,
  FSYNC: 7,
  FDATASYNC: 8,
  SYNC_FILE_RANGE: 9,
  FALLOCATE: 10,
  FTRUNCATE: 11,
  TRUNCATE: 12,
  FADVISE: 13,
  MADVISE: 14,
  STATX: 15,
  RENAME: 16,
  UNLINK: 17,
  RMDIR: 18,
  MKDIR: 19,
  SYMLINK: 20,
  LINK: 21,
  READLINK: 22,
  GETDENTS64: 23,
  ACCESS: 24,
  CHMOD: 25,
  FCHMOD: 26,
  CHOWN: 27,
  FCHOWN: 28,
  UTIMES: 29,
  FUTIMES: 30,
  GETXATTR: 31,
  SETXATTR: 32,
  LISTXATTR: 33,
  REMOVEXATTR: 34,
  FGETXATTR: 35,
  FSETXATTR: 36,
  FLISTXATTR: 37,
  FREMOVEXATTR: 38,
  COPY_FILE_RANGE: 39,
  REFLINK: 40,
  SENDFILE: 41,
  SPLICE: 42,
  TEE: 43,
  POLL: 44,
  TIMER: 45,
  MESSAGE: 46,
  WAITID: 47,
  CALL: 48,
  CHAIN: 49,
  ROW: 50,
  READ_FILES: 51,
  WRITE_FILES: 52,
  LOOK_UP: 53,
  LIST_DIRECTORIES: 54,
  REMOVE_TREE: 55,
  COPY_TREE: 56,
  SOCKET: 57,
  SOCKETPAIR: 58,
  BIND: 59,
  LISTEN: 60,
  CONNECT: 61,
  ACCEPT: 62,
  SEND: 63,
  RECV: 64,
  SENDMSG: 65,
  RECVMSG: 66,
  SHUTDOWN: 67,
  GETSOCKOPT: 68,
  SETSOCKOPT: 69,
  GETSOCKNAME: 70,
  GETPEERNAME: 71,
  RECV_PIECE: 72,
  RECVMSG_PIECE: 73,
  CHANGE_NAMES: 74,
  COPY_MEMORY: 75,
  FILL_MEMORY: 76,
  COMPARE_MEMORY: 77,
  XOR_MEMORY: 78,
  CRC32C: 79,
  CRC32: 80,
  MOVE_BYTES: 81,
} as const

export type Opcode = (typeof Opcode)[keyof typeof Opcode]

/** How many opcodes there are: the length of every table indexed by one. */
export const OPCODE_COUNT = 82

/** Whether an operation's result is one new descriptor. */
export function opensOne(opcode: Opcode): boolean {
  return opcode === Opcode.OPEN || opcode === Opcode.ACCEPT || opcode === Opcode.SOCKET
}

const names: string[] = new Array<string>(OPCODE_COUNT).fill('')
for (const [name, opcode] of Object.entries(Opcode)) names[opcode] = name.toLowerCase()
names[Opcode.REFLINK] = 'ioctl_ficlone'
names[Opcode.CHOWN] = 'chown'

/** The operation's name in lower case: `syscall` of its errors, key of its statistics. */
export function opcodeName(opcode: Opcode): string {
  return names[opcode] ?? `opcode ${String(opcode)}`
}

/** The same for an error: the call that was made. */
export function callName(opcode: Opcode): string {
  if (opcode === Opcode.RECV_PIECE) return 'recv'
  return opcode === Opcode.RECVMSG_PIECE ? 'recvmsg' : opcodeName(opcode)
}

/** The opcode with this name, as `opcodeName` gives it; undefined for an unknown one. */
export function opcodeByName(name: string): Opcode | undefined {
  const opcode = names.indexOf(name)
  return opcode < 0 ? undefined : (opcode as Opcode)
}

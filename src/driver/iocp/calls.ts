// ④ driver — iocp: the numbers of its records, and what stands behind each (in the order of native/windows/port.h).
import { Opcode } from '../../operation/opcode.js'

/** Not by import: Node's module for threads brings streams along, and this file is part of the engine everywhere. */
const opensByItself = process.platform !== 'win32' || process.getBuiltinModule('node:worker_threads').isMainThread

/** A record's number. */
export const Call = {
  READ: 1, WRITE: 2, READV: 3, WRITEV: 4, OPEN: 5, CLOSE: 6, FSYNC: 7, FDATASYNC: 8, FTRUNCATE: 9, TRUNCATE: 10, STAT: 11, LSTAT: 12, FSTAT: 13, RENAME: 14,
  UNLINK: 15, RMDIR: 16, MKDIR: 17, SYMLINK: 18, LINK: 19, READLINK: 20, ACCESS: 21, CHMOD: 22, FCHMOD: 23, CHOWN: 24, LCHOWN: 25, FCHOWN: 26, UTIMES: 27,
  LUTIMES: 28, FUTIMES: 29, SOCKET: 30, BIND: 31, LISTEN: 32, CONNECT: 33, ACCEPT: 34, SEND: 35, RECV: 36, SENDMSG: 37, RECVMSG: 38, SHUTDOWN: 39, GETSOCKOPT: 40,
  SETSOCKOPT: 41, GETSOCKNAME: 42, GETPEERNAME: 43,
} as const

/** A record's lane: what ends by itself, and what may wait for ever. */
export const Lane = { ENDS: 0, WAITS: 1 } as const

/** By opcode, libuv's function that a thread calls. */
export const FUNCTION_NAME: Readonly<Partial<Record<Opcode, string>>> = {
  [Opcode.READ]: 'uv_fs_read', [Opcode.WRITE]: 'uv_fs_write', [Opcode.READV]: 'uv_fs_read', [Opcode.WRITEV]: 'uv_fs_write',
  [Opcode.FSYNC]: 'uv_fs_fsync', [Opcode.FDATASYNC]: 'uv_fs_fdatasync', [Opcode.FTRUNCATE]: 'uv_fs_ftruncate', [Opcode.TRUNCATE]: 'uv_fs_open, uv_fs_ftruncate',
  [Opcode.STATX]: 'uv_fs_stat', [Opcode.RENAME]: 'uv_fs_rename', [Opcode.UNLINK]: 'uv_fs_unlink', [Opcode.RMDIR]: 'uv_fs_rmdir', [Opcode.MKDIR]: 'uv_fs_mkdir',
  [Opcode.SYMLINK]: 'uv_fs_symlink', [Opcode.LINK]: 'uv_fs_link', [Opcode.READLINK]: 'uv_fs_readlink', [Opcode.ACCESS]: 'uv_fs_access', [Opcode.CHMOD]: 'uv_fs_chmod',
  [Opcode.FCHMOD]: 'uv_fs_fchmod', [Opcode.CHOWN]: 'uv_fs_chown', [Opcode.FCHOWN]: 'uv_fs_fchown', [Opcode.UTIMES]: 'uv_fs_utime', [Opcode.FUTIMES]: 'uv_fs_futime',
  // Node keeps a list of the descriptors that a worker opens, and closes them at its end: in a worker it opens and closes. Sockets are none of these.
  ...(opensByItself ? { [Opcode.OPEN]: 'uv_fs_open' } : {}),
  [Opcode.CLOSE]: 'uv_fs_close',
  [Opcode.SOCKET]: 'WSASocketW', [Opcode.BIND]: 'bind', [Opcode.LISTEN]: 'listen', [Opcode.CONNECT]: 'ConnectEx', [Opcode.ACCEPT]: 'AcceptEx', [Opcode.SEND]: 'WSASend',
  [Opcode.RECV]: 'WSARecv', [Opcode.SENDMSG]: 'WSASendTo', [Opcode.RECVMSG]: 'WSARecvFrom', [Opcode.SHUTDOWN]: 'shutdown', [Opcode.GETSOCKOPT]: 'getsockopt',
  [Opcode.SETSOCKOPT]: 'setsockopt', [Opcode.GETSOCKNAME]: 'getsockname', [Opcode.GETPEERNAME]: 'getpeername', [Opcode.RECV_PIECE]: 'WSARecv', [Opcode.RECVMSG_PIECE]: 'WSARecvFrom',
}

/** Calls on sockets that wait for the other side, on the port. */
export const OVERLAPPED: ReadonlySet<Opcode> = new Set<Opcode>([
  Opcode.CONNECT, Opcode.ACCEPT, Opcode.SEND, Opcode.RECV, Opcode.SENDMSG, Opcode.RECVMSG, Opcode.RECV_PIECE, Opcode.RECVMSG_PIECE,
])

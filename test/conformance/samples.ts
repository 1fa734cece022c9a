// One operation of each kind, to ask a driver about. Chains are the proactor's own and stand on their members; rows are
// test/driver/thread-pool/rows.test.ts's, whole operations test/driver/thread-pool/whole.test.ts's.
import {
  accept, access, bind, BufferGroup, call, chmod, chown, close, compareMemory, connect, copyFileRange, copyMemory, crc32, crc32c, fadvise, fallocate, fchmod, fchown, fdatasync, fillMemory, fsync, ftruncate, futimes, getdents64,
  getpeername, getsockname, getsockopt, getxattr, link, listen, listxattr, madvise, message, mkdir, nop, open, poll, read, readlink, readv, recv, recvmsg, reflink, removexattr, rename, rmdir, send, sendfile,
  sendmsg, setsockopt, setxattr, shutdown, socket, socketpair, splice, statx, symlink, syncFileRange, tee, timer, truncate, unlink, utimes, waitChild, write, writev, xorMemory, type Operation,
} from 'trueaio'
import type { OperationName } from './subject.js'

const memory = Buffer.alloc(1)
const path = '/nowhere/at/all'
const open1 = { fd: 1 }
const group = new BufferGroup({ count: 1, size: 1 })
const address = { address: '127.0.0.1', port: 1 }

export type WholeName = 'read_files' | 'write_files' | 'look_up' | 'list_directories' | 'remove_tree' | 'copy_tree' | 'change_names' | 'move_bytes'

export const SAMPLES: Readonly<Record<Exclude<OperationName, 'chain' | 'row' | WholeName>, Operation>> = {
  nop: nop(), read: read(1, memory), write: write(1, memory), readv: readv(1, [memory]), writev: writev(1, [memory]), open: open(path),
  close: close(1), fsync: fsync(1), fdatasync: fdatasync(1), sync_file_range: syncFileRange(1, 0, 0, 0), fallocate: fallocate(1, 0, 0, 1),
  ftruncate: ftruncate(1), truncate: truncate(path), fadvise: fadvise(1, 0, 0, 0), madvise: madvise(memory, 0), statx: statx(path),
  rename: rename(path, path), unlink: unlink(path), rmdir: rmdir(path), mkdir: mkdir(path), symlink: symlink(path, path),
  link: link(path, path), readlink: readlink(path), getdents64: getdents64(1, memory), access: access(path), chmod: chmod(path, 0),
  fchmod: fchmod(1, 0), chown: chown(path, 0, 0), fchown: fchown(1, 0, 0), utimes: utimes(path, 0, 0), futimes: futimes(1, 0, 0),
  getxattr: getxattr(path, 'user.a', memory), setxattr: setxattr(path, 'user.a', memory), listxattr: listxattr(path, memory),
  removexattr: removexattr(path, 'user.a'), fgetxattr: getxattr(open1, 'user.a', memory), fsetxattr: setxattr(open1, 'user.a', memory),
  flistxattr: listxattr(open1, memory), fremovexattr: removexattr(open1, 'user.a'), copy_file_range: copyFileRange(1, 1, 1),
  ioctl_ficlone: reflink(1, 1), sendfile: sendfile(1, 1, 1), splice: splice(1, 1, 1), tee: tee(1, 1, 1), poll: poll(1, 1), timer: timer(0),
  message: message(1, 1), waitid: waitChild(1), call: call(0), socket: socket(2, 1), socketpair: socketpair(1, 1), bind: bind(1, address),
  listen: listen(1), connect: connect(1, address), accept: accept(1), send: send(1, memory), recv: recv(1, memory), sendmsg: sendmsg(1, memory),
  recvmsg: recvmsg(1, memory), shutdown: shutdown(1, 2), getsockopt: getsockopt(1, 1, 4), setsockopt: setsockopt(1, 1, 2, 1),
  getsockname: getsockname(1), getpeername: getpeername(1),
  copy_memory: copyMemory(memory, memory), fill_memory: fillMemory(memory, 0), compare_memory: compareMemory(memory, memory),
  xor_memory: xorMemory([memory], memory), crc32c: crc32c(memory), crc32: crc32(memory),
  recv_piece: recv(1, group), recvmsg_piece: recvmsg(1, group),
}

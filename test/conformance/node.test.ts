// The suite on node:fs and node:timers: no addon, and what node:fs has no function for is refused.
import { conformance } from './suite.js'

const NO_FUNCTION = 'node:fs has no function for it (docs/drivers/node.md)'

await conformance({
  name: 'node',
  driver: 'node',
  storage: 'disk',
  lacks: {
    'kernel flags': 'node:fs takes neither RWF flags, nor directories by descriptor, nor resolve and rename flags',
    'stops what runs': 'a call that a thread of libuv has begun cannot be ended (capabilities.cancellation is "queued")',
    'waits on non-blocking descriptors': 'node:fs hands EAGAIN on, and has no poll to wait with',
    ...(process.platform === 'win32' ? { 'offsets apart': 'libuv moves the position there and puts it back, and appends of Wine take two steps (docs/drivers/node.md)' } : {}),
    'blocks': 'it cannot wait for what libuv has begun',
    ...Object.fromEntries([
      'sync_file_range', 'fallocate', 'fadvise', 'madvise', 'getdents64', 'getxattr', 'setxattr', 'listxattr', 'removexattr', 'fgetxattr',
      'fsetxattr', 'flistxattr', 'fremovexattr', 'copy_file_range', 'ioctl_ficlone', 'sendfile', 'splice', 'tee', 'poll', 'message', 'waitid', 'call', 'socket', 'socketpair', 'bind', 'listen',
      'connect', 'accept', 'send', 'recv', 'sendmsg', 'recvmsg', 'shutdown', 'getsockopt', 'setsockopt', 'getsockname', 'getpeername', 'recv_piece', 'recvmsg_piece',
    ].map((name) => [name, NO_FUNCTION])),
  },
})

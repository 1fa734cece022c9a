// The suite on a completion port and the threads beside it: Windows only. scripts/test-windows.mjs runs it under Wine.
import { conformance } from './suite.js'

const NOT_OF_THE_PORT = 'the driver node does it, further down the ladder (docs/drivers/iocp.md)'
const NO_FUNCTION = 'Windows has no such call (docs/drivers/iocp.md)'

await conformance({
  name: 'iocp',
  driver: 'iocp',
  storage: 'disk',
  lacks: {
    'kernel flags': 'neither RWF flags, nor directories by descriptor, nor resolve and rename flags: they are Linux\'s',
    'waits on non-blocking descriptors': 'Windows has no descriptors that answer EAGAIN',
    ...Object.fromEntries(['copy_memory', 'fill_memory', 'compare_memory', 'xor_memory', 'crc32c', 'crc32'].map((name) => [name, NOT_OF_THE_PORT])),
    ...Object.fromEntries([
      'sync_file_range', 'fallocate', 'fadvise', 'madvise', 'getdents64', 'getxattr', 'setxattr', 'listxattr', 'removexattr', 'fgetxattr',
      'fsetxattr', 'flistxattr', 'fremovexattr', 'copy_file_range', 'ioctl_ficlone', 'sendfile', 'splice', 'tee', 'poll', 'message', 'waitid', 'call', 'socketpair',
    ].map((name) => [name, NO_FUNCTION])),
  },
})

// The suite on io_uring alone. What the ring has no opcode for is carried out by the drivers below it (ladder.test.ts).
import { conformance } from './suite.js'

const NO_OPCODE = 'io_uring has no opcode for it; another driver of the ladder carries it out (docs/drivers/io-uring.md)'

await conformance({
  name: 'io-uring',
  driver: 'io-uring',
  storage: 'disk',
  lacks: {
    ...Object.fromEntries([
      'truncate', 'readlink', 'getdents64', 'access', 'chmod', 'fchmod', 'chown', 'fchown', 'utimes', 'futimes', 'listxattr', 'removexattr',
      'flistxattr', 'fremovexattr', 'copy_file_range', 'ioctl_ficlone', 'sendfile', 'call',
    ].map((name) => [name, NO_OPCODE])),
  },
})

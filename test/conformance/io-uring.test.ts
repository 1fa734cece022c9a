// The suite on io_uring alone. What the ring has no opcode for is carried out by the drivers below it (ladder.test.ts).
import { Opcode } from '#src/operation/opcode.js'
import { Operation, Proactor } from 'trueaio'
import { conformance } from './suite.js'

const NO_OPCODE = 'io_uring has no opcode for it; another driver of the ladder carries it out (docs/drivers/io-uring.md)'

/** Operations that came later than the ring itself, each with its kernel. */
const LATE = { ftruncate: [Opcode.FTRUNCATE, 'Linux 6.9'], waitid: [Opcode.WAITID, 'Linux 6.7'] } as const

async function missingHere(): Promise<Record<string, string>> {
  const io = new Proactor({ driver: ['io-uring', 'node'] })
  const late = Object.entries(LATE).filter(([, [opcode]]) => !io.explain(new Operation(opcode, 0, 0, undefined, 0, 0, 0, undefined)).startsWith('io-uring'))
  await io.close()
  return Object.fromEntries(late.map(([name, [, kernel]]) => [name, `io_uring has it from ${kernel}`]))
}

await conformance({
  name: 'io-uring',
  driver: 'io-uring',
  storage: 'disk',
  lacks: {
    ...Object.fromEntries([
      'truncate', 'readlink', 'getdents64', 'access', 'chmod', 'fchmod', 'chown', 'fchown', 'utimes', 'futimes', 'listxattr', 'removexattr',
      'flistxattr', 'fremovexattr', 'copy_file_range', 'ioctl_ficlone', 'sendfile', 'call',
      'copy_memory', 'fill_memory', 'compare_memory', 'xor_memory', 'crc32c', 'crc32',
    ].map((name) => [name, NO_OPCODE])),
    ...await missingHere(),
  },
})

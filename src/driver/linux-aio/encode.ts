// ④ driver — linux-aio: an operation as a control block (struct iocb).
import type { LentMemory } from '../../operation/lent-memory.js'
import { OPCODE_COUNT, Opcode } from '../../operation/opcode.js'
import type { View } from '../../operation/operation.js'
import { writeIovecs } from '../../operation/structures.js'
import type { Submission } from '../../proactor/driver.js'
import { IOCB_CMD, IOCB_FLAG_IOPRIO, IOCB_FLAG_RESFD, Iocb } from '../../ring/layout/linux-aio.js'
import { IovecLayout } from '../../ring/layout/structures.js'

const TWO_32 = 4294967296

/** By opcode, the command it becomes. */
export const COMMAND: Readonly<Partial<Record<Opcode, keyof typeof IOCB_CMD>>> = {
  [Opcode.READ]: 'PREAD', [Opcode.WRITE]: 'PWRITE', [Opcode.READV]: 'PREADV', [Opcode.WRITEV]: 'PWRITEV',
  [Opcode.FSYNC]: 'FSYNC', [Opcode.FDATASYNC]: 'FDSYNC', [Opcode.POLL]: 'POLL',
}

const COMMAND_NUMBER = new Int16Array(OPCODE_COUNT).fill(IOCB_CMD.NOOP)
for (const [opcode, name] of Object.entries(COMMAND)) COMMAND_NUMBER[Number(opcode)] = IOCB_CMD[name]

/** Bytes of the engine's memory that an operation is lent. */
export function regionBytes(submission: Submission): number {
  return (submission.operation.detail?.buffers?.length ?? 0) * IovecLayout.BYTES
}

/** Writes all 16 words of a control block at word `at`. */
export function encode(submission: Submission, memory: LentMemory, words: Int32Array, at: number, region: number, eventfd: number): void {
  const { operation, priority } = submission
  const { opcode, offset } = operation
  words.fill(0, at, at + Iocb.WORDS)
  words[at + Iocb.DATA_LOW] = submission.slot
  words[at + Iocb.DATA_HIGH] = submission.generation
  words[at + Iocb.FILDES] = operation.file
  words[at + Iocb.FLAGS] = priority === 0 ? IOCB_FLAG_RESFD : IOCB_FLAG_RESFD | IOCB_FLAG_IOPRIO
  words[at + Iocb.RESFD] = eventfd
  words[at + Iocb.OPCODE_REQPRIO] = (COMMAND_NUMBER[opcode] as number) | (priority << 16)
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE:
      putAddress(words, at, memory.addressOf(operation.buffer as View)) // a read or write has one
      words[at + Iocb.NBYTES_LOW] = operation.length
      break
    case Opcode.READV: case Opcode.WRITEV: {
      const buffers = operation.detail?.buffers ?? []
      if (region >= 0) {
        writeIovecs(memory, region, buffers)
        putAddress(words, at, memory.cellAddress(region))
      }
      words[at + Iocb.NBYTES_LOW] = buffers.length
      break
    }
    case Opcode.POLL:
      words[at + Iocb.BUF_LOW] = operation.flags
      return
    default: // FSYNC and FDATASYNC: everything else must be 0
      return
  }
  words[at + Iocb.RW_FLAGS] = operation.flags
  words[at + Iocb.OFFSET_LOW] = offset | 0
  words[at + Iocb.OFFSET_HIGH] = (offset / TWO_32) | 0
}

function putAddress(words: Int32Array, at: number, address: number): void {
  words[at + Iocb.BUF_LOW] = address | 0
  words[at + Iocb.BUF_HIGH] = (address / TWO_32) | 0
}

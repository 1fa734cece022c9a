// ② operation — which operations use the current position of a file, and of which.
import { Opcode, OPCODE_COUNT } from './opcode.js'
import { FileKind, type Operation } from './operation.js'
import { SYS } from './system-call-numbers.js'

const RWF_NOWAIT = 8
const MSG_DONTWAIT = 0x40

/** What an operation without an offset does there. */
export const PositionUse = { NONE: 0, READS: 1, WRITES: 2, SENDS: 3 } as const
export type PositionUse = (typeof PositionUse)[keyof typeof PositionUse]
const { NONE, READS, WRITES, SENDS } = PositionUse
/** Has two descriptors, a detail of its own, or members. */
const LOOK = 4

const USE = new Uint8Array(OPCODE_COUNT)
for (const opcode of [Opcode.READ, Opcode.READV, Opcode.GETDENTS64]) USE[opcode] = READS
for (const opcode of [Opcode.WRITE, Opcode.WRITEV, Opcode.SEND, Opcode.SENDMSG]) USE[opcode] = WRITES
for (const opcode of [Opcode.SPLICE, Opcode.SENDFILE, Opcode.COPY_FILE_RANGE, Opcode.CALL, Opcode.CHAIN]) USE[opcode] = LOOK

const CALL_USE = new Map<number, PositionUse>()
for (const [name, use] of [['read', READS], ['readv', READS], ['getdents64', READS], ['write', WRITES], ['writev', WRITES]] as const) {
  const number = SYS[name]
  if (number !== undefined) CALL_USE.set(number, use)
}

/** Whether an operation may use a position: a lookup and a comparison, for the hot path. */
export function mayUsePosition({ opcode, offset }: Operation): boolean {
  const use = USE[opcode] as number // an opcode is below the length
  return use !== NONE && (offset < 0 || use === LOOK)
}

/** Calls `visit` for each position that an operation uses. */
export function visitPositions(operation: Operation, visit: (file: number, kind: FileKind, use: PositionUse) => void): void {
  const { opcode, file, fileKind, offset, flags, detail } = operation
  switch (opcode) {
    case Opcode.READ: case Opcode.READV: case Opcode.GETDENTS64:
      if (offset < 0) visit(file, fileKind, READS)
      return
    case Opcode.WRITE: case Opcode.WRITEV:
      // One that must not wait for a full pipe does not wait for those that do either.
      if (offset < 0) visit(file, fileKind, (flags & RWF_NOWAIT) !== 0 ? READS : WRITES)
      return
    case Opcode.SEND: case Opcode.SENDMSG:
      visit(file, fileKind, (flags & MSG_DONTWAIT) !== 0 ? READS : SENDS)
      return
    case Opcode.SPLICE: case Opcode.SENDFILE: case Opcode.COPY_FILE_RANGE:
      if (offset < 0) visit(file, fileKind, READS)
      if ((detail?.offset2 ?? -1) < 0) visit(detail?.file2 ?? -1, FileKind.DESCRIPTOR, WRITES)
      return
    case Opcode.CALL: {
      const use = CALL_USE.get(detail?.argument ?? -1)
      const fd = detail?.callArguments?.[0]
      if (use !== undefined && typeof fd === 'number') visit(fd, FileKind.DESCRIPTOR, use)
      return
    }
    case Opcode.CHAIN:
      for (const member of detail?.members ?? []) visitPositions(member, visit)
      return
    default:
  }
}

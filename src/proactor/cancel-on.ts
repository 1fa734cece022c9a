// ③ proactor — the end of everything that is asked of one descriptor, on any driver: each operation is cancelled by its own entry, all in one
// hand-over. A kernel's cancel by descriptor (IORING_ASYNC_CANCEL_FD) would miss what waits here, and what waits on a duplicate.
import { Opcode } from '../operation/opcode.js'
import { FileKind, type Operation } from '../operation/operation.js'
import { EntryState, type Entry } from './in-flight.js'
import type { RegisteredFiles } from './registered-files.js'

const { DESCRIPTOR, REGISTERED } = FileKind
const HAS_TARGET: readonly Opcode[] = [Opcode.SPLICE, Opcode.TEE, Opcode.SENDFILE, Opcode.COPY_FILE_RANGE]

/** Whether an operation is about a descriptor. A close is not: it is made, whatever happens. */
function isOn(operation: Operation, fd: number, registered: RegisteredFiles): boolean {
  const { detail, file, fileKind, opcode } = operation
  if (opcode === Opcode.CLOSE) return false
  if (opcode === Opcode.CHAIN) return detail?.members?.some((member) => isOn(member, fd, registered)) === true
  if ((fileKind === DESCRIPTOR && file === fd) || (fileKind === REGISTERED && registered.get(file) === fd)) return true
  return detail?.file2 === fd && HAS_TARGET.includes(opcode)
}

/** Those in flight or waiting that are about a descriptor. Of a chain the whole. */
export function entriesOn(entries: readonly Entry[], fd: number, registered: RegisteredFiles): Entry[] {
  return entries.filter(({ isMember, operation, state }) => !isMember && (state === EntryState.SUBMITTED || state === EntryState.WAITING) && isOn(operation, fd, registered))
}

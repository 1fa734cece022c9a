// ② operation — the descriptors that an operation has opened and left open: what nobody waits for any more must be closed.
import { fileFacts } from '../native/file-facts.js'
import { ownDescriptors } from '../native/load.js'
import type { CallArgument } from './file-reference.js'
import { Opcode, OPCODE_COUNT } from './opcode.js'
import type { Operation } from './operation.js'
import type { ProgramOutcome } from './program.js'
import { leftOpen, type RowValues } from './row.js'
import type { ReceivedMessage } from './socket.js'
import { SYS, type SystemCallName } from './system-call-numbers.js'
import { asBuffer, byteLengthOf } from './view.js'
import { isWhole, leftOpenByList } from './whole.js'

/** System calls whose result is a new descriptor. Not dup2 and dup3: their caller has named the number. */
const RETURN_ONE: readonly SystemCallName[] = [
  'open', 'openat', 'openat2', 'creat', 'dup', 'socket', 'accept', 'accept4', 'epoll_create', 'epoll_create1', 'eventfd', 'eventfd2', 'timerfd_create',
  'inotify_init', 'inotify_init1', 'fanotify_init', 'memfd_create', 'pidfd_open', 'pidfd_getfd', 'userfaultfd', 'io_uring_setup', 'perf_event_open',
  'open_by_handle_at', 'open_tree', 'fsopen', 'fsmount', 'fspick', 'mq_open', 'landlock_create_ruleset', 'memfd_secret',
]
/** By name, the argument with the memory that two new descriptors are written to. */
const FILL_TWO: readonly (readonly [SystemCallName, number])[] = [['pipe', 0], ['pipe2', 0], ['socketpair', 3]]
const NEW_SIGNALFD = -1
const F_DUPFD = 0
const F_DUPFD_CLOEXEC = 1030
const NOTHING: readonly number[] = []

const returnsOne = new Set(RETURN_ONE.map((name) => SYS[name]))
const fillsTwo = new Map(FILL_TWO.map(([name, argument]) => [SYS[name], argument]))
const signalfds = new Set<number | undefined>([SYS.signalfd, SYS.signalfd4])

/** What a system call with this result has opened. */
function openedByCall(number: number, given: readonly unknown[], result: number): readonly number[] {
  if (result < 0) return NOTHING
  if (returnsOne.has(number)) return [result]
  if (signalfds.has(number)) return Number(given[0]) === NEW_SIGNALFD ? [result] : NOTHING
  if (number === SYS.fcntl) return [F_DUPFD, F_DUPFD_CLOEXEC].includes(Number(given[1])) ? [result] : NOTHING
  const memory = given[fillsTwo.get(number) ?? -1] as CallArgument | undefined
  if (!ArrayBuffer.isView(memory) || byteLengthOf(memory) < 8) return NOTHING
  const pair = asBuffer(memory)
  return [pair.readInt32LE(0), pair.readInt32LE(4)]
}

/** Of a program: what its steps opened last, without what its later steps closed. */
function openedByProgram({ detail }: Operation, { steps }: ProgramOutcome): readonly number[] {
  const open = new Set<number>()
  detail?.program?.steps.forEach(({ number, args }, index) => {
    const { runs, result } = steps[index] as ProgramOutcome['steps'][number] // one for each
    if (runs === 0) return
    for (const fd of openedByCall(number, args, result)) open.add(fd)
    if (number !== SYS.close) return
    const [fd] = args
    if (typeof fd === 'number') open.delete(fd)
    else if (typeof fd === 'object' && fd !== null && 'step' in fd) open.delete(steps[fd.step]?.result ?? -1)
  })
  return [...open]
}

/** The descriptors that an operation has opened and left to its submitter. */
export function openedBy(operation: Operation, result: number, value: unknown): readonly number[] {
  const { opcode, detail } = operation
  if (isWhole(opcode)) return leftOpenByList(operation)
  if (result < 0) return NOTHING
  switch (opcode) {
    // Not `result`: what a chain opens into a registered place answers 0 and has no descriptor; its value is -1.
    case Opcode.OPEN: case Opcode.SOCKET: case Opcode.ACCEPT: return (value as number) >= 0 ? [value as number] : NOTHING
    case Opcode.SOCKETPAIR: return value as readonly [number, number]
    case Opcode.RECVMSG: return (value as ReceivedMessage).descriptors
    case Opcode.ROW: return leftOpen(operation, value as RowValues)
    case Opcode.CALL: return detail?.program === undefined ? openedByCall(detail?.argument ?? -1, detail?.callArguments ?? NOTHING, result) : openedByProgram(operation, value as ProgramOutcome)
    default: return NOTHING
  }
}

/** By opcode: 1 if such an operation may leave descriptors open. */
export const MAY_OPEN: Uint8Array = new Uint8Array(OPCODE_COUNT)
for (const opcode of [Opcode.OPEN, Opcode.ROW, Opcode.CALL, Opcode.SOCKET, Opcode.SOCKETPAIR, Opcode.ACCEPT, Opcode.RECVMSG]) MAY_OPEN[opcode] = 1

/** In a worker: numbers that system calls of the program's have opened, which neither Node nor the engine keeps a list of. */
export const openedByCalls: Set<number> = new Set()

/** An operation has ended: what was known of the numbers that it opened is of other files. @param areOurs its descriptors are this process's */
export function forgetOpened(operation: Operation, result: number, value: unknown, areOurs: boolean): void {
  const { opcode } = operation
  if (opcode === Opcode.OPEN && areOurs) {
    if (result >= 0 && (value as number) >= 0) fileFacts().opened(value as number, operation.flags)
    return
  }
  const isCall = (opcode === Opcode.CALL || opcode === Opcode.RECVMSG) && ownDescriptors() !== undefined
  const isSocket = opcode === Opcode.SOCKET || opcode === Opcode.ACCEPT || opcode === Opcode.SOCKETPAIR
  for (const fd of openedBy(operation, result, value)) {
    if (isCall) openedByCalls.add(fd)
    if (isSocket) fileFacts().noteSocket(fd)
    else fileFacts().forget(fd)
  }
}

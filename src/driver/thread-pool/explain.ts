// ④ driver — thread-pool: how it carries out an operation, in words.
import { loadBinding } from '../../native/load.js'
import { SocketFamily } from '../../operation/address.js'
import { Opcode, opcodeName } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { SYS } from '../../operation/system-call-numbers.js'
import { AutomaticLane } from '../../ring/layout/pool.js'
import { automaticLane, CALL_NAME } from './encode.js'
import { isSmallWork } from './memory-calls.js'
import { awaitedEvents, isOfSocket } from './socket-calls.js'

const LANE_NAME: Readonly<Record<number, string>> = {
  [AutomaticLane.DATA]: 'data', [AutomaticLane.PATH]: 'path', [AutomaticLane.STREAM_READ]: 'stream read',
  [AutomaticLane.STREAM_WRITE]: 'stream write', [AutomaticLane.WAIT]: 'wait', [AutomaticLane.COMPUTE]: 'compute',
}

export function explainOperation(operation: Operation, threads: number): string {
  switch (operation.opcode) {
    case Opcode.TIMER: return 'a timer of Node\'s, to the millisecond'
    case Opcode.POLL: return 'an epoll instance watched by the loop'
    case Opcode.ROW: return `all its calls one after the other on one of ${String(threads)} threads`
    case Opcode.READ_FILES: case Opcode.WRITE_FILES: case Opcode.LOOK_UP: case Opcode.LIST_DIRECTORIES: case Opcode.CHANGE_NAMES:
      return `a list, one after the other on one of ${String(threads)} threads`
    case Opcode.MOVE_BYTES: return `piece after piece on one of ${String(threads)} threads`
    case Opcode.REMOVE_TREE: case Opcode.COPY_TREE: return 'a whole tree on a thread of its own'
    case Opcode.COPY_MEMORY: case Opcode.FILL_MEMORY: case Opcode.COMPARE_MEMORY: case Opcode.XOR_MEMORY: case Opcode.CRC32C: case Opcode.CRC32:
      return `${isSmallWork(operation) ? 'at once' : `on one of ${String(threads)} threads, lane 'compute'`}, by ${loadBinding().binding?.computeBy ?? 'plain C'}`
    case Opcode.NOP: return 'nothing to do: completes at the next flush'
    default: {
      if (isOfSocket(operation.opcode)) return explainOfSocket(operation)
      const lane = automaticLane(operation)
      if (lane === AutomaticLane.OWN_THREAD) return `${callName(operation)} on a thread of its own`
      const when = lane === AutomaticLane.STREAM_READ ? ', of a pipe or socket when it is readable' : ''
      return `${callName(operation)} on one of ${String(threads)} threads, lane '${LANE_NAME[lane] ?? ''}'${when}`
    }
  }
}

function explainOfSocket(operation: Operation): string {
  if (operation.opcode === Opcode.BIND && operation.detail?.address?.family === SocketFamily.AF_UNIX) return `${callName(operation)} on a thread, lane 'path'`
  return awaitedEvents(operation) === 0 ? `${callName(operation)}, at once` : `${callName(operation)}, at once or when the socket is ready`
}

function callName(operation: Operation): string {
  const program = operation.detail?.program
  if (program === undefined) return `${nameOf(operation)}(2)`
  const names = program.steps.map(({ number }) => `${nameOfNumber(number)}(2)`)
  return `a program of ${names.length === 1 ? 'one step' : `${String(names.length)} steps`} (${names.join(', ')})`
}

function nameOfNumber(number: number): string {
  return Object.entries(SYS).find(([, known]) => known === number)?.[0] ?? `system call ${String(number)}`
}

function nameOf(operation: Operation): string {
  const { detail, flags, offset, opcode } = operation
  if (opcode === Opcode.CALL) return nameOfNumber(detail?.argument ?? -1)
  if (opcode === Opcode.READ || opcode === Opcode.WRITE) {
    const verb = opcodeName(opcode)
    return flags !== 0 ? `p${verb}v2` : offset < 0 ? verb : `p${verb}64`
  }
  return CALL_NAME[opcode] ?? ''
}

// ④ driver — iocp: whether a completion port can be had here, with how many threads, and which operations it carries out.
import { availableParallelism } from 'node:os'
import type { Binding, NativePort } from '../../native/binding.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import { errorCode, isTransient } from '../../operation/system-error.js'
import { Support, type DriverOptions, type Refusal } from '../../proactor/driver.js'
import { FUNCTION_NAME } from './calls.js'

const THREADS_LEAST = 4
/** The completion ring has a place for each submission in flight; 16 bytes each. */
export const IN_FLIGHT_MAX = 65536

/** How many threads there may be for what ends by itself: as asked, or twice the cores and at least four. */
export function threadCount(asked: number): number {
  return asked > 0 ? asked : Math.max(THREADS_LEAST, 2 * availableParallelism())
}

export function openPort(binding: Binding, options: DriverOptions, onCompletions: () => void): NativePort | Refusal {
  if (binding.portCreate === undefined) return { refused: `completion ports are Windows'; this is ${process.platform}` }
  const port = binding.portCreate(options.entries, Math.min(options.inFlightMax, IN_FLIGHT_MAX), threadCount(options.threads), onCompletions)
  return typeof port === 'number' ? { refused: `a completion port and its threads: ${errorCode(port)}`, isTransient: isTransient(port) } : port
}

export function supportedOperations(): Uint8Array {
  const operations = new Uint8Array(OPCODE_COUNT)
  for (const opcode of Object.keys(FUNCTION_NAME)) operations[Number(opcode)] = Support.NATIVE
  operations[Opcode.NOP] = Support.NATIVE
  operations[Opcode.TIMER] = Support.EMULATED
  return operations
}

// ④ driver — thread-pool: whether threads can be had here, how many, and which operations they carry out.
import { availableParallelism } from 'node:os'
import type { Binding, NativePool } from '../../native/binding.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import { errorCode, isTransient } from '../../operation/system-error.js'
import { SYS } from '../../operation/system-call-numbers.js'
import { Support, type DriverOptions, type Refusal } from '../../proactor/driver.js'
import { CALL_NUMBER } from './encode.js'
import { WHOLE_NUMBER } from './encode-whole.js'
import { MEMORY_OPCODES } from './memory-calls.js'

/** A thread without work for this long leaves. */
const IDLE_MILLISECONDS = 200
const THREADS_LEAST = 4
/** The completion ring has a place for each submission in flight; 16 bytes each. */
export const IN_FLIGHT_MAX = 65536

/** How many threads there may be: as asked, or twice the cores and at least four. */
export function threadCount(asked: number): number {
  return asked > 0 ? asked : Math.max(THREADS_LEAST, 2 * availableParallelism())
}

/**
 * Threads that a lane leaves free when it takes a second one and more. With it, every lane's first thread still finds
 * one when another lane is stuck with all it may have, and a third lane's too from four threads on.
 */
function threadsReserved(threads: number): number {
  if (threads < 2) return 0
  return threads < THREADS_LEAST ? 1 : 1 + Math.floor(threads / 4)
}

export function openPool(binding: Binding, options: DriverOptions, onReadable: () => void): NativePool | Refusal {
  if (binding.poolCreate === undefined) return { refused: `its system calls are Linux's; this is ${process.platform}` }
  if (SYS.read === undefined) return { refused: `no table of system-call numbers for ${process.arch}` }
  const threads = threadCount(options.threads)
  let pool: NativePool | number
  try {
    pool = binding.poolCreate(options.entries, Math.min(options.inFlightMax, IN_FLIGHT_MAX), threads, threadsReserved(threads), IDLE_MILLISECONDS, onReadable)
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error), isTransient: true }
  }
  if (typeof pool !== 'number') return pool
  const code = errorCode(pool)
  if (code === 'ENFILE') return { isTransient: true, refused: 'no real-time signal without a handler is left, and one is needed to interrupt calls; or the system is out of open files' }
  return { refused: `the pool's memory or eventfd: ${code}`, isTransient: isTransient(pool) }
}

/** What the threads carry out, and what the driver does without one. */
export function supportedOperations(): Uint8Array {
  const operations = new Uint8Array(OPCODE_COUNT)
  for (let opcode = 0; opcode < OPCODE_COUNT; opcode++) {
    if ((CALL_NUMBER[opcode] as number) >= 0) operations[opcode] = Support.NATIVE
  }
  operations[Opcode.CALL] = Support.NATIVE
  operations[Opcode.ROW] = Support.NATIVE
  for (const opcode of Object.keys(WHOLE_NUMBER)) operations[Number(opcode)] = Support.NATIVE
  for (const opcode of MEMORY_OPCODES) operations[opcode] = Support.NATIVE
  operations[Opcode.NOP] = Support.NATIVE
  operations[Opcode.POLL] = Support.EMULATED
  operations[Opcode.TIMER] = Support.EMULATED
  return operations
}

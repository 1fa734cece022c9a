// Forbids this process system calls in the middle of its work, and tells what becomes of operations.
import { setTimeout as later } from 'node:timers/promises'
import { call, Proactor } from 'trueaio'
import { loadBinding } from '#src/native/load.js'

const LOAD = 0x20
const JUMP_IF_EQUAL = 0x15
const RETURN = 0x06
const ANSWER_ERRNO = 0x00050000
const ALLOW = 0x7fff0000

/** A filter for all threads of this process: these system calls, by number, answer `errno` from here on. */
export async function forbid(numbers: readonly number[], errno: number): Promise<void> {
  const { binding, reason } = loadBinding()
  if (binding === undefined) throw new Error(reason)
  const step = (code: number, jumpTrue: number, jumpFalse: number, constant: number): Buffer => {
    const one = Buffer.alloc(8)
    one.writeUInt16LE(code)
    one.writeUInt8(jumpTrue, 2)
    one.writeUInt8(jumpFalse, 3)
    one.writeUInt32LE(constant >>> 0, 4)
    return one
  }
  const jumps = numbers.map((number, index) => step(JUMP_IF_EQUAL, numbers.length - index, 0, number))
  const steps = Buffer.concat([step(LOAD, 0, 0, 0), ...jumps, step(RETURN, 0, 0, ALLOW), step(RETURN, 0, 0, ANSWER_ERRNO | errno)])
  const filter = new Uint8Array(steps)
  const program = new BigUint64Array([BigInt(numbers.length + 3), BigInt(binding.address(filter))])
  const pool = new Proactor({ driver: 'thread-pool', threads: 1 })
  await pool.submit(call('prctl', 38, 1, 0, 0, 0)) // no_new_privs
  await pool.submit(call('seccomp', 1, 1, program)) // SECCOMP_SET_MODE_FILTER, TSYNC
  await pool.close()
}

export const outcome = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', (error: unknown) => {
  const { code, message, name } = error as NodeJS.ErrnoException
  return message.includes('has died') ? `died ${code ?? ''}` : code ?? name
})

/** Those that do not end within seconds hang. */
export async function outcomes(under: Readonly<Record<string, Promise<string>>>): Promise<Readonly<Record<string, string>>> {
  const ended: Record<string, string> = {}
  await Promise.all(Object.entries(under).map(async ([name, result]) => {
    ended[name] = await Promise.race([result, later(5000, 'hangs', { ref: false })])
  }))
  return ended
}

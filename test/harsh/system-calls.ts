// What Node has no function for, by the addon's own system calls, made at once on this thread: pipes, forks, ptys.
import { SYS, type SystemCallName } from 'trueaio'
import { loadBinding } from '#src/native/load.js'

/** Why the tests here cannot run, or false: for the `skip` of node:test. */
export const withoutAddon: string | false = loadBinding().reason ?? false

/** Makes a system call now. Views are passed by address. Throws on failure. */
export function systemCall(name: SystemCallName, ...callArguments: readonly (number | NodeJS.ArrayBufferView)[]): number {
  const { binding, reason } = loadBinding()
  if (binding === undefined) throw new Error(reason)
  const number = SYS[name]
  if (number === undefined) throw new Error(`no ${name} on this architecture`)
  const words = new BigInt64Array(6)
  callArguments.forEach((value, index) => {
    words[index] = BigInt(typeof value === 'number' ? value : binding.address(value))
  })
  const result = binding.systemCall(number, words)
  if (result < 0) throw new Error(`${name}: errno ${String(-result)}`)
  return result
}

export const O_NONBLOCK = 0o4000
export const O_CLOEXEC = 0o2000000

export interface Pipe {
  readonly readEnd: number
  readonly writeEnd: number
}

/** A pipe, blocking unless told otherwise. */
export function makePipe(flags: number = O_CLOEXEC): Pipe {
  const ends = new Int32Array(2)
  systemCall('pipe2', ends, flags)
  return { readEnd: ends[0] as number, writeEnd: ends[1] as number }
}

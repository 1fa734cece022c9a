// What the tests of the pool know of its threads: what the kernel tells of this process's tasks.
import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { call, type Operation, type Proactor } from 'trueaio'

const PATIENCE = 10_000

function read(task: string, file: string): string {
  try {
    return readFileSync(`/proc/self/task/${task}/${file}`, 'utf8').trim()
  } catch {
    return '' // the thread has ended since it was listed
  }
}

/** Threads of pools in this process. */
export function poolThreads(): string[] {
  return readdirSync('/proc/self/task').filter((task) => read(task, 'comm') === 'trueaio')
}

/** How many of them are inside this system call, asleep. */
export function threadsInside(number: number): number {
  return poolThreads().filter((task) => read(task, 'syscall').split(' ')[0] === String(number)).length
}

/** Nanoseconds of processor time a thread has had; 0: it has ended. */
export function processorTime(thread: string): number {
  return Number(read(thread, 'schedstat').split(' ')[0] ?? 0)
}

/** Turns the loop until something is so; how long it took, in milliseconds. */
export async function until(what: string, isSo: () => boolean): Promise<number> {
  const start = performance.now()
  while (!isSo()) {
    if (performance.now() - start > PATIENCE) throw new Error(`not within ${String(PATIENCE)} ms: ${what}`)
    await turn()
  }
  return performance.now() - start
}

export interface Pipe {
  readonly readEnd: number
  readonly writeEnd: number
}

/** A pipe as the kernel makes it: its ends block, unless `flags` say otherwise. */
export async function pipe(io: Proactor, flags = 0): Promise<Pipe> {
  const ends = new Int32Array(2)
  await io.submit(call('pipe2', ends, flags))
  return { readEnd: ends[0] as number, writeEnd: ends[1] as number }
}

/** read(2) as a plain call, which waits on its thread: a `read` of a stream would take one only when there is something. */
export function blockingRead(fd: number, buffer: Buffer): Operation<number> {
  return call('read', fd, buffer, buffer.byteLength)
}

/** Makes a FIFO; its open for reading waits for a writer. */
export async function fifo(io: Proactor, path: string): Promise<void> {
  const AT_FDCWD = -100
  const S_IFIFO = 0o010000
  await io.submit(call('mknodat', AT_FDCWD, path, S_IFIFO | 0o600, 0))
}

// Benchmark — the contenders that read blocks at random places, shared by the suites `random`, `direct` and
// `sequential`, which differ in the size of a read and in the flags of the open file.
import { closeSync, constants, openSync, read as readWithCallback, readSync } from 'node:fs'
import { open as openHandle } from 'node:fs/promises'
import { read, type Proactor } from 'trueaio'
import { BlockReads } from '../workload/block-reads.js'
import type { Budget } from '../workload/budget.js'
import { driveCallbacks, drivePromises } from '../workload/drive.js'
import { alignedBuffers, makeProactor } from './engine.js'
import { Unavailable, type Case, type Context, type ProcessContender } from '../suite.js'

export const TRUEAIO_PROMISE = 'trueaio, promise'
export const TRUEAIO_CALLBACK = 'trueaio, callback'
export const TRUEAIO_EVENTS = 'trueaio, event batches'
export const TRUEAIO_POOL = 'trueaio, promise, pool buffers'
export const FS_SYNC = 'fs.readSync'
export const FS_CALLBACK = 'fs.read, callback'
export const FS_PROMISE = 'fs/promises, FileHandle.read'
/** `Case.work` of reads one after the other; any other: at random places. */
export const SEQUENTIAL = 'sequential'
const POOL_THREADS_MANY = 16

type Make = ProcessContender['make']

function flagsOf(direct: boolean): number {
  return constants.O_RDONLY | (direct ? constants.O_DIRECT : 0)
}

function openBlocks(context: Context, direct: boolean): number {
  try {
    return openSync(context.files.blocks, flagsOf(direct))
  } catch (error) {
    if (direct && (error as NodeJS.ErrnoException).code === 'EINVAL') throw new Unavailable('this file system has no O_DIRECT')
    throw error
  }
}

function plainBuffers(case_: Case): Buffer[] {
  return Array.from({ length: case_.inFlight }, () => Buffer.allocUnsafeSlow(case_.bytes))
}

export interface EngineReads {
  readonly proactor: Proactor
  readonly fd: number
  readonly reads: BlockReads
  readonly buffers: readonly Buffer[]
  readonly inFlight: number
}

export type EngineRun = (engine: EngineReads, budget: Budget) => Promise<void>

/** @param pooled into page-aligned buffers of the proactor's pool: always so with O_DIRECT */
export function engineReads(direct: boolean, run: EngineRun, pooled = direct): Make {
  return (context, case_) => {
    const proactor = makeProactor(context.drivers)
    const buffers = pooled ? alignedBuffers(proactor, case_.inFlight, case_.bytes) : plainBuffers(case_)
    const fd = openBlocks(context, direct)
    const engine = { proactor, fd, reads: new BlockReads(context.files, case_.bytes, buffers, case_.work === SEQUENTIAL), buffers, inFlight: case_.inFlight }
    return {
      run: (budget) => run(engine, budget),
      async close(): Promise<void> {
        await proactor.close()
        closeSync(fd)
      },
    }
  }
}

export const promiseReads: EngineRun = ({ proactor, fd, reads, buffers, inFlight }, budget) => drivePromises(
  inFlight, budget,
  (lane) => proactor.submit(read(fd, buffers[lane] as Buffer, reads.next(lane))), // one buffer a lane
  (lane, bytes) => reads.check(lane, bytes),
)

export const callbackReads: EngineRun = ({ proactor, fd, reads, buffers, inFlight }, budget) => driveCallbacks<number | undefined>(
  inFlight, budget,
  (lane, callback) => proactor.submit(read(fd, buffers[lane] as Buffer, reads.next(lane)), callback as (error: Error | null, bytes?: number) => void),
  (lane, bytes) => reads.check(lane, bytes ?? -1),
)

/** What reads are submitted to, and their completions come out of. */
interface ReadsQueue {
  submit(operation: ReturnType<typeof read>, lane: number): void
}

interface Completion {
  readonly cookie: number
  readonly error: Error | undefined
  readonly result: unknown
}

/** Keeps reads in flight through a queue that delivers batches of events. */
export async function readsInto(queue: ReadsQueue, wait: () => Promise<readonly Completion[]>, { fd, reads, buffers, inFlight }: EngineReads, budget: Budget): Promise<void> {
  let running = 0
  const begin = (lane: number): void => {
    if (!budget.take()) return
    running++
    queue.submit(read(fd, buffers[lane] as Buffer, reads.next(lane)), lane)
  }
  for (let lane = 0; lane < inFlight; lane++) begin(lane)
  while (running > 0) {
    for (const event of await wait()) {
      running--
      if (event.error !== undefined) throw event.error
      reads.check(event.cookie, event.result as number)
      begin(event.cookie)
    }
  }
}

export const eventReads: EngineRun = async (engine, budget) => {
  const queue = engine.proactor.completionQueue<number>({ capacity: Math.max(engine.inFlight, 16) })
  await readsInto(queue, () => queue.wait(), engine, budget)
  queue.close()
}

/** Node's own fs. For O_DIRECT it borrows the engine's aligned buffers; nothing else of the engine runs. */
function nodeReads(direct: boolean, run: (fd: number, reads: BlockReads, buffers: readonly Buffer[], budget: Budget) => Promise<void> | void): Make {
  return (context, case_) => {
    const lender = direct ? makeProactor(context.drivers) : undefined
    const buffers = lender === undefined ? plainBuffers(case_) : alignedBuffers(lender, case_.inFlight, case_.bytes)
    const fd = openBlocks(context, direct)
    const reads = new BlockReads(context.files, case_.bytes, buffers, case_.work === SEQUENTIAL)
    return {
      run: (budget) => run(fd, reads, buffers, budget),
      async close(): Promise<void> {
        closeSync(fd)
        await lender?.close()
      },
    }
  }
}

function makeSync(direct: boolean): Make {
  return nodeReads(direct, (fd, reads, buffers, budget) => {
    const buffer = buffers[0] as Buffer // every case has at least one in flight
    while (budget.take()) reads.check(0, readSync(fd, buffer, 0, reads.bytes, reads.next(0)))
  })
}

function makeCallback(direct: boolean): Make {
  return nodeReads(direct, (fd, reads, buffers, budget) => driveCallbacks<number>(
    buffers.length, budget,
    (lane, callback) => readWithCallback(fd, buffers[lane] as Buffer, 0, reads.bytes, reads.next(lane), callback),
    (lane, bytes) => reads.check(lane, bytes),
  ))
}

function makeHandle(direct: boolean): Make {
  return async (context, case_) => {
    const lender = direct ? makeProactor(context.drivers) : undefined
    const buffers = lender === undefined ? plainBuffers(case_) : alignedBuffers(lender, case_.inFlight, case_.bytes)
    closeSync(openBlocks(context, direct)) // says in our words when there is no O_DIRECT
    const handle = await openHandle(context.files.blocks, flagsOf(direct))
    const reads = new BlockReads(context.files, case_.bytes, buffers, case_.work === SEQUENTIAL)
    return {
      run: (budget) => drivePromises(
        case_.inFlight, budget,
        (lane) => handle.read(buffers[lane] as Buffer, 0, reads.bytes, reads.next(lane)),
        (lane, { bytesRead }) => reads.check(lane, bytesRead),
      ),
      async close(): Promise<void> {
        await handle.close()
        await lender?.close()
      },
    }
  }
}

/** The engine's three forms. */
export function engineContenders(direct: boolean): ProcessContender[] {
  return [
    { kind: 'process', name: TRUEAIO_PROMISE, quick: true, make: engineReads(direct, promiseReads) },
    { kind: 'process', name: TRUEAIO_CALLBACK, quick: false, make: engineReads(direct, callbackReads) },
    { kind: 'process', name: TRUEAIO_EVENTS, quick: true, make: engineReads(direct, eventReads) },
  ]
}

export function nodeCallback(direct: boolean): ProcessContender {
  return { kind: 'process', name: FS_CALLBACK, quick: true, make: makeCallback(direct) }
}

export function nodePromise(direct: boolean): ProcessContender {
  return { kind: 'process', name: FS_PROMISE, quick: true, make: makeHandle(direct) }
}

/** Node's forms: synchronous (one at a time, whatever the case says), callback and promise, and these with more threads. */
export function nodeContenders(direct: boolean): ProcessContender[] {
  const callback = nodeCallback(direct)
  const promise = nodePromise(direct)
  const many = (contender: ProcessContender): ProcessContender => ({
    ...contender, name: `${contender.name}, ${String(POOL_THREADS_MANY)} threads`, quick: false, poolThreads: POOL_THREADS_MANY,
    takesPart: ({ inFlight }) => inFlight > 1,
  })
  return [
    { kind: 'process', name: FS_SYNC, quick: false, make: makeSync(direct), takesPart: ({ inFlight }) => inFlight === 1 },
    callback, promise, many(callback), many(promise),
  ]
}

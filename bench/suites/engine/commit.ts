// Benchmark suite — a log: 4 KiB writes that count only once they are on the device (fdatasync), by 1 and by 32 writers.
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs'
import { open as openHandle } from 'node:fs/promises'
import { chain, fdatasync, write } from 'trueaio'
import type { Budget } from '../../workload/budget.js'
import { BLOCK_BYTES, LOG_BLOCKS } from '../../workload/data-files.js'
import { drivePromises } from '../../workload/drive.js'
import { makeProactor } from '../../contenders/engine.js'
import type { Case, Context, ProcessContender, Suite } from '../../suite.js'

const CHAIN = 'trueaio, chain(write, fdatasync)'
const WRITE = 0
type Make = ProcessContender['make']

/** What the writers write and where: each goes round in a region of its own. */
class LogWrites {
  readonly buffers: readonly Buffer[]
  readonly #blocks: number
  readonly #next: number[]
  readonly #last: number[]

  constructor(writers: number) {
    this.buffers = Array.from({ length: writers }, () => Buffer.alloc(BLOCK_BYTES, 0x61))
    this.#blocks = Math.floor(LOG_BLOCKS / writers)
    this.#next = this.buffers.map(() => 0)
    this.#last = this.buffers.map(() => -1)
  }

  buffer(writer: number): Buffer {
    return this.buffers[writer] as Buffer // writers count from 0
  }

  /** The offset of a writer's next block, stamped with its sequence number. */
  next(writer: number): number {
    const sequence = this.#next[writer] as number // writers count from 0
    this.#next[writer] = sequence + 1
    this.#last[writer] = sequence
    this.buffer(writer).writeUInt32LE(sequence, 0)
    return (writer * this.#blocks + (sequence % this.#blocks)) * BLOCK_BYTES
  }

  check(bytes: number): void {
    if (bytes !== BLOCK_BYTES) throw new Error(`a write of ${String(BLOCK_BYTES)} bytes wrote ${String(bytes)}`)
  }

  /** Reads each writer's last block back. */
  verify(path: string): void {
    const fd = openSync(path, 'r')
    try {
      const block = Buffer.alloc(BLOCK_BYTES)
      this.#last.forEach((sequence, writer) => {
        if (sequence < 0) return
        readSync(fd, block, 0, BLOCK_BYTES, (writer * this.#blocks + (sequence % this.#blocks)) * BLOCK_BYTES)
        if (block.readUInt32LE(0) !== sequence || block[BLOCK_BYTES - 1] !== 0x61) {
          throw new Error(`writer ${String(writer)} wrote block ${String(sequence)}, and the file has ${String(block.readUInt32LE(0))}`)
        }
      })
    } finally {
      closeSync(fd)
    }
  }
}

type EngineRun = (proactor: ReturnType<typeof makeProactor>, fd: number, log: LogWrites, writers: number, budget: Budget) => Promise<void>

function engine(run: EngineRun): Make {
  return (context: Context, case_: Case) => {
    const proactor = makeProactor(context.drivers)
    const fd = openSync(context.files.log, 'r+')
    const log = new LogWrites(case_.inFlight)
    return {
      async run(budget) {
        await run(proactor, fd, log, case_.inFlight, budget)
        log.verify(context.files.log)
      },
      async close() {
        await proactor.close()
        closeSync(fd)
      },
    }
  }
}

const chained: EngineRun = (proactor, fd, log, writers, budget) => drivePromises(
  writers, budget,
  (writer) => proactor.submit(chain(write(fd, log.buffer(writer), log.next(writer)), fdatasync(fd))),
  (_, results) => log.check(results[WRITE]),
)

const plain: EngineRun = (proactor, fd, log, writers, budget) => drivePromises(
  writers, budget,
  async (writer) => {
    const bytes = await proactor.submit(write(fd, log.buffer(writer), log.next(writer)))
    await proactor.submit(fdatasync(fd))
    return bytes
  },
  (_, bytes) => log.check(bytes),
)

/** All writers' blocks in one submission, then one fdatasync that stands for all of them. */
const grouped: EngineRun = async (proactor, fd, log, writers, budget) => {
  while (budget.take()) {
    const written = await Promise.all(log.buffers.map((buffer, writer) => proactor.submit(write(fd, buffer, log.next(writer)))))
    written.forEach((bytes) => log.check(bytes))
    await proactor.submit(fdatasync(fd))
    budget.add(writers - 1)
  }
}

const makeSync: Make = (context, case_) => {
  const fd = openSync(context.files.log, 'r+')
  const log = new LogWrites(case_.inFlight)
  return {
    run(budget) {
      for (let writer = 0; budget.take(); writer = (writer + 1) % case_.inFlight) {
        const offset = log.next(writer)
        log.check(writeSync(fd, log.buffer(writer), 0, BLOCK_BYTES, offset))
        fdatasyncSync(fd)
      }
      log.verify(context.files.log)
    },
    close: () => closeSync(fd),
  }
}

function handle(group: boolean): Make {
  return async (context, case_) => {
    const file = await openHandle(context.files.log, 'r+')
    const log = new LogWrites(case_.inFlight)
    const writeNext = async (writer: number): Promise<void> => {
      const { bytesWritten } = await file.write(log.buffer(writer), 0, BLOCK_BYTES, log.next(writer))
      log.check(bytesWritten)
    }
    return {
      async run(budget) {
        if (group) {
          while (budget.take()) {
            await Promise.all(log.buffers.map((_, writer) => writeNext(writer)))
            await file.datasync()
            budget.add(case_.inFlight - 1)
          }
        } else {
          await drivePromises(case_.inFlight, budget, async (writer) => {
            await writeNext(writer)
            await file.datasync()
          }, () => { /* writeNext has checked */ })
        }
        log.verify(context.files.log)
      },
      close: () => file.close(),
    }
  }
}

const several = ({ inFlight }: Case): boolean => inFlight > 1

export const commit: Suite = {
  name: 'commit',
  title: '4 KiB writes made durable with fdatasync',
  unit: 'durable writes',
  cases: [1, 32].map((inFlight) => ({ name: inFlight === 1 ? '1 writer' : `${String(inFlight)} writers`, work: '', inFlight, bytes: BLOCK_BYTES, quick: inFlight > 1 })),
  contenders: [
    { kind: 'process', name: CHAIN, quick: true, make: engine(chained) },
    { kind: 'process', name: 'trueaio, write then fdatasync', quick: false, make: engine(plain) },
    { kind: 'process', name: 'trueaio, group commit', quick: true, make: engine(grouped), takesPart: several },
    { kind: 'process', name: 'fs.writeSync, fdatasyncSync', quick: false, make: makeSync, takesPart: ({ inFlight }) => inFlight === 1 },
    { kind: 'process', name: 'fs/promises, write then datasync', quick: true, make: handle(false) },
    { kind: 'process', name: 'fs/promises, group commit', quick: false, make: handle(true), takesPart: several },
  ],
  reference: CHAIN,
  stride: 1,
}

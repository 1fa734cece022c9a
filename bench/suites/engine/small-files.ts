// Benchmark suite — many small files read whole, 64 at once: what build tools, linters and scanners do.
import { readFile as readFileWithCallback, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { chain, close, hardLink, open, read, type Proactor } from 'trueaio'
import type { Budget } from '../../workload/budget.js'
import { SMALL_FILE_BYTES_MAX } from '../../workload/data-files.js'
import { driveCallbacks, drivePromises } from '../../workload/drive.js'
import { makeProactor } from '../../contenders/engine.js'
import { FileRound } from '../../workload/file-round.js'
import type { Case, ProcessContender, Suite } from '../../suite.js'

const AWAITED = 'trueaio, open, read, close'
type Make = ProcessContender['make']

type EngineRead = (proactor: Proactor, path: string, buffer: Buffer) => Promise<number>

function engine(readWhole: EngineRead): Make {
  return (context, case_) => {
    const proactor = makeProactor(context.drivers)
    const round = new FileRound(context.files)
    const buffers = Array.from({ length: case_.inFlight }, () => Buffer.alloc(SMALL_FILE_BYTES_MAX))
    return {
      run: (budget: Budget) => drivePromises(
        case_.inFlight, budget,
        (lane) => readWhole(proactor, round.next(lane), buffers[lane] as Buffer), // one buffer a lane
        (lane, bytes) => round.checkContent(lane, buffers[lane] as Buffer, bytes),
      ),
      close: () => proactor.close(),
    }
  }
}

/** All lanes are at the same step most of the time, so that their opens, reads and closes go as batches. */
const awaited: EngineRead = async (proactor, path, buffer) => {
  const fd = await proactor.submit(open(path))
  const bytes = await proactor.submit(read(fd, buffer, 0))
  await proactor.submit(close(fd))
  return bytes
}

/** The close is submitted and looked after, but the next file does not wait for it. */
const closeBehind: EngineRead = async (proactor, path, buffer) => {
  const fd = await proactor.submit(open(path))
  const bytes = await proactor.submit(read(fd, buffer, 0))
  proactor.submit(close(fd), (error) => {
    if (error !== null) throw error
  })
  return bytes
}

/** hardLink: these files end before the buffer does, and a short read would end the chain before its close. */
const chained: EngineRead = async (proactor, path, buffer) => {
  const results = await proactor.submit(chain(open(path), hardLink(read(chain.opened, buffer, 0)), close(chain.opened)))
  return results[1]
}

function node(run: (round: FileRound, case_: Case, budget: Budget) => Promise<void> | void): Make {
  return (context, case_) => {
    const round = new FileRound(context.files)
    return { run: (budget) => run(round, case_, budget), close() { /* nothing is open */ } }
  }
}

const sync = node((round, _, budget) => {
  while (budget.take()) {
    const content = readFileSync(round.next(0))
    round.checkContent(0, content, content.length)
  }
})

const callback = node((round, { inFlight }, budget) => driveCallbacks<Buffer>(
  inFlight, budget,
  (lane, done) => readFileWithCallback(round.next(lane), done),
  (lane, content) => round.checkContent(lane, content, content.length),
))

const promise = node((round, { inFlight }, budget) => drivePromises(
  inFlight, budget,
  (lane) => readFile(round.next(lane)),
  (lane, content) => round.checkContent(lane, content, content.length),
))

export const smallFiles: Suite = {
  name: 'small-files',
  title: 'Small files (0.5–7.5 KB) opened, read and closed',
  unit: 'files',
  cases: [{ name: '64 at once', work: '', inFlight: 64, bytes: 0, quick: true }],
  contenders: [
    { kind: 'process', name: AWAITED, quick: true, make: engine(awaited) },
    { kind: 'process', name: 'trueaio, open, read; close behind', quick: false, make: engine(closeBehind) },
    { kind: 'process', name: 'trueaio, chain(open, read, close)', quick: false, make: engine(chained) },
    { kind: 'process', name: 'fs.readFileSync', quick: true, make: sync },
    { kind: 'process', name: 'fs.readFile, callback', quick: false, make: callback },
    { kind: 'process', name: 'fs/promises.readFile', quick: true, make: promise },
  ],
  reference: AWAITED,
}

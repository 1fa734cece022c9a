// Benchmark suite — `trueaio/work`: what a state machine's step, and a semaphore around an operation, cost over the engine.
import { read } from 'trueaio'
import { Semaphore, Work } from 'trueaio/work'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { drivePromises } from '../../workload/drive.js'
import { callbackReads, engineReads, promiseReads, TRUEAIO_CALLBACK, TRUEAIO_PROMISE, type EngineRun } from '../../contenders/read-contenders.js'
import { inFlightCases, type Suite } from '../../suite.js'

export const WORK_STEPS = 'work, a machine a lane, a step a read'
export const UNDER_SEMAPHORE = 'trueaio, promise, under a semaphore'

const machineReads: EngineRun = async ({ proactor, fd, reads, buffers, inFlight }, budget) => {
  const machine = (lane: number): Promise<void> => {
    const work = new Work({ proactor })
    const begin = (): void => {
      if (budget.take()) work.submit(read(fd, buffers[lane] as Buffer, reads.next(lane)), arrived) // one buffer a lane
      else work.finish()
    }
    const arrived = (bytes: number): void => {
      reads.check(lane, bytes)
      begin()
    }
    work.queue(begin)
    return work.done
  }
  await Promise.all(Array.from({ length: inFlight }, (_, lane) => machine(lane)))
}

/** Half as many permits as lanes: every other read waits for one. */
const semaphoreReads: EngineRun = async ({ proactor, fd, reads, buffers, inFlight }, budget) => {
  const places = new Semaphore(Math.ceil(inFlight / 2))
  await drivePromises(
    inFlight, budget,
    async (lane) => {
      await places.down()
      const bytes = await proactor.submit(read(fd, buffers[lane] as Buffer, reads.next(lane)))
      places.up()
      return bytes
    },
    (lane, bytes) => reads.check(lane, bytes),
  )
}

export const work: Suite = {
  name: 'work',
  title: 'Work to do: random 4 KiB reads, page-cached',
  unit: 'reads',
  cases: inFlightCases([1, 32, 128], [32], BLOCK_BYTES),
  contenders: [
    { kind: 'process', name: TRUEAIO_PROMISE, quick: true, make: engineReads(false, promiseReads) },
    { kind: 'process', name: TRUEAIO_CALLBACK, quick: true, make: engineReads(false, callbackReads) },
    { kind: 'process', name: WORK_STEPS, quick: true, make: engineReads(false, machineReads) },
    { kind: 'process', name: UNDER_SEMAPHORE, quick: false, make: engineReads(false, semaphoreReads) },
  ],
  reference: TRUEAIO_CALLBACK,
  byDefault: false,
}

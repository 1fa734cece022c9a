// Benchmark suite — completion ports: what packets, keys and the concurrency value cost over the engine's own events.
import { read } from 'trueaio'
import { CompletionPort, Overlapped } from 'trueaio/completion-port'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { fioContender } from '../../contenders/fio.js'
import { engineReads, eventReads, TRUEAIO_EVENTS, type EngineRun } from '../../contenders/read-contenders.js'
import { inFlightCases, type Suite } from '../../suite.js'

export const PORT_BATCHES = 'completion port, getMany'
const PORT_SINGLY = 'completion port, get'

/** Keeps a read in flight for each lane; packets come in batches of up to `max`. */
function portReads(max: number): EngineRun {
  return async ({ proactor, fd, reads, buffers, inFlight }, budget) => {
    const port = new CompletionPort<string>({ proactor, concurrency: 1 })
    const handle = port.associate(fd, 'blocks')
    const lanes = Array.from({ length: inFlight }, (_, lane) => new Overlapped(0, lane))
    let running = 0
    const begin = (overlapped: Overlapped<number>): void => {
      if (!budget.take()) return
      running++
      handle.submit(read(fd, buffers[overlapped.cookie] as Buffer, reads.next(overlapped.cookie)), overlapped) // one buffer a lane
    }
    for (const overlapped of lanes) begin(overlapped)
    while (running > 0) {
      for (const { bytes, overlapped, error } of await port.getMany({ max })) {
        running--
        if (error !== undefined) throw error
        reads.check((overlapped as Overlapped<number>).cookie, bytes)
        begin(overlapped as Overlapped<number>)
      }
    }
    port.close()
  }
}

export const completionPort: Suite = {
  name: 'completion-port',
  title: 'Completion ports: random 4 KiB reads, page-cached',
  unit: 'reads',
  cases: inFlightCases([1, 32, 128], [32], BLOCK_BYTES),
  contenders: [
    { kind: 'process', name: TRUEAIO_EVENTS, quick: true, make: engineReads(false, eventReads) },
    { kind: 'process', name: PORT_BATCHES, quick: true, make: engineReads(false, portReads(1024)) },
    { kind: 'process', name: PORT_SINGLY, quick: false, make: engineReads(false, portReads(1)) },
    fioContender(false),
  ],
  reference: TRUEAIO_EVENTS,
  byDefault: false,
}

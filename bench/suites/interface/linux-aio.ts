// Benchmark suite — Linux AIO. With O_DIRECT: the driver on the kernel's own calls beside fio on the same ones. From the page
// cache: the module's io_submit and io_getevents beside the engine below them, on the driver of the run.
import { IOCB_CMD_PREAD, io_destroy, io_getevents, io_setup, io_submit, type Iocb } from 'trueaio/linux-aio'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { FIO, FIO_LIBAIO, fioContender } from '../../contenders/fio.js'
import { engineReads, eventReads, promiseReads, TRUEAIO_EVENTS } from '../../contenders/read-contenders.js'
import type { Case, CommandContender, ProcessContender, Suite } from '../../suite.js'

export const AIO_PROMISE = 'linux-aio driver, promise'
export const AIO_EVENTS = 'linux-aio driver, event batches'
export const AIO_MODULE = 'io_submit, io_getevents'
const DIRECT = 'direct'
const CACHED = 'cached'

type EngineRun = Parameters<typeof engineReads>[1]

const moduleReads: EngineRun = async ({ proactor, fd, reads, buffers, inFlight }, budget) => {
  const context = io_setup<number>(inFlight, { proactor })
  const iocbs = buffers.map((aio_buf, lane): Iocb<number> => ({ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf, aio_offset: 0, aio_data: lane }))
  const begin = (lanes: readonly Iocb<number>[]): number => {
    const batch: Iocb<number>[] = []
    for (const iocb of lanes) {
      if (!budget.take()) break
      iocb.aio_offset = reads.next(iocb.aio_data as number) // set above
      batch.push(iocb)
    }
    if (batch.length > 0 && io_submit(context, batch) !== batch.length) throw context.refused?.error ?? new Error('a short io_submit')
    return batch.length
  }
  let running = begin(iocbs)
  while (running > 0) {
    const events = await io_getevents(context, 1, inFlight)
    for (const { data, res } of events) reads.check(data, res)
    running += begin(events.map(({ obj }) => obj as Iocb<number>)) - events.length
  }
  await io_destroy(context)
}

/** With O_DIRECT on the linux-aio driver, whatever the run's own is; from the page cache on the run's own. */
function onCase(run: EngineRun): ProcessContender['make'] {
  return (context, case_) => (case_.work === DIRECT ? engineReads(true, run)({ ...context, drivers: ['linux-aio'] }, case_) : engineReads(false, run)(context, case_))
}

function fioOnCase(name: typeof FIO | typeof FIO_LIBAIO): CommandContender {
  const [direct, cached] = [fioContender(true, name), fioContender(false, name)]
  return { ...direct, measure: (context, case_, milliseconds) => (case_.work === DIRECT ? direct : cached).measure(context, case_, milliseconds) }
}

function cases(work: string, name: string, depths: readonly number[]): Case[] {
  return depths.map((inFlight) => ({ name: `${name}, ${String(inFlight)} in flight`, work, inFlight, bytes: BLOCK_BYTES, quick: inFlight === 128 }))
}

export const DIRECT_128 = 'O_DIRECT, 128 in flight'
export const CACHED_128 = 'page-cached, 128 in flight'

export const linuxAio: Suite = {
  name: 'linux-aio',
  title: 'Linux AIO: random 4 KiB reads',
  unit: 'reads',
  cases: [...cases(DIRECT, 'O_DIRECT', [1, 32, 128]), ...cases(CACHED, 'page-cached', [32, 128])],
  contenders: [
    { kind: 'process', name: AIO_MODULE, quick: true, make: onCase(moduleReads) },
    { kind: 'process', name: AIO_PROMISE, quick: true, takesPart: ({ work }) => work === DIRECT, make: onCase(promiseReads) },
    { kind: 'process', name: AIO_EVENTS, quick: true, takesPart: ({ work }) => work === DIRECT, make: onCase(eventReads) },
    { kind: 'process', name: TRUEAIO_EVENTS, quick: true, takesPart: ({ work }) => work === CACHED, make: onCase(eventReads) },
    fioOnCase(FIO_LIBAIO),
    fioOnCase(FIO),
  ],
  reference: AIO_MODULE,
  byDefault: false,
}

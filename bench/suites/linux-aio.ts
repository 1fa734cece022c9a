// Benchmark suite — Linux AIO: the driver on the kernel's own calls beside fio on the same ones.
import { BLOCK_BYTES } from '../data-files.js'
import { FIO_LIBAIO, fioContender } from '../fio.js'
import { engineReads, eventReads, promiseReads } from '../read-contenders.js'
import { inFlightCases, type ProcessContender, type Suite } from '../suite.js'

export const AIO_PROMISE = 'linux-aio driver, promise'
export const AIO_EVENTS = 'linux-aio driver, event batches'

/** The same work on the linux-aio driver, whatever the run's own is. */
function onLinuxAio(make: ProcessContender['make']): ProcessContender['make'] {
  return (context, case_) => make({ ...context, drivers: ['linux-aio'] }, case_)
}

export const linuxAio: Suite = {
  name: 'linux-aio',
  title: 'Linux AIO: random 4 KiB reads, O_DIRECT',
  unit: 'reads',
  cases: inFlightCases([1, 32, 128], [128], BLOCK_BYTES),
  contenders: [
    { kind: 'process', name: AIO_PROMISE, quick: true, make: onLinuxAio(engineReads(true, promiseReads)) },
    { kind: 'process', name: AIO_EVENTS, quick: true, make: onLinuxAio(engineReads(true, eventReads)) },
    fioContender(true, FIO_LIBAIO),
    fioContender(true),
  ],
  reference: AIO_PROMISE,
  byDefault: false,
}

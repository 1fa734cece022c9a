// Benchmark suite — random 4 KiB reads out of the page cache: nothing but the way to the kernel and back.
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { fioContender } from '../../contenders/fio.js'
import { prototypeContenders } from '../../contenders/prototype.js'
import { engineContenders, nodeContenders, TRUEAIO_PROMISE } from '../../contenders/read-contenders.js'
import { inFlightCases, type Suite } from '../../suite.js'

export const random: Suite = {
  name: 'random',
  title: 'Random 4 KiB reads, page-cached',
  unit: 'reads',
  cases: inFlightCases([1, 8, 32, 128], [1, 32], BLOCK_BYTES),
  contenders: [...engineContenders(false), ...nodeContenders(false), fioContender(false), ...prototypeContenders(false)],
  reference: TRUEAIO_PROMISE,
}

// Benchmark suite — random 4 KiB reads with O_DIRECT: the device sets the rate, so look at the CPU time of each.
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { fioContender } from '../../contenders/fio.js'
import { prototypeContenders } from '../../contenders/prototype.js'
import { engineContenders, nodeContenders, TRUEAIO_PROMISE } from '../../contenders/read-contenders.js'
import { inFlightCases, type Suite } from '../../suite.js'

export const direct: Suite = {
  name: 'direct',
  title: 'Random 4 KiB reads, O_DIRECT',
  unit: 'reads',
  cases: inFlightCases([1, 32, 128], [128], BLOCK_BYTES),
  contenders: [...engineContenders(true).map((contender) => ({ ...contender, quick: contender.name === TRUEAIO_PROMISE })), ...nodeContenders(true), fioContender(true), ...prototypeContenders(true)],
  reference: TRUEAIO_PROMISE,
}

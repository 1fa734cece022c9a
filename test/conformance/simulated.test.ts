// The suite on the simulated driver without faults: files in memory, time that jumps.
import { simulated } from 'trueaio/simulated'
import { conformance } from './suite.js'

const IN_MEMORY = 'its descriptors and files are in memory: no pipes, children or devices (docs/drivers/simulated.md)'
const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

await conformance({
  name: `simulated, seed ${String(SEED)}`,
  driver: () => simulated({ seed: SEED, cancelTooLateRate: 0, cancelUnstoppableRate: 0 }),
  storage: 'memory',
  lacks: {
    'real descriptors': IN_MEMORY,
    'real time': 'virtual time jumps to the next event',
    'checks flags': 'advice has no effect and is not judged; it knows RWF_APPEND and ignores the rest',
    ...Object.fromEntries(['splice', 'tee', 'poll', 'message', 'waitid', 'call'].map((name) => [name, IN_MEMORY])),
  },
})

// The suite on the simulated driver, without faults: what users test against behaves as what they will run on.
import type { DriverFactory } from 'trueaio'
import { simulated } from 'trueaio/simulated'
import { conformance } from './suite.js'

const NO_KERNEL = 'a simulation has files only (docs/drivers/simulated.md)'

let simulation = simulated()
let proactors = 0

/** A new, empty simulation for each world; the proactors of one world share it. */
const driver: DriverFactory = {
  name: 'simulated',
  open(sink, options) {
    if (proactors === 0) simulation = simulated({ clock: 'real', delay: [0, 1], cancelTooLateRate: 0, cancelUnstoppableRate: 0 })
    const opened = simulation.open(sink, options)
    if ('refused' in opened) return opened
    proactors++
    const close = opened.close.bind(opened)
    opened.close = () => {
      close()
      proactors--
    }
    return opened
  },
}

await conformance({
  name: 'simulated',
  driver,
  storage: 'memory',
  lacks: {
    'real descriptors': 'its descriptors are its own',
    'positions in pipes refused': NO_KERNEL,
    'waits on non-blocking descriptors': NO_KERNEL,
    ...Object.fromEntries(['splice', 'tee', 'poll', 'message', 'waitid', 'call'].map((name) => [name, NO_KERNEL])),
  },
})

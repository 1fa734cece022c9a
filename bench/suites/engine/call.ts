// Benchmark suite — any system call at all, and the floor below it: an operation that does nothing.
import { call, nop, SYS } from 'trueaio'
import { drivePromises } from '../../workload/drive.js'
import { makeProactor } from '../../contenders/engine.js'
import { Unavailable, type ProcessContender, type Suite } from '../../suite.js'

const CALL = 'trueaio, call(getppid)'

const getppid: ProcessContender['make'] = (context, { inFlight }) => {
  const proactor = makeProactor(context.drivers)
  const number = SYS.getppid
  if (number === undefined) throw new Unavailable('the numbers of this platform’s system calls are not known')
  const parent = process.ppid
  return {
    run: (budget) => drivePromises(inFlight, budget, () => proactor.submit(call(number)), (_, pid) => {
      if (pid !== parent) throw new Error(`getppid() is ${String(parent)}, and ${String(pid)} came`)
    }),
    close: () => proactor.close(),
  }
}

const nothing: ProcessContender['make'] = (context, { inFlight }) => {
  const proactor = makeProactor(context.drivers)
  return {
    run: (budget) => drivePromises<void>(inFlight, budget, () => proactor.submit(nop()), (_, result) => {
      if (result !== undefined) throw new Error('a nop brought a result')
    }),
    close: () => proactor.close(),
  }
}

export const anyCall: Suite = {
  name: 'call',
  title: 'Any system call',
  unit: 'calls',
  cases: [{ name: '64 in flight', work: '', inFlight: 64, bytes: 0, quick: true }],
  contenders: [
    { kind: 'process', name: CALL, quick: true, make: getppid },
    { kind: 'process', name: 'trueaio, nop', quick: true, make: nothing },
  ],
  reference: CALL,
}

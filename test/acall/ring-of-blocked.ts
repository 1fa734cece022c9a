// A worker for environment.test.ts: blocks calls on threads of their own and says so.
import { parentPort } from 'node:worker_threads'
import { Acall, CompletionRing } from 'trueaio/acall'

const acall = new Acall({ driver: 'thread-pool' })
const ring = new CompletionRing(32)
acall.submit(Array.from({ length: 16 }, () => ({ nr: 'ppoll' as const, args: [null, 0, null, null, 0], ring })))
acall.submit(Array.from({ length: 8 }, () => ({ program: [{ nr: 'sched_yield', onZero: 'again' as const }], stepsMax: 2 ** 31 - 1, ring }) as const))
setImmediate(() => parentPort?.postMessage('blocked'))

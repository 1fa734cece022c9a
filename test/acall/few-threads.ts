// A program for environment.test.ts: gives up its privileges, takes all threads but twenty from itself, and asks for a hundred.
import { Acall, CallId, CompletionRing } from 'trueaio/acall'

const NOBODY_ELSE = 54321
const RLIMIT_NPROC = 6
const MORE = 20
const WANTED = 100

const acall = new Acall({ driver: 'thread-pool', threads: 1 })
const ring = new CompletionRing(WANTED)
const pooled = { flags: 1, ring }
acall.submit([{ nr: 'getpid', ...pooled }])
await ring.wait()
ring.take()
process.setuid?.(NOBODY_ELSE)
const { readdirSync } = await import('node:fs')
const limit = BigInt(readdirSync('/proc/self/task').length + MORE)
acall.submit([{ nr: 'prlimit64', args: [0, RLIMIT_NPROC, new BigUint64Array([limit, limit]), null], ...pooled }])
await ring.wait()
const [limited] = ring.take()

const ids = Array.from({ length: WANTED }, () => new CallId())
acall.submit(ids.map((id) => ({ nr: 'ppoll', args: [null, 0, null, null, 0], id, ring })))
await ring.wait({ timeout: 5000 })
const refused = ring.take().map(({ result }) => result)
const begun = acall.inFlight
await acall.close()
const ended = ring.take().length
console.log(JSON.stringify({ limited: limited?.result, refused: refused.length, results: [...new Set(refused)], begun, ended }))

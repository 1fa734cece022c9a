// Forbids the process io_uring_enter while operations are in flight on a ring, and prints what becomes of each, as JSON. Its argument says
// which errno the call answers from then on; 'blocking': the first that finds out is a thread that blocks.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chain, fsync, nop, open, close, poll, Proactor, read, timer, write } from 'trueaio'
import { forbid, outcome, outcomes } from './forbidden-later.js'

const [, , wanted = '1', how] = process.argv
const errno = Number(wanted)
const blocks = how === 'blocking'
/** The same on every architecture. */
const IO_URING_ENTER = 426

const directory = mkdtempSync(join(tmpdir(), 'trueaio-ring-dies-'))
try {
  const fifo = join(directory, 'fifo')
  spawnSync('mkfifo', [fifo])
  const pipe = openSync(fifo, 'r+')
  const path = join(directory, 'data')
  writeFileSync(path, 'x'.repeat(100))
  const fd = openSync(path, 'r+')
  const io = new Proactor()
  const queue = io.completionQueue<string>()
  const registered = io.registerFile(fd)
  const ringFirst = io.explain()[0]?.state
  const buffer = Buffer.alloc(16)
  const inFlight = {
    pipe: outcome(io.submit(read(pipe, buffer))),
    poll: outcome(io.submit(poll(pipe, 1))),
    timer: outcome(io.submit(timer(60_000))),
    timed: outcome(io.submit(timer(60_000), { timeout: 50 })),
    aborted: outcome(io.submit(timer(60_000), { signal: AbortSignal.timeout(50) })),
    chain: outcome(io.submit(chain(timer(60_000), nop()))),
    iteration: outcome((async () => {
      for await (const tick of io.iterate(timer(60_000, { multishot: true }))) assert.equal(typeof tick, 'number')
    })()),
  }
  queue.submit(timer(60_000), 'queued')
  await io.submit(nop())
  await forbid([IO_URING_ENTER], errno)
  // None of these was handed over when the ring is found dead.
  const after: Record<string, Promise<string>> = {}
  const start = (): void => {
    // More than the ring has room for.
    for (let index = 0; index < 300; index++) after[`write${String(index % 3)}`] = outcome(io.submit(write(fd, Buffer.from('y'), index)))
    Object.assign(after, {
      registered: outcome(io.submit(read(registered, Buffer.alloc(10), 0))),
      fsync: outcome(io.submit(fsync(fd))),
      chain: outcome(io.submit(chain(open(path), read(chain.opened, Buffer.alloc(10), 0), close(chain.opened)))),
      timer: outcome(io.submit(timer(5))),
      missing: outcome(io.submit(open(join(directory, 'missing')))),
      ordered: outcome(io.submit(write(fd, Buffer.from('z')), { ordered: true })),
    })
  }
  start()
  let synchronous = ''
  if (blocks) synchronous = io.runSync([timer(5), nop(), read(fd, Buffer.alloc(5), 0)]).map(({ status }) => status).join(' ')
  const first = await outcomes(after)
  const settled = await outcomes(inFlight)
  const [event] = await queue.wait({ timeout: 5000 })
  writeSync(pipe, 'late bytes') // an abandoned read may still take them
  start()
  const second = await outcomes(after)
  const { inFlight: left, abandoned, queued } = io.statistics
  const choices = io.explain()
  const other = new Proactor()
  const newOne = other.explain()[0]
  await other.submit(nop())
  await other.close()
  const closingFrom = performance.now()
  await io.close()
  const closing = performance.now() - closingFrom
  const content = readFileSync(path, 'latin1')
  closeSync(fd)
  console.log(JSON.stringify({
    ringFirst, first, second, settled, event: event?.error?.message ?? '', synchronous, left, abandoned, queued, choices, newOne, closesQuickly: closing < 2000,
    content: /^[yz]{300}$/.test(content),
  }))
} finally {
  rmSync(directory, { recursive: true })
}

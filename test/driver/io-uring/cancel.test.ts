// Timers and cancellation: cases 19 to 33 of liburing's tests.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { chain, nop, open, Proactor, read, statx, timer } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'
import { makePipe } from '../../harsh/system-calls.js'

const skip = withoutRing
const directory = mkdtempSync(join(tmpdir(), 'trueaio-cancel-'))
after(() => rmSync(directory, { recursive: true }))
const O_CREAT = 0o100
const O_DIRECT = 0o40000

test('case 19: a timer\'s end is its success, and what is linked behind it runs', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const start = performance.now()
  assert.deepEqual(await io.submit(chain(timer(10), nop())), [undefined, undefined])
  assert.ok(performance.now() - start >= 9.9)
})

test('case 20: a timer that is aborted ends at once, another after its end does nothing', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const controller = new AbortController()
  const end = io.submit(timer(60_000), { signal: controller.signal })
  const done = io.submit(timer(0), { signal: controller.signal })
  await done
  controller.abort(new Error('why'))
  await assert.rejects(end, (error: Error) => error.name === 'AbortError' && (error.cause as Error).message === 'why')
  assert.equal(io.statistics.inFlight, 0)
})

test('case 21: an instant that is past fires at once, one to come at its time', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  await io.submit(timer(Date.now() - 5000, { absolute: true }))
  await io.submit(timer(0, { absolute: true }))
  const at = Date.now() + 30
  await io.submit(timer(at, { absolute: true }))
  assert.ok(Date.now() >= at)
})

test('case 23: a deadline ends its operation, and the answer says it was the deadline', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  await assert.rejects(io.submit(read(readEnd, Buffer.alloc(1)), { timeout: 5 }), { code: 'ETIMEDOUT', syscall: 'read' })
  writeSync(writeEnd, 'x')
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(1)), { timeout: 5000 }), 1)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 24: a deadline on a chain cancels all of it', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  await assert.rejects(io.submit(chain(nop(), read(readEnd, Buffer.alloc(1)), nop()), { timeout: 5 }), (error: Error & { results: PromiseSettledResult<unknown>[] }) => {
    assert.deepEqual(error.results.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected'])
    return true
  })
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 25, case 56: paths and structures live as long as the kernel needs them, however many', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  // More than the engine has cells for, in long paths that do not fit one.
  const paths = Array.from({ length: 5000 }, (_, index) => `/${'./'.repeat(index % 3 === 0 ? 400 : 3)}nowhere-${String(index)}`)
  const ends = await Promise.allSettled(paths.map((path) => io.submit(statx(path))))
  ends.forEach((end, index) => {
    assert.ok(end.status === 'rejected')
    const error = end.reason as NodeJS.ErrnoException
    assert.deepEqual([error.code, error.path], ['ENOENT', paths[index]])
  })
})

test('case 28: an operation that runs on a kernel worker is interrupted, and tells of its abort', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fifo = join(directory, 'fifo')
  execFileSync('mkfifo', [fifo])
  // Opening a FIFO waits for its other end; with O_CREAT, on a ring (see docs/drivers/io-uring.md).
  const controller = new AbortController()
  const end = io.submit(open(fifo, { flags: O_CREAT }), { signal: controller.signal })
  await turn()
  controller.abort()
  await assert.rejects(end, { code: 'ABORT_ERR' })
})

test('case 29: cancelling one of many on the same pipe leaves its neighbours', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  const controllers = Array.from({ length: 10 }, () => new AbortController())
  const ends = controllers.map(({ signal }) => io.submit(read(readEnd, Buffer.alloc(1)), { signal }))
  await turn()
  controllers[3]?.abort()
  controllers[7]?.abort()
  await assert.rejects(ends[3] as Promise<number>, { code: 'ABORT_ERR' })
  await assert.rejects(ends[7] as Promise<number>, { code: 'ABORT_ERR' })
  writeSync(writeEnd, '12345678')
  const settled = await Promise.allSettled(ends)
  assert.deepEqual(settled.map(({ status }) => status === 'fulfilled'), [true, true, true, false, true, true, true, false, true, true])
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 29: a signal of one proactor\'s operation does nothing to another\'s in the same slot', { skip }, async () => {
  await using one = new Proactor({ driver: 'io-uring' })
  await using other = new Proactor({ driver: 'io-uring' })
  const controller = new AbortController()
  const cancelled = one.submit(timer(60_000), { signal: controller.signal })
  const left = other.submit(timer(20))
  await turn()
  controller.abort()
  await assert.rejects(cancelled, { code: 'ABORT_ERR' })
  await left
})

test('case 32, case 33: an aborted disk read settles once, its memory stays lent until its own completion', { skip }, async (t) => {
  const path = join(directory, 'direct')
  writeFileSync(path, Buffer.alloc(1 << 20, 5))
  let fd: number
  try {
    fd = openSync(path, O_DIRECT)
  } catch (error) {
    t.skip(`no O_DIRECT here: ${String(error)}`)
    return
  }
  await using io = new Proactor({ driver: 'io-uring' })
  const outcomes = { read: 0, aborted: 0 }
  for (let round = 0; round < 20; round++) {
    const controller = new AbortController()
    const ends = Array.from({ length: 16 }, () => io.submit(read(fd, io.buffers.allocate(65536), 0), { signal: controller.signal }))
    if (round % 2 === 0) await turn()
    controller.abort()
    for (const end of await Promise.allSettled(ends)) {
      if (end.status === 'fulfilled') {
        assert.equal(end.value, 65536)
        outcomes.read++
      } else {
        assert.equal((end.reason as NodeJS.ErrnoException).code, 'ABORT_ERR')
        outcomes.aborted++
      }
    }
    const { abandoned, bytesLent, inFlight } = io.statistics
    assert.equal(bytesLent, abandoned * 65536)
    assert.equal(inFlight, abandoned)
  }
  t.diagnostic(JSON.stringify(outcomes))
  assert.equal(outcomes.read + outcomes.aborted, 320)
  await io.close()
  assert.deepEqual([io.statistics.abandoned, io.statistics.bytesLent], [0, 0])
  closeSync(fd)
})

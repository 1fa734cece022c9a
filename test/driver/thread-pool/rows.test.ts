// Rows: calls that one thread makes one after the other, until one of them or a cancel ends the row; and what it opened.
import assert from 'node:assert/strict'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { close, getdents64, hardLink, open, Proactor, read, statx, SYS, unlink, write } from 'trueaio'
import { Operation } from '#src/operation/operation.js'
import { copyBetweenSteps, EXPECTS_END, leftOpen, onStep, row } from '#src/operation/row.js'
import { openBelow } from '../../fs/open-descriptors.js'
import { fifo, threadsInside, until } from './threads-here.js'
import { makeUninterruptible } from './uninterruptible.js'

const ECANCELED = -125
const EINTR = -4
const ENOENT = -2
const CREATE = { flags: constants.O_CREAT | constants.O_RDWR }
let root: string
before(() => {
  root = mkdtempSync(join(tmpdir(), 'trueaio-rows-'))
})
after(() => rmSync(root, { recursive: true }))
const at = (name: string): string => join(root, name)
const threadPool = { driver: 'thread-pool' } as const

test('steps are made in order, and later ones use what earlier ones opened', async () => {
  await using io = new Proactor(threadPool)
  const values = await io.submit(row([open(at('made'), CREATE), onStep(write(0, Buffer.from('content')), 0), onStep(close(0), 0), statx(at('made'))]))
  assert.equal(values.length, 4)
  assert.equal(values[1], 7)
  assert.equal((values[3] as { readonly size: number }).size, 7)
  assert.equal(readFileSync(at('made'), 'utf8'), 'content')
  assert.deepEqual(openBelow(root), [])
})

test('a copy between two files that the row opens', async () => {
  await using io = new Proactor(threadPool)
  writeFileSync(at('source'), 'x'.repeat(10_000))
  const steps = [open(root, { flags: constants.O_DIRECTORY }), onStep(open('source'), 0), onStep(open('target', CREATE), 0), copyBetweenSteps(1, 2, 10_000), ...[0, 1, 2].map((step) => onStep(close(0), step))]
  const values = await io.submit(row(steps))
  assert.equal(values[3], 10_000)
  assert.equal(values.length, steps.length)
  assert.equal(readFileSync(at('target'), 'utf8'), 'x'.repeat(10_000))
  assert.deepEqual(openBelow(root), [])
})

describe('a row ends', () => {
  /** Runs steps behind an open of a file of ten bytes; tells how many of them were made, and the last one's value. */
  async function endOf(...steps: readonly Operation[]): Promise<readonly [made: number, last: unknown]> {
    await using io = new Proactor(threadPool)
    writeFileSync(at('ten'), '0123456789')
    const whole = row([open(at('ten')), ...steps])
    const values = await io.submit(whole)
    const left = leftOpen(whole, values)
    for (const fd of left) closeSync(fd)
    assert.equal(left[0], values[0], 'its file stays open')
    return [values.length - 1, values[values.length - 1]]
  }
  const never = statx('/')

  test('at a step that fails', async () => assert.deepEqual(await endOf(unlink(at('missing')), never), [1, ENOENT]))
  test('at a read that comes up short', async () => assert.deepEqual(await endOf(onStep(read(0, Buffer.alloc(11)), 0), never), [1, 10]))
  test('at a copy that comes up short', async () => assert.deepEqual(await endOf(open(at('copy'), CREATE), copyBetweenSteps(0, 1, 11), never), [2, 10]))
  test('not at a hard link', async () => {
    const [made, last] = await endOf(hardLink(unlink(at('missing'))), hardLink(onStep(read(0, Buffer.alloc(11)), 0)), unlink(at('missing')))
    assert.deepEqual([made, last], [3, ENOENT])
  })
})

test('a listing goes on only where the directory ends', async () => {
  await using io = new Proactor(threadPool)
  mkdirSync(at('listed'))
  for (let index = 0; index < 100; index++) writeFileSync(at(`listed/${String(index)}`), '')
  const list = async (bytes: number): Promise<readonly unknown[]> => {
    const { opcode } = getdents64(0, Buffer.alloc(1024))
    const last = Buffer.alloc(512)
    const expectsEnd = new Operation<number>(opcode, 0, 0, last, last.length, 0, EXPECTS_END, undefined)
    const whole = row([open(at('listed'), { flags: constants.O_DIRECTORY }), onStep(getdents64(0, Buffer.alloc(bytes)), 0), onStep(expectsEnd, 0), onStep(close(0), 0)])
    const values = await io.submit(whole)
    for (const fd of leftOpen(whole, values)) closeSync(fd)
    return values
  }
  const all = await list(32768)
  assert.equal(all.length, 4)
  assert.equal(all[2], 0)
  const part = await list(1024)
  assert.equal(part.length, 3)
  assert.ok((part[2] as number) > 0)
  assert.deepEqual(openBelow(root), [])
})

describe('cancelled', () => {
  const opensInside = (): number => threadsInside(SYS.openat ?? -1)

  for (const [title, last] of [['a row', open], ['a row whose step would go on whatever happens', (path: string) => hardLink(open(path))]] as const) {
    test(`${title} ends at the call that the signal meets`, async () => {
      await using io = new Proactor(threadPool)
      const pipe = at('pipe')
      await fifo(io, pipe)
      const aborting = new AbortController()
      const whole = row([open(at('ten'), CREATE), last(pipe), statx('/')])
      const running = io.submit(whole, { signal: aborting.signal })
      await until('the open of the pipe has begun', () => opensInside() === 1)
      aborting.abort()
      const values = await running
      assert.equal(values.length, 2)
      assert.ok(values[1] === ECANCELED || values[1] === EINTR)
      for (const fd of leftOpen(whole, values)) closeSync(fd)
      assert.deepEqual(openBelow(root), [])
      rmSync(pipe)
    })
  }

  test('one that is still queued is never begun', async () => {
    await using io = new Proactor({ ...threadPool, threads: 1 })
    const pipe = at('pipe')
    await fifo(io, pipe)
    const blocking = new AbortController()
    const blocker = io.submit(row([open(pipe)]), { signal: blocking.signal })
    await until('the only thread is taken', () => opensInside() === 1)
    const aborting = new AbortController()
    const queued = io.submit(row([open(at('never'), CREATE)]), { signal: aborting.signal })
    await Promise.resolve()
    aborting.abort()
    await assert.rejects(queued, { code: 'ABORT_ERR' })
    blocking.abort()
    assert.ok([ECANCELED, EINTR].includes((await blocker)[0] as number))
    await assert.rejects(io.submit(statx(at('never'))), { code: 'ENOENT' })
    rmSync(pipe)
  })

  test('what an abandoned row had opened, and opens still, is closed', async () => {
    await using io = new Proactor({ ...threadPool, threads: 1 })
    const pipe = at('pipe')
    await fifo(io, pipe)
    await makeUninterruptible(io)
    const aborting = new AbortController()
    const running = io.submit(row([open(at('ten'), CREATE), open(pipe), unlink(at('source'))]), { signal: aborting.signal })
    await until('the open of the pipe has begun', () => opensInside() === 1)
    aborting.abort()
    await assert.rejects(running, { code: 'ABORT_ERR' })
    assert.equal(io.statistics.abandoned, 1)
    closeSync(openSync(pipe, constants.O_WRONLY)) // lets the open end
    await until('nothing is held', () => io.statistics.abandoned === 0 && io.statistics.inFlight === 0)
    assert.deepEqual(openBelow(root), [])
    assert.equal(readFileSync(at('source'), 'utf8').length, 10_000) // no step was made after the abort
    rmSync(pipe)
  })
})

describe('refused', () => {
  test('a row that does not fit the memory for one', async () => {
    await using io = new Proactor(threadPool)
    await assert.rejects(io.submit(row(Array.from({ length: 400 }, () => statx('/')))), { code: 'E2BIG' })
    assert.equal((await io.submit(row([statx('/')]))).length, 1)
  })
  test('a path too long, before anything is made', async () => {
    await using io = new Proactor(threadPool)
    await assert.rejects(io.submit(row([open(at('never'), CREATE), statx('x'.repeat(5000))])), { code: 'ENAMETOOLONG' })
    await assert.rejects(io.submit(statx(at('never'))), { code: 'ENOENT' })
  })
  test('a driver that has none', async () => {
    await using io = new Proactor({ driver: 'io-uring' })
    assert.equal(io.offers(row([]).opcode), false)
    await assert.rejects(io.submit(row([statx('/')])), { code: 'ENOTSUP' })
  })
})

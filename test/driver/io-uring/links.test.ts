// Chains as links of the ring: cases 11 to 18 of liburing's tests.
import assert from 'node:assert/strict'
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { chain, close, fdatasync, hardLink, nop, open, Proactor, read, timer, write, type ChainError, type Operation } from 'trueaio'
import { PATIENCE } from '../../launcher/patience.js'
import { holdings } from '../../harsh/open-descriptors.js'
import { withoutRing } from '../../harsh/ring-here.js'
import { makePipe, systemCall } from '../../harsh/system-calls.js'

const skip = withoutRing
/** While a FUSE file system is mounted, a chain that opens and reads its own file runs member by member. */
const fuseIsMounted = (): boolean => / - (fuse(blk)?[ .]|virtiofs )/.test(readFileSync('/proc/self/mountinfo', 'latin1'))
const directory = mkdtempSync(join(tmpdir(), 'trueaio-links-'))
after(() => rmSync(directory, { recursive: true }))
const CLOSED_DESCRIPTOR = 1_000_000
const O_CREAT = 0o100
const O_WRONLY_CREAT = 0o101
const O_RDWR_CREAT = 0o102

async function failureOf(io: Proactor, operation: Operation): Promise<ChainError> {
  return io.submit(operation).then(() => assert.fail('the chain succeeded'), (error: unknown) => error as ChainError)
}

function codes(error: ChainError): (string | undefined)[] {
  return error.results.map((end) => (end.status === 'rejected' ? (end.reason as NodeJS.ErrnoException).code : undefined))
}

function dataFile(name: string, content: string | Buffer): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

test('chains do go as links', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  assert.equal(io.explain(chain(nop(), nop())), 'io-uring: one linked submission of 2')
  await io.submit(chain(nop(), nop(), nop()))
  assert.equal(io.statistics.systemCalls, 1)
})

test('case 11: a failed head cancels the rest of its chain, other chains go on', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const [error, fine] = await Promise.all([failureOf(io, chain(read(CLOSED_DESCRIPTOR, Buffer.alloc(1)), nop(), nop())), io.submit(chain(nop(), nop()))])
  assert.equal((error as ChainError & { code: string }).code, 'EBADF')
  assert.equal(error.index, 0)
  assert.deepEqual(codes(error), ['EBADF', 'ECANCELED', 'ECANCELED'])
  assert.deepEqual(fine, [undefined, undefined])
})

test('case 12: a short read ends a chain', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(dataFile('short', '12345'), 'r')
  const error = await failureOf(io, chain(read(fd, Buffer.alloc(10), 0), nop()))
  assert.deepEqual([error.index, codes(error)], [1, [undefined, 'ECANCELED']])
  assert.deepEqual(error.results[0], { status: 'fulfilled', value: 5 })
  closeSync(fd)
})

test('case 13: a hard link goes on after a failure and a short read', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(dataFile('hard', '12345'), 'r')
  const results = await io.submit(chain(hardLink(read(fd, Buffer.alloc(10), 0)), hardLink(read(CLOSED_DESCRIPTOR, Buffer.alloc(1))), nop()))
  assert.deepEqual(results, [5, -9, undefined])
  closeSync(fd)
})

test('case 14: a bad member in the middle: each has its own end, nothing stays behind', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const error = await failureOf(io, chain(nop(), read(CLOSED_DESCRIPTOR, Buffer.alloc(1)), nop(), nop()))
  assert.equal(error.index, 1)
  assert.deepEqual(codes(error), [undefined, 'EBADF', 'ECANCELED', 'ECANCELED'])
  assert.equal(io.statistics.inFlight, 0)
  await io.submit(chain(nop(), nop()))
})

test('case 16: a barrier waits for all before it and holds all after it', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(join(directory, 'drain'), 'w')
  const order: string[] = []
  const noting = async (name: string, operation: Operation, barrier = false): Promise<void> => {
    await io.submit(operation, { barrier })
    order.push(name)
  }
  await Promise.all([
    ...[0, 1, 2, 3].map((index) => noting('write', write(fd, Buffer.alloc(100_000), index * 100_000))),
    noting('timer', timer(20 * PATIENCE)),
    noting('sync', fdatasync(fd), true),
    noting('after', nop()),
  ])
  // A busy machine's writes outlast the timer.
  assert.deepEqual(order.slice(0, -2).sort(), ['timer', 'write', 'write', 'write', 'write'])
  assert.deepEqual(order.slice(-2), ['sync', 'after'])
  closeSync(fd)
})

test('case 17: linked reads at the current position go through a file as read(2) would', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(dataFile('position', 'aabbccddee'), 'r')
  const parts = Array.from({ length: 5 }, () => Buffer.alloc(2))
  assert.deepEqual(await io.submit(chain(...parts.map((part) => read(fd, part)))), [2, 2, 2, 2, 2])
  assert.equal(Buffer.concat(parts).toString(), 'aabbccddee')
  const SEEK_CUR = 1
  assert.equal(systemCall('lseek', fd, 0, SEEK_CUR), 10)
  const atEnd = await failureOf(io, chain(...parts.map((part) => read(fd, part))))
  assert.deepEqual(codes(atEnd), [undefined, 'ECANCELED', 'ECANCELED', 'ECANCELED', 'ECANCELED'])
  closeSync(fd)
})

test('case 18: a read linked behind an open reads that file, whatever the place held before', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const paths = Array.from({ length: 50 }, (_, index) => dataFile(`direct${String(index)}`, `content of ${String(index)}`))
  const { descriptors } = await holdings()
  for (let round = 0; round < 5; round++) {
    await Promise.all(paths.map(async (path, index) => {
      const buffer = Buffer.alloc(100)
      const [opened, bytes] = await io.submit(chain(open(path), read(chain.opened, buffer, 0), close(chain.opened)))
      if (!fuseIsMounted()) assert.equal(opened, -1)
      assert.equal(buffer.toString('latin1', 0, bytes), `content of ${String(index)}`)
    }))
  }
  assert.equal((await holdings()).descriptors, descriptors)
})

test('case 50: more opening chains than there are places: the rest run one by one, all come right', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const path = dataFile('many', 'x')
  const results = await Promise.all(Array.from({ length: 1300 }, () => io.submit(chain(open(path), read(chain.opened, Buffer.alloc(1)), close(chain.opened)))))
  assert.ok(results.every(([, bytes]) => bytes === 1))
})

test('case 50: places are free again after failed, unclosed and aborted chains', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const path = dataFile('left', 'x')
  const { readEnd, writeEnd } = makePipe()
  await io.submit(chain(open(path, { flags: O_RDWR_CREAT }), read(chain.opened, Buffer.alloc(1)), close(chain.opened))) // one by one: whatever that takes is there
  const { descriptors } = await holdings()
  for (let round = 0; round < 6; round++) {
    const controller = new AbortController()
    await Promise.allSettled(Array.from({ length: 300 }, (_, index) => {
      if (index % 3 === 0) return io.submit(chain(open(join(directory, 'nowhere')), read(chain.opened, Buffer.alloc(1)), close(chain.opened)))
      if (index % 3 === 1) return io.submit(chain(open(path), read(chain.opened, Buffer.alloc(1))))
      const end = io.submit(chain(open(path), read(chain.opened, Buffer.alloc(1)), read(readEnd, Buffer.alloc(1)), close(chain.opened)), { signal: controller.signal })
      if (index === 299) setImmediate(() => controller.abort())
      return end
    }))
  }
  if (!fuseIsMounted()) assert.equal(io.explain(chain(open(path), read(chain.opened, Buffer.alloc(1)))), 'io-uring: one linked submission of 2')
  const [opened] = await io.submit(chain(open(path), read(chain.opened, Buffer.alloc(1)), close(chain.opened)))
  if (!fuseIsMounted()) assert.equal(opened, -1, 'the chain had a place in the table')
  assert.equal((await holdings()).descriptors, descriptors)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('an opening chain given up while its open runs closes nothing that it did not open', { skip }, async () => {
  const path = dataFile('abandoned', 'x')
  const standardInput = fstatSync(0)
  const io = new Proactor({ driver: 'io-uring' })
  await io.submit(chain(open(path, { flags: O_RDWR_CREAT }), read(chain.opened, Buffer.alloc(1)), close(chain.opened))) // one by one: whatever that takes is there
  const { descriptors } = await holdings()
  for (let round = 0; round < 100; round++) {
    const controller = new AbortController()
    // With O_CREAT an open runs on a kernel worker, where a cancel may come too late to stop it.
    const ends = Array.from({ length: 10 }, (_, index) => index % 2 === 0
      ? io.submit(chain(open(path, { flags: O_CREAT }), read(chain.opened, Buffer.alloc(1)), close(chain.opened)), { signal: controller.signal })
      : io.submit(open(path, { flags: O_RDWR_CREAT }), { signal: controller.signal }).then((fd) => closeSync(fd)))
    for (let turns = 0; turns < round % 4; turns++) await Promise.resolve()
    controller.abort()
    await Promise.allSettled(ends)
  }
  await io.submit(nop(), { barrier: true })
  assert.deepEqual([fstatSync(0).dev, fstatSync(0).ino], [standardInput.dev, standardInput.ino])
  assert.equal((await holdings()).descriptors, descriptors)
  await io.close()
})

test('a file that is opened to be written is closed by close(2): the file system is asked for what it kept until then', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const path = join(directory, 'flushed')
  const members = (flags: number) => [open(path, { flags }), write(chain.opened, Buffer.from('x'), 0), close(chain.opened)] as const
  const [fd] = await io.submit(chain(...members(O_RDWR_CREAT)))
  assert.ok(fd > 2) // a number, and no place in the ring's table
  assert.doesNotMatch(io.explain(chain(...members(O_WRONLY_CREAT))), /one linked submission/)
  if (!fuseIsMounted()) assert.match(io.explain(chain(open(path), read(chain.opened, Buffer.alloc(1)), close(chain.opened))), /one linked submission of 3/)
})

test('writes and their sync go in one submission, and the file has them', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const path = join(directory, 'log')
  const fd = await io.submit(open(path, { flags: O_RDWR_CREAT }))
  await io.submit(chain(write(fd, Buffer.from('first '), 0), write(fd, Buffer.from('second'), 6), fdatasync(fd)))
  assert.equal(readFileSync(path, 'utf8'), 'first second')
  await io.submit(close(fd))
})

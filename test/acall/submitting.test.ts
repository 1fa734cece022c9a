// acall: submissions, records of completions, and what is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Proactor } from 'trueaio'
import { Acall, ACALL_SUBMIT_NO_RING, ACALL_SUBMIT_THREAD_POOL, CallId, CallStatus, CompletionRecord, CompletionRing, SYS, type CallSubmission, type Submission } from 'trueaio/acall'
import { onEach } from './subjects.js'

const AT_FDCWD = -100

onEach('reads, writes and their results, by record', {}, async (world) => {
  const fd = await world.file('data', 'content')
  const buffer = Buffer.alloc(16)
  const records = [new CompletionRecord(), new CompletionRecord(), new CompletionRecord()]
  const ids = records.map(() => new CallId())
  const [first, second, third] = records
  const [a, b, c] = ids
  assert.equal(first?.status, CallStatus.PENDING)
  const { taken, error } = world.acall.submit([
    { nr: 'pread64', args: [fd, buffer, 16, 3], cookie: 11, completion: first, id: a },
    { nr: SYS.openat ?? -1, args: [AT_FDCWD, world.path('missing'), 0o2000000, 0], cookie: 12n, completion: second, id: b },
    { nr: 'fsync', args: [fd], completion: third, id: c },
  ])
  assert.deepEqual([taken, error], [3, undefined])
  assert.equal(world.acall.inFlight, 3)
  for (const id of ids) assert.ok(await world.acall.wait([id]) > 0)
  assert.deepEqual(records.map(({ status, result, cookie }) => [status, result, cookie]), [[1, 4, 11], [1, -2, 12n], [1, 0, 0]])
  assert.equal(buffer.toString('utf8', 0, 4), 'tent')
  assert.equal(world.acall.inFlight, 0)
  await world.close(fd)
})

onEach('the error of the first one refused is kept, those before it run, those behind it do not', {}, async (world) => {
  const fd = await world.file('data', '')
  const ring = new CompletionRing(8)
  const write = (text: string): CallSubmission => ({ nr: 'pwrite64', args: [fd, Buffer.from(text), 1, 0], ring, cookie: text.charCodeAt(0) })
  const { taken, error } = world.acall.submit([write('a'), { ...write('b'), args: [fd, {} as unknown as string] }, write('c')])
  assert.equal(taken, 1)
  assert.equal((error as NodeJS.ErrnoException).code, 'ERR_INVALID_ARG_TYPE')
  assert.match(error?.message ?? '', /arguments\[1\]/)
  await ring.wait()
  const buffer = Buffer.alloc(1)
  assert.equal((await world.made({ nr: 'pread64', args: [fd, buffer, 1, 0] })).result, 1)
  assert.deepEqual([buffer.toString(), ring.take().map(({ cookie }) => cookie), ring.room], ['a', [97], 8])
  await world.close(fd)
})

onEach('a submission is read at once: the caller may use its blocks again', {}, async (world) => {
  const fd = await world.file('data', '0123')
  const buffers = [Buffer.alloc(1), Buffer.alloc(1)]
  const args = [fd, buffers[0] as Buffer, 1, 1]
  const submission = { nr: 'pread64' as const, args, cookie: 1, ring: new CompletionRing(2) }
  world.acall.submit([submission])
  args[1] = buffers[1] as Buffer
  args[3] = 3
  submission.cookie = 2
  world.acall.submit([submission])
  await submission.ring.wait({ min: 2 })
  assert.deepEqual(submission.ring.take().map(({ cookie, result }) => [cookie, result]).sort(), [[1, 1], [2, 1]])
  assert.equal(Buffer.concat(buffers).toString(), '13')
  await world.close(fd)
})

onEach('a record is one call\'s at a time: EBUSY, and free again after its end', {}, async (world) => {
  const fd = await world.file('data', 'x')
  const completion = new CompletionRecord()
  const id = new CallId()
  const { taken, error } = world.acall.submit([{ nr: 'fsync', args: [fd], completion, id }, { nr: 'fsync', args: [fd], completion }])
  assert.equal(taken, 1)
  assert.equal((error as NodeJS.ErrnoException).code, 'EBUSY')
  await world.acall.wait([id])
  assert.equal(world.acall.submit([{ nr: 'fdatasync', args: [fd], completion, id }]).taken, 1)
  assert.equal(completion.status, CallStatus.PENDING)
  await world.acall.wait([id])
  assert.equal(completion.status, CallStatus.DONE)
  await world.close(fd)
})

onEach('an aborted signal or a timeout cancels, and a destroyed context refuses', {}, async (world) => {
  const fd = await world.file('data', 'x')
  const completion = new CompletionRecord()
  assert.equal(world.acall.submit([{ nr: 'fsync', args: [fd], completion }], { signal: AbortSignal.abort() }).taken, 1)
  assert.deepEqual([completion.status, completion.result], [CallStatus.CANCELLED, -125])
  assert.throws(() => world.acall.submit([], { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  await world.close(fd)
  await world.acall.close()
  const { taken, error } = world.acall.submit([{ nr: 'fsync', args: [fd] }])
  assert.equal(taken, 0)
  assert.equal((error as NodeJS.ErrnoException).code, 'ERR_TRUEAIO_CLOSED')
  await world.acall.close()
})

onEach('memory that has gone away is refused', {}, async (world) => {
  const fd = await world.file('data', 'x')
  const buffer = Buffer.from(new ArrayBuffer(8))
  structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] })
  const { taken, error } = world.acall.submit([{ nr: 'pread64', args: [fd, buffer, 0, 0] }])
  assert.equal(taken, 0)
  assert.equal((error as NodeJS.ErrnoException).code, 'ERR_INVALID_STATE')
  await world.close(fd)
})

onEach('a driver without threads says so: ENOSYS, with the reason', {}, async (world) => {
  const { taken, error } = world.acall.submit([{ nr: 'getppid' }])
  if (world.onDisk) assert.equal(taken, 1)
  else {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSYS')
    assert.match(error?.message ?? '', /no driver here carries out 'call'/)
  }
  await Promise.resolve()
})

onEach('any system call: numbers, text and memory', { threads: true }, async (world) => {
  assert.equal((await world.made({ nr: 'getppid', flags: ACALL_SUBMIT_THREAD_POOL })).result, process.ppid)
  const random = Buffer.alloc(32)
  assert.equal((await world.made({ nr: SYS.getrandom ?? -1, args: [random, 32n, 0] })).result, 32)
  assert.ok(random.some((byte) => byte !== 0))
  const name = Buffer.alloc(4096)
  assert.ok((await world.made({ nr: 'readlinkat', args: [AT_FDCWD, '/proc/self/exe', name, 4096] })).result > 0)
  assert.ok(name.toString().startsWith(process.execPath))
  assert.equal((await world.made({ nr: 0xfff0 })).result, -38)
  assert.equal((await world.made({ nr: 'close', args: [1_000_000], flags: ACALL_SUBMIT_NO_RING })).result, -9)
  // Beyond 32 bits.
  const MAP_PRIVATE_ANONYMOUS = 0x22
  const { result: address } = await world.made({ nr: 'mmap', args: [null, 4096, 3, MAP_PRIVATE_ANONYMOUS, -1, 0] })
  assert.ok(address > 2 ** 32)
  assert.equal((await world.made({ nr: 'munmap', args: [address, 4096] })).result, 0)
})

test('bad submissions, each with Node\'s error', async () => {
  await using acall = new Acall({ driver: 'thread-pool' })
  const wrong: readonly (readonly [unknown, string])[] = [
    [null, 'ERR_INVALID_ARG_TYPE'], [7, 'ERR_INVALID_ARG_TYPE'], [{}, 'ERR_INVALID_ARG_TYPE'], [{ nr: 'no such call' }, 'ERR_INVALID_ARG_VALUE'],
    [{ nr: -1 }, 'ERR_OUT_OF_RANGE'], [{ nr: 1.5 }, 'ERR_OUT_OF_RANGE'], [{ nr: 2 ** 16 }, 'ERR_OUT_OF_RANGE'],
    [{ nr: 'getppid', args: 'x' }, 'ERR_INVALID_ARG_TYPE'], [{ nr: 'getppid', args: [1, 2, 3, 4, 5, 6, 7] }, 'ERR_INVALID_ARG_VALUE'],
    [{ nr: 'getppid', args: [2 ** 53] }, 'ERR_INVALID_ARG_VALUE'], [{ nr: 'getppid', args: ['a\0b'] }, 'ERR_INVALID_ARG_VALUE'],
    [{ nr: 'getppid', args: [undefined] }, 'ERR_INVALID_ARG_TYPE'],
    [{ nr: 'getppid', flags: 4 }, 'ERR_OUT_OF_RANGE'], [{ nr: 'getppid', cookie: -1 }, 'ERR_OUT_OF_RANGE'], [{ nr: 'getppid', cookie: 2n ** 64n }, 'ERR_OUT_OF_RANGE'],
    [{ nr: 'getppid', cookie: 'x' }, 'ERR_INVALID_ARG_TYPE'], [{ nr: 'getppid', ring: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ nr: 'getppid', completion: {} }, 'ERR_INVALID_ARG_TYPE'], [{ nr: 'getppid', id: new Uint8Array(16) }, 'ERR_INVALID_ARG_TYPE'],
  ]
  for (const [submission, code] of wrong) {
    const { taken, error } = acall.submit([submission as Submission])
    assert.equal(taken, 0)
    assert.equal((error as NodeJS.ErrnoException).code, code, JSON.stringify(submission, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
  }
  assert.equal(acall.inFlight, 0)
  assert.throws(() => acall.submit('x' as unknown as Submission[]), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => new Acall({ proactor: {} as Proactor }), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('on a borrowed proactor: close ends the calls of this acall, and leaves the proactor to its owner', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const acall = new Acall({ proactor: io })
  const completion = new CompletionRecord()
  acall.submit([{ nr: 'ppoll', args: [null, 0, null, null, 0], completion }])
  await acall.close()
  assert.ok(completion.status === CallStatus.INTERRUPTED || completion.status === CallStatus.CANCELLED)
  await using another = new Acall({ proactor: io })
  const record = new CompletionRecord()
  const id = new CallId()
  another.submit([{ nr: 'getppid', completion: record, id }])
  await another.wait([id])
  assert.equal(record.result, process.ppid)
})

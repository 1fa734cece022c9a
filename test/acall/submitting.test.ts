// acall: submissions, records of completions, and what is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Proactor, type CallArgument } from 'trueaio'
import { Acall, ACALL_SUBMIT_NO_RING, ACALL_SUBMIT_THREAD_POOL, CallId, CallStatus, CompletionRecord, CompletionRing, SYS, type CallSubmission, type Submission } from 'trueaio/acall'
import { simulated } from 'trueaio/simulated'
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
  const args: CallArgument[] = [fd, buffers[0] ?? null, 1, 1]
  const submission = { nr: 'pread64' as const, args, cookie: 1, ring: new CompletionRing(2) }
  world.acall.submit([submission])
  args[1] = buffers[1] ?? null
  args[3] = 3
  submission.cookie = 2
  world.acall.submit([submission])
  // The second waits for its turn, and is not to be had any more.
  args.fill(-1)
  submission.cookie = 3
  await submission.ring.wait({ min: 2 })
  assert.deepEqual(submission.ring.take().map(({ cookie, result }) => [cookie, result]).sort(), [[1, 1], [2, 1]])
  assert.equal(Buffer.concat(buffers).toString(), '13')
  await world.close(fd)
}, { inFlightMax: 1 })

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
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] })
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

for (const driver of ['io-uring', 'node']) {
  test(`${driver} alone: ENOSYS says what to write instead`, async () => {
    await using acall = new Acall({ driver })
    const { error } = acall.submit([{ nr: 'getppid' }])
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSYS')
    assert.ok(error?.message.includes(`write TRUEAIO_DRIVER=${driver},thread-pool, or driver: ['${driver}', 'thread-pool']`), error?.message)
    await using asAdvised = new Acall({ driver: [driver, 'thread-pool'] })
    assert.equal(asAdvised.submit([{ nr: 'getppid' }]).taken, 1)
  })
}

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

onEach('wild lengths and offsets get the kernel\'s own answer', { threads: true }, async (world) => {
  const fd = await world.file('data', 'content')
  const buffer = Buffer.alloc(8)
  const pread = async (...args: readonly CallArgument[]): Promise<number> => (await world.made({ nr: 'pread64', args: [fd, buffer, ...args] })).result
  assert.deepEqual([await pread(1, -5), await pread(-1, 0), await pread(2n ** 63n, 0), await pread(8, Number.MAX_SAFE_INTEGER), await pread(0, 0)], [-22, -14, -14, 0, 0])
  assert.equal((await world.made({ nr: 'pread64', args: [fd, 8n, 8, 0] })).result, -14)
  assert.equal((await world.made({ nr: 'read', args: [-1, buffer, 8] })).result, -9)
  await world.close(fd)
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
  assert.throws(() => new Acall({ proactor: 'x' as unknown as Proactor }), { code: 'ERR_INVALID_ARG_TYPE' })
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

test('simulated: an error of the device is a result, and what cannot be stopped is abandoned', async () => {
  const driver = simulated({ seed: 3, faults: [{ opcode: 'read', at: 2, error: 'EIO' }], cancelUnstoppableRate: 1, cancelTooLateRate: 0 })
  driver.files.write('/data', 'content')
  await using acall = new Acall({ driver })
  const records = [new CompletionRecord(), new CompletionRecord(), new CompletionRecord()]
  const [opened, failed, kept] = records
  const id = new CallId()
  acall.submit([{ nr: 'openat', args: [AT_FDCWD, '/data', 0o2000000, 0], completion: opened, id }])
  await acall.wait([id])
  const fd = opened?.result ?? -1
  const read = (completion: CompletionRecord | undefined): Submission => ({ nr: 'pread64', args: [fd, Buffer.alloc(4), 4, 0], completion, id })
  acall.submit([read(kept)])
  await acall.wait([id])
  acall.submit([read(failed)])
  await acall.wait([id])
  assert.deepEqual([kept?.result, failed?.status, failed?.result], [4, CallStatus.DONE, -5])
  acall.submit([read(kept)])
  // With the driver from here on.
  await Promise.resolve()
  assert.deepEqual(await acall.cancel(id), { outcome: 'abandoned', result: -125 })
  assert.equal(kept?.status, CallStatus.ABANDONED)
})

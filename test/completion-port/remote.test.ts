// Ends of a port in other threads: they get, block, post, are counted among the consumers, and leave nothing behind.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Proactor } from 'trueaio'
import { CompletionPort, connect, openOverlapped, Overlapped, type Packet } from 'trueaio/completion-port'

/** A thread with an end of `port`; what it has to tell it posts to `told`. */
function start(port: CompletionPort<string>, told: CompletionPort<string>, program: string): Worker {
  const shared = port.share()
  const tells = told.share()
  return new Worker(new URL('./remote-thread.js', import.meta.url), { workerData: { shared, told: tells, program }, transferList: [shared.messagePort, tells.messagePort] })
}

for (const program of ['echo', 'echo, blocking']) {
  test(`a thread takes packets and posts others (${program})`, async () => {
    using port = new CompletionPort<string>()
    using told = new CompletionPort<string>()
    const thread = start(port, told, program)
    const exit = once(thread, 'exit')
    const seen: string[] = []
    for (let round = 0; round < 20; round++) {
      port.post({ bytes: round, key: 'question', overlapped: { round } })
      const { bytes, key, overlapped } = await told.get()
      seen.push(`${String(bytes)} ${key} ${JSON.stringify(overlapped)}`)
    }
    port.post({ key: 'over' })
    await exit
    assert.deepEqual(seen, Array.from({ length: 20 }, (_, round) => `${String(round)} thread: question {"round":${String(round)}}`))
  })
}

test('operations’ packets reach other threads, with what can be copied of them', async () => {
  await using io = new Proactor()
  using port = new CompletionPort<string>({ proactor: io })
  await using file = await openOverlapped('package.json', { proactor: io })
  port.associate(file, 'package')
  using told = new CompletionPort<string>()
  const exit = once(start(port, told, 'echo'), 'exit')
  file.read(Buffer.alloc(16), new Overlapped(2, { id: 5 }))
  const packet = await told.get()
  assert.deepEqual([packet.bytes, packet.key, packet.overlapped], [16, 'thread: package', { offset: 2, cookie: { id: 5 } }])
  port.post({ key: 'over' })
  await exit
})

test('this thread can block for what another one posts', async () => {
  using port = new CompletionPort<string>()
  using told = new CompletionPort<string>()
  const exit = once(start(port, told, 'is abandoned'), 'exit')
  assert.equal(told.getSync({ timeout: 30_000 }).key, 'waits')
  while (port.waiting === 0) await new Promise(setImmediate)
  port.close()
  assert.deepEqual(await exit, [0])
})

test('gets that give up elsewhere lose no packet', async () => {
  using port = new CompletionPort<string>()
  using told = new CompletionPort<string>()
  const exit = once(start(port, told, 'gives up'), 'exit')
  assert.equal((await told.get()).key, 'ETIMEDOUT ETIMEDOUT ABORT_ERR')
  port.post({ key: 'late packet' })
  assert.equal((await told.get()).key, 'then late packet')
  await exit
})

test('a thread that ends gives its place back, and its waits are forgotten', async () => {
  using port = new CompletionPort<string>({ concurrency: 1 })
  using told = new CompletionPort<string>()
  const waits = start(port, told, 'dies while it waits')
  assert.equal((await told.get()).key, 'waits')
  await waits.terminate()
  const exit = once(start(port, told, 'takes and dies'), 'exit')
  while (port.waiting === 0) await new Promise(setImmediate)
  port.post({ key: 'one' })
  assert.equal((await told.get()).key, 'took one')
  const next = port.consumer().get()
  port.post({ key: 'two' })
  assert.deepEqual([port.running, port.queued], [1, 1], 'its place is taken')
  await exit
  assert.equal((await next).key, 'two')
  assert.deepEqual([port.running, port.waiting], [1, 0])
})

test('packets on their way to a thread that ends before they arrive are there again, in their order', async () => {
  using port = new CompletionPort<string>({ concurrency: 1 })
  using told = new CompletionPort<string>()
  const thread = start(port, told, 'lets go unseen')
  assert.equal((await told.get()).key, 'waits')
  port.post({ key: 'one' })
  while (port.running === 0) await new Promise(setImmediate)
  port.post({ key: 'two' })
  const next = port.consumer()
  const first = next.get()
  await thread.terminate()
  assert.deepEqual([(await first).key, (await next.get()).key], ['one', 'two'])
})

test('a packet that cannot be copied stays, and the get elsewhere is told why', async () => {
  using port = new CompletionPort<unknown>()
  using remote = connect(port.share())
  port.post({ key: () => undefined })
  await assert.rejects(remote.get(), { name: 'DataCloneError' })
  assert.equal(typeof (await port.get()).key, 'function')
  port.post({ key: 'good' })
  assert.equal((await remote.get()).key, 'good')
  assert.throws(() => remote.post({ key: () => undefined }), { name: 'DataCloneError' })
})

test('an end’s consumer counts: release and blocking give its place to others', async () => {
  using port = new CompletionPort<string>({ concurrency: 1 })
  using remote = connect<string>(port.share())
  port.post({ key: 'one' })
  assert.equal((await remote.get()).key, 'one')
  let served: Packet<string> | undefined
  const other = port.get().then((packet) => (served = packet))
  port.post({ key: 'two' })
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  assert.equal(served, undefined)
  await remote.blocking(other)
  assert.equal((await other).key, 'two')
  port.release()
  remote.release()
  while (port.running > 0) await new Promise(setImmediate)
  const abandoned = assert.rejects(remote.get(), { code: 'ERR_TRUEAIO_ABANDONED_WAIT' })
  remote.close()
  await abandoned
  await assert.rejects(remote.get(), { code: 'ERR_TRUEAIO_CLOSED' })
})

test('wrong arguments', async () => {
  using port = new CompletionPort()
  using remote = connect(port.share())
  for (const shared of [undefined, null, {}, { messagePort: 1 }]) assert.throws(() => connect(shared as never), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => remote.post({ bytes: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  await assert.rejects(remote.getMany({ max: 0 }), { code: 'ERR_OUT_OF_RANGE' })
  await assert.rejects(remote.get({ timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => remote.blocking(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
})

// The port itself: its queue, its waits, the concurrency value, and who goes on first. No driver matters here but for post.
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { CompletionPort, type Packet } from 'trueaio/completion-port'

const keys = (packets: readonly Packet<number>[]): number[] => packets.map(({ key }) => key)

test('posted packets are taken in order, one or many at a time', async () => {
  using port = new CompletionPort<number>()
  for (let key = 0; key < 10; key++) port.post({ bytes: key * 2, key, overlapped: `o${String(key)}` })
  assert.equal(port.queued, 10)
  const first = await port.get()
  assert.deepEqual([first.bytes, first.key, first.overlapped, first.error], [0, 0, 'o0', undefined])
  assert.deepEqual(keys(await port.getMany({ max: 4 })), [1, 2, 3, 4])
  assert.equal(port.tryGet()?.key, 5)
  assert.equal(port.getSync().key, 6)
  assert.deepEqual(keys(port.getManySync()), [7, 8, 9])
  assert.equal(port.tryGet(), undefined)
  port.post()
  const empty = await port.get()
  assert.deepEqual([empty.bytes, empty.key, empty.overlapped], [0, undefined, undefined])
})

test('thousands of packets in pieces of any size keep their order', async () => {
  using port = new CompletionPort<number>()
  let posted = 0
  const seen: number[] = []
  while (seen.length < 20_000) {
    for (let count = 0; count < 700 && posted < 20_000; count++) port.post({ key: posted++ })
    for (const max of [1, 37, 300]) if (port.queued > 0) seen.push(...keys(await port.getMany({ max })))
  }
  assert.deepEqual(seen, Array.from({ length: 20_000 }, (_, index) => index))
})

test('the last consumer to wait is the first to go on', async () => {
  using port = new CompletionPort<number>({ concurrency: 8 })
  const served: string[] = []
  const waits = ['first', 'second', 'third'].map((name) => port.consumer().get().then(({ key }) => served.push(`${name} ${String(key)}`)))
  assert.equal(port.waiting, 3)
  port.post({ key: 1 })
  port.post({ key: 2 })
  await loopTurn()
  assert.deepEqual(served, ['third 1', 'second 2'])
  port.post({ key: 3 })
  await Promise.all(waits)
  assert.deepEqual(served.at(-1), 'first 3')
})

test('a packet belongs to those who wait when it comes: a newcomer takes what they leave', async () => {
  using port = new CompletionPort<number>({ concurrency: 8 })
  const order: string[] = []
  const note = (name: string) => ({ key }: Packet<number>): void => void order.push(`${name} ${String(key)}`)
  const waiting = ['first', 'second'].map((name) => port.consumer().get().then(note(name)))
  port.post({ key: 1 })
  const newcomer = port.consumer().get().then(note('newcomer'))
  assert.equal(port.tryGet(), undefined, 'nor does a look take it')
  assert.throws(() => port.getSync({ timeout: 1 }), { code: 'ETIMEDOUT' })
  await loopTurn()
  assert.deepEqual(order, ['second 1'])
  port.post({ key: 2 })
  port.post({ key: 3 })
  port.post({ key: 4 })
  // Two wait, and have the first two; the third is there for who comes.
  assert.equal((await port.get()).key, 4)
  await Promise.all([...waiting, newcomer])
  assert.deepEqual(order, ['second 1', 'newcomer 2', 'first 3'])
  const many = port.consumer().getMany()
  port.post({ key: 5 })
  port.post({ key: 6 })
  const late = port.consumer().get()
  assert.deepEqual(keys(await many), [5, 6])
  port.post({ key: 7 })
  assert.equal((await late).key, 7)
})

test('who runs and takes again keeps its place; the place it cannot keep goes to those who wait, and not to a newcomer', async () => {
  using port = new CompletionPort<number>({ concurrency: 1 })
  const [runs, waits, comes] = [port.consumer(), port.consumer(), port.consumer()]
  port.post({ key: 1 })
  await runs.get()
  const waited = waits.get()
  port.post({ key: 2 })
  assert.equal((await runs.get()).key, 2, 'there was no place for the one who waits')
  port.post({ key: 3 })
  runs.release()
  const came = comes.get()
  assert.equal((await waited).key, 3)
  waits.close()
  port.post({ key: 4 })
  assert.equal((await came).key, 4)
})

test('concurrency 0 is the number of processors', () => {
  using port = new CompletionPort({ concurrency: 0 })
  assert.equal(port.concurrency, availableParallelism())
})

test('no more consumers run than the concurrency value: until a get, a release or a close gives a place back', async () => {
  using port = new CompletionPort<number>({ concurrency: 2 })
  const consumers = [port.consumer(), port.consumer(), port.consumer(), port.consumer()] as const
  const got: number[] = []
  const waits = consumers.map((consumer, index) => consumer.get().then(() => got.push(index)))
  for (let key = 0; key < 4; key++) port.post({ key })
  await loopTurn()
  assert.deepEqual([got, port.running, port.queued, port.waiting], [[3, 2], 2, 2, 2])
  consumers[3].release()
  consumers[3].release()
  await loopTurn()
  assert.deepEqual([got, port.running], [[3, 2, 1], 2])
  // Who takes the next packet at once keeps its place; who finds none gives it to another.
  const again = await consumers[2].get()
  assert.deepEqual([again.key, port.running, port.queued], [3, 2, 0])
  port.post({ key: 4 })
  await loopTurn()
  assert.equal(port.queued, 1, 'both places are taken')
  consumers[2].close()
  await Promise.all(waits)
  assert.deepEqual([got, port.running], [[3, 2, 1, 0], 2])
  assert.throws(() => consumers[2].getMany(), { code: 'ERR_TRUEAIO_CLOSED' })
})

test('a consumer that blocks is replaced, and runs again afterwards, for a while one more than the value', async () => {
  using port = new CompletionPort<number>({ concurrency: 1 })
  const [one, other] = [port.consumer(), port.consumer()]
  for (let key = 0; key < 2; key++) port.post({ key })
  await one.get()
  let wasServed = false
  const second = other.get().then(() => (wasServed = true))
  await loopTurn()
  assert.equal(wasServed, false)
  let unblock: (() => void) | undefined
  const blocked = one.blocking(new Promise<string>((resolve) => (unblock = () => resolve('done'))))
  await second
  assert.deepEqual([port.running, one.running], [1, false])
  unblock?.()
  assert.equal(await blocked, 'done')
  assert.deepEqual([port.running, one.running], [2, true])
  other.release()
  assert.equal(port.running, 1)
  await assert.rejects(port.blocking(Promise.reject(new Error('mine'))), /mine/)
  await assert.rejects(async () => one.blocking(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('gets of the port itself are one consumer: a loop counts as one, several at once do not wait for each other', async () => {
  using port = new CompletionPort<number>({ concurrency: 1 })
  const both = Promise.all([port.get(), port.get()])
  port.post({ key: 1 })
  port.post({ key: 2 })
  await both
  assert.equal(port.running, 1)
  const other = port.consumer().get()
  port.post({ key: 3 })
  await loopTurn()
  assert.equal(port.queued, 1)
  port.release()
  assert.equal((await other).key, 3)
})

test('waits end on their timeout, on their signal, and with the port: no packet is lost by it', async () => {
  const port = new CompletionPort<number>()
  await assert.rejects(port.get({ timeout: 1 }), { code: 'ETIMEDOUT' })
  await assert.rejects(port.getMany({ timeout: 0 }), { code: 'ETIMEDOUT' })
  assert.throws(() => port.getSync({ timeout: 1 }), { code: 'ETIMEDOUT' })
  assert.throws(() => port.getSync(), { code: 'EDEADLK' })
  const aborting = new AbortController()
  const aborted = port.get({ signal: aborting.signal })
  aborting.abort('enough')
  await assert.rejects(aborted, { code: 'ABORT_ERR', cause: 'enough' })
  port.post({ key: 7 })
  assert.equal((await port.get({ timeout: 0 })).key, 7)
  const waits = [port.get(), port.consumer().getMany()]
  const abandoned = waits.map((wait) => assert.rejects(wait, { code: 'ERR_TRUEAIO_ABANDONED_WAIT' }))
  port.close()
  port.close()
  await Promise.all(abandoned)
  assert.equal(port.closed, true)
  await assert.rejects(port.get(), { code: 'ERR_TRUEAIO_CLOSED' })
  for (const call of [() => port.post(), () => port.getSync(), () => port.consumer(), () => port.share(), () => port.associate(0, 1)]) assert.throws(call, { code: 'ERR_TRUEAIO_CLOSED' })
})

test('wrong arguments', async () => {
  for (const concurrency of [-1, 1.5, 2 ** 21]) assert.throws(() => new CompletionPort({ concurrency }), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => new CompletionPort({ concurrency: '2' as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  using port = new CompletionPort()
  for (const bytes of [-1, 0.5, NaN, 2 ** 60]) assert.throws(() => port.post({ bytes }), { code: 'ERR_OUT_OF_RANGE' })
  for (const max of [0, 1.5, 2 ** 21]) {
    assert.throws(() => port.getManySync({ max }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(async () => port.getMany({ max }), { code: 'ERR_OUT_OF_RANGE' })
  }
  await assert.rejects(port.get({ timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(port.get({ signal: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => port.associate({} as never, 1), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => port.associate(-1, 1), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => port.remove(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
})

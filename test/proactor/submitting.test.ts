// How the proactor takes operations: batches, drivers, options, buffers that went away, and what it tells about itself.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { chain, nop, open, Operation, Proactor, read, readv, truncate, write, type CompletionSink, type SubmitOptions } from 'trueaio'
import { Opcode } from '#src/operation/opcode.js'
import { HeldDriver } from './held-driver.js'

test('what one piece of JavaScript submits is handed over together', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const promises = Array.from({ length: 10 }, () => io.submit(nop()))
  assert.deepEqual([driver.held.length, driver.flushes], [10, 0])
  await Promise.resolve()
  await Promise.resolve()
  assert.equal(driver.flushes, 1)
  driver.endAll()
  await Promise.all(promises)
})

test('each operation goes to the first driver that can; what none can is ENOTSUP', async () => {
  const upper = new HeldDriver('upper', { lacks: [Opcode.READ, Opcode.TRUNCATE] })
  const lower = new HeldDriver('lower', { lacks: [Opcode.TRUNCATE] })
  const io = new Proactor({ driver: [upper, lower] })
  assert.deepEqual(io.explain(), [{ name: 'upper', state: 'in use' }, { name: 'lower', state: 'not needed' }])
  const promises = [io.submit(write(1, Buffer.alloc(1))), io.submit(read(1, Buffer.alloc(1)))]
  assert.deepEqual([upper.started.length, lower.started.length], [1, 1])
  assert.match(io.explain(read(1, Buffer.alloc(1))), /^lower: /)
  assert.match(io.explain(truncate('x')), /^no driver here carries out 'truncate'/)
  await assert.rejects(io.submit(truncate('x')), { code: 'ENOTSUP', message: /no driver here/ })
  upper.endAll(1)
  lower.endAll(1)
  await Promise.all(promises)
  await io.close()
  assert.ok(upper.closed && lower.closed)
})

test('a driver that throws while it is opened is refused for the moment, and tried again', async () => {
  let attempts = 0
  const upper = new HeldDriver()
  const short = {
    name: 'short',
    open(sink: CompletionSink) {
      if (++attempts === 1) throw new RangeError('Array buffer allocation failed')
      return upper.open(sink)
    },
  }
  const lower = new HeldDriver()
  const io = new Proactor({ driver: [short, lower] })
  assert.deepEqual(io.explain()[0], { name: 'short', state: 'refused', reason: 'Array buffer allocation failed' })
  const first = io.submit(read(1, Buffer.alloc(1)))
  assert.equal(lower.started.length, 1)
  await setTimeout(300)
  const second = io.submit(read(1, Buffer.alloc(1)))
  assert.deepEqual([attempts, upper.started.length, lower.started.length], [2, 1, 1])
  lower.endAll(1)
  upper.endAll(1)
  await Promise.all([first, second])
  await io.close()
})

test('a driver that is refused leaves its reason; without any the constructor throws it', () => {
  const refused = { name: 'broken', open: () => ({ refused: 'the flux is not capacitated' }) }
  const io = new Proactor({ driver: [refused, new HeldDriver()] })
  assert.deepEqual(io.explain()[0], { name: 'broken', state: 'refused', reason: 'the flux is not capacitated' })
  assert.throws(() => new Proactor({ driver: refused }), { code: 'ERR_TRUEAIO_NO_DRIVER', message: /broken: the flux is not capacitated/ })
  assert.throws(() => new Proactor({ driver: 'no such driver' }), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('a driver without room is offered the same again, in order', async () => {
  const driver = new HeldDriver('narrow', { room: 2 })
  const io = new Proactor({ driver })
  const ended: number[] = []
  const promises = Array.from({ length: 20 }, (_, index) => io.submit(write(1, Buffer.alloc(1), index)).then(() => ended.push(index)))
  assert.equal(driver.held.length, 2)
  driver.endAll(1)
  await Promise.all(promises)
  assert.deepEqual(ended, Array.from({ length: 20 }, (_, index) => index))
  assert.deepEqual(driver.started.map(({ offset }) => offset), ended)
})

test('chains run one by one where the driver takes none, one place in flight for each member', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver, inFlightMax: 4 })
  const buffer = Buffer.alloc(2)
  const promise = io.submit(chain(open('x'), read(chain.opened, buffer, 0), nop()))
  const waiting = io.submit(chain(nop(), nop()))
  assert.deepEqual([io.statistics.inFlight, driver.held.length], [3, 1])
  driver.end(0, 42)
  assert.equal(driver.started.at(-1)?.file, 42)
  driver.end(0, 2)
  driver.end(0)
  assert.deepEqual([driver.started.at(-1)?.opcode, driver.started.at(-1)?.file], [Opcode.CLOSE, 42], 'the file nobody closed')
  driver.end(0)
  assert.deepEqual(await promise, [42, 2, 0])
  driver.end(0)
  driver.end(0)
  await waiting
  assert.equal(io.statistics.inFlight, 0)
})

test('wrong options throw and leave nothing behind', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ timeout: 0 }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: -1 }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: '5' }, 'ERR_INVALID_ARG_TYPE'], [{ timeout: NaN }, 'ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'], [{ priority: -1 }, 'ERR_OUT_OF_RANGE'], [{ priority: 0x10000 }, 'ERR_OUT_OF_RANGE'], [{ lane: 256 }, 'ERR_OUT_OF_RANGE'],
  ]
  for (const [options, code] of wrong) await assert.rejects(async () => io.submit(nop(), options as SubmitOptions), { code })
  for (const operation of ['x', null, undefined, {}, [nop()]]) assert.throws(() => void io.submit(operation as Operation), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => io.submit(nop(), undefined, 'callback' as never), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.equal(driver.started.length, 0)
  assert.deepEqual([io.statistics.inFlight, io.statistics.queued], [0, 0])
  for (const options of [{ inFlightMax: 0 }, { bytesLentMax: 0 }, { entries: 0 }, { entries: 40_000 }, { threads: -1 }]) {
    assert.throws(() => new Proactor({ driver, ...options }), { code: 'ERR_OUT_OF_RANGE' })
  }
})

test('a buffer that was detached or shrunk since is refused before it reaches the driver', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const detached = new Uint8Array(8)
  const onDetached = read(1, detached)
  const vector = readv(1, [detached])
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  await assert.rejects(io.submit(onDetached), { code: 'ERR_INVALID_STATE' })
  await assert.rejects(io.submit(vector), { code: 'ERR_INVALID_STATE' })
  const resizable = new (ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer & { resize(length: number): void })(16, { maxByteLength: 16 })
  const tracking = new Uint8Array(resizable)
  const onShrunk = read(1, tracking)
  resizable.resize(4)
  await assert.rejects(io.submit(onShrunk), { code: 'ERR_OUT_OF_RANGE' })
  assert.equal(driver.started.length, 0)
  // The same behind a limit: judged when it starts.
  const narrow = new Proactor({ driver: new HeldDriver('narrow'), inFlightMax: 1 })
  void narrow.submit(nop()).catch(() => undefined)
  const late = new Uint8Array(8)
  const promise = narrow.submit(read(1, late))
  structuredClone(late.buffer, { transfer: [late.buffer] })
  const closed = assert.rejects(promise)
  void narrow.close()
  await closed
})

test('diagnostics_channel tells of submissions and completions', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const seen: unknown[] = []
  const onSubmit = (message: unknown): void => {
    seen.push(['submit', (message as { operation: Operation }).operation.opcode])
  }
  const onComplete = (message: unknown): void => {
    const { operation, result, milliseconds, proactor } = message as { operation: Operation; result: number; milliseconds: number; proactor: Proactor }
    assert.equal(proactor, io)
    assert.ok(milliseconds >= 0 && milliseconds < 60_000)
    seen.push(['complete', operation.opcode, result])
  }
  subscribe('trueaio:submit', onSubmit)
  subscribe('trueaio:complete', onComplete)
  try {
    const promise = io.submit(write(1, Buffer.alloc(3)))
    driver.end(0, 3)
    await promise
  } finally {
    unsubscribe('trueaio:submit', onSubmit)
    unsubscribe('trueaio:complete', onComplete)
  }
  const quiet = io.submit(nop())
  driver.end(0)
  await quiet
  assert.deepEqual(seen, [['submit', Opcode.WRITE], ['complete', Opcode.WRITE, 3]])
})

test('AsyncLocalStorage reaches what follows a promise, a callback and a wait for events', async () => {
  const storage = new AsyncLocalStorage<string>()
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const queue = io.completionQueue<number>()
  const seen: Record<string, string | undefined> = {}
  const all = [
    storage.run('promise', async () => {
      await io.submit(nop())
      seen['promise'] = storage.getStore()
    }),
    storage.run('callback', () => new Promise<void>((resolve) => {
      io.submit(nop(), () => {
        seen['callback'] = storage.getStore()
        resolve()
      })
    })),
    storage.run('event', async () => {
      queue.submit(nop(), 1)
      await queue.wait()
      seen['event'] = storage.getStore()
    }),
  ]
  storage.run('the driver', () => driver.endAll())
  await Promise.all(all)
  assert.deepEqual(seen, { promise: 'promise', callback: 'callback', event: 'event' })
})

test('the driver is told to keep the process alive while something is in flight, unless unreferenced', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  assert.equal(driver.referenced, false)
  const first = io.submit(nop())
  await Promise.resolve()
  await Promise.resolve()
  assert.equal(driver.referenced, true)
  io.unref()
  assert.equal(driver.referenced, false)
  io.ref()
  assert.equal(driver.referenced, true)
  driver.endAll()
  await first
  assert.equal(driver.referenced, false)
})

// The simulated driver as users' tests meet it: seeds, faults, time, cancels, and the contract it watches.
import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { chain, close, fsync, nop, open, Proactor, read, statx, timer, write, type CompletionSink, type Operation, type Submission } from 'trueaio'
import { ContractError, simulated, type SimulatedDriver } from 'trueaio/simulated'

const { O_RDWR, O_CREAT } = constants

/** Some traffic, and everything that happened. */
async function logOf(seed: number): Promise<string> {
  const driver = simulated({ seed, shortRate: 0.3, errorRates: { EIO: 0.1 }, delay: [0, 50] })
  driver.files.write('/f', 'x'.repeat(1000))
  await using io = new Proactor({ driver, inFlightMax: 4 })
  await Promise.allSettled(Array.from({ length: 30 }, () => io.submit(chain(open('/f'), read(chain.opened, Buffer.alloc(100), 0)))))
  return driver.log.toString()
}

describe('simulated driver', () => {
  it('makes the same run from the same seed, and another from another', async () => {
    const first = await logOf(7)
    assert.equal(await logOf(7), first)
    assert.notEqual(await logOf(8), first)
    assert.equal(simulated({ seed: 7 }).seed, 7)
    assert.notEqual(simulated().seed, simulated().seed)
  })

  it('lets chosen operations fail: by number, by path, by kind; and they change nothing', async () => {
    const driver = simulated({ seed: 1, faults: [{ opcode: 'write', at: [2, 3], error: 'ENOSPC' }, { path: '/forbidden', error: 'EACCES' }] })
    await using io = new Proactor({ driver })
    const fd = await io.submit(open('/f', { flags: O_RDWR | O_CREAT }))
    for (const [text, error] of [['a', undefined], ['b', 'ENOSPC'], ['c', 'ENOSPC'], ['d', undefined]] as const) {
      const writing = io.submit(write(fd, Buffer.from(text)))
      if (error === undefined) assert.equal(await writing, 1)
      else await assert.rejects(writing, { code: error, syscall: 'write' })
    }
    assert.equal(driver.files.read('/f').toString(), 'ad')
    await assert.rejects(io.submit(statx('/forbidden')), { code: 'EACCES', path: '/forbidden' })
    driver.addFault({ opcode: ['fsync', 'close'], error: 'EIO' })
    await assert.rejects(io.submit(fsync(fd)), { code: 'EIO' })
    await assert.rejects(io.submit(close(fd)), { code: 'EIO' })
    assert.equal(driver.openDescriptors, 0, 'a close that fails has closed')
    assert.throws(() => simulated({ faults: [{ opcode: 'wirte', error: 'EIO' }] }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => simulated({ faults: [{ error: 'ENOSUCH' }] }), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  it('runs out of space and of descriptors, and has both back', async () => {
    const driver = simulated({ seed: 1, bytesMax: 8192, descriptorsMax: 1 })
    await using io = new Proactor({ driver })
    const fd = await io.submit(open('/f', { flags: O_RDWR | O_CREAT }))
    await assert.rejects(io.submit(open('/f')), { code: 'EMFILE' })
    assert.equal(await io.submit(write(fd, Buffer.alloc(10_000), 0)), 8192, 'what fits is written')
    await assert.rejects(io.submit(write(fd, Buffer.alloc(1), 8192)), { code: 'ENOSPC' })
    driver.files.remove('/f')
    assert.equal(driver.files.bytesUsed, 8192, 'an open file lives on without a name')
    await io.submit(close(fd))
    assert.equal(driver.files.bytesUsed, 0)
  })

  it('moves fewer bytes than asked, and leaves garbage where a read failed', async () => {
    const driver = simulated({ seed: 1, faults: [{ opcode: 'read', at: 1, short: 3 }, { opcode: 'read', at: 2, error: 'EIO' }] })
    driver.files.write('/f', 'abcdefgh')
    await using io = new Proactor({ driver })
    const fd = await io.submit(open('/f'))
    const buffer = Buffer.alloc(8)
    assert.equal(await io.submit(read(fd, buffer, 0)), 3)
    assert.equal(buffer.toString('latin1'), 'abc\0\0\0\0\0')
    await assert.rejects(io.submit(read(fd, buffer, 0)), { code: 'EIO' })
    assert.ok(buffer.every((byte) => byte !== 0 && byte === buffer[0]), 'all of it is garbage')
    await io.submit(close(fd))
  })

  it('ends cancels in each of the ways a system may', async () => {
    const outcome = async (options: { tooLate: number; unstoppable: number }): Promise<[string, number]> => {
      const driver = simulated({ seed: 3, inlineRate: 0, delay: [10, 10], cancelTooLateRate: options.tooLate, cancelUnstoppableRate: options.unstoppable, faults: [{ path: '/f', hang: true }] })
      driver.files.write('/f', '')
      const io = new Proactor({ driver })
      const controller = new AbortController()
      const asking = io.submit(statx('/f'), { signal: controller.signal })
      await sleep(1)
      assert.equal(driver.inFlight, 1, 'it hangs')
      controller.abort()
      const told = await asking.then(() => 'succeeded', (error: unknown) => (error as Error).name)
      await io.close()
      assert.equal(driver.inFlight, 0)
      return [told, driver.log.count('unstoppable')]
    }
    assert.deepEqual(await outcome({ tooLate: 0, unstoppable: 0 }), ['AbortError', 0])
    assert.deepEqual(await outcome({ tooLate: 1, unstoppable: 0 }), ['succeeded', 0])
    assert.deepEqual(await outcome({ tooLate: 0, unstoppable: 1 }), ['AbortError', 1])
  })

  it('moves time only when told, in manual mode, and stamps files with it', async () => {
    const driver = simulated({ seed: 1, clock: 'manual', delay: [5, 5], inlineRate: 0 })
    driver.files.write('/f', '')
    const io = new Proactor({ driver })
    const order: string[] = []
    for (const time of [300, 100, 200]) void io.submit(timer(time)).then(() => order.push(String(time)))
    void io.submit(open('/g', { flags: O_CREAT })).then(() => order.push('open'))
    await sleep(5)
    assert.deepEqual(order, [])
    driver.advance(250)
    await sleep(1)
    assert.deepEqual(order, ['open', '100', '200'])
    assert.equal(driver.now, 250)
    assert.equal(driver.files.stat('/f').modifySeconds, 946_684_800)
    const { modifyNanoseconds } = driver.files.stat('/g')
    assert.ok(modifyNanoseconds > 0 && modifyNanoseconds <= 5_000_000)
    driver.advance(50)
    await sleep(1)
    assert.equal(order.length, 4)
    const closing = io.close()
    driver.advance(10)
    await closing
  })

  it('takes real time in real mode, and none in automatic mode', async () => {
    const start = performance.now()
    await using real = new Proactor({ driver: simulated({ clock: 'real', delay: [0, 0] }) })
    await real.submit(timer(20))
    assert.ok(performance.now() - start >= 19)
    await using automatic = new Proactor({ driver: simulated() })
    const before = performance.now()
    await automatic.submit(timer(3_600_000))
    assert.ok(performance.now() - before < 60_000)
    const ticks: unknown[] = []
    for await (const tick of automatic.iterate(timer(60_000, { multishot: true }))) if (ticks.push(tick) === 3) break
    assert.deepEqual(ticks, [1, 2, 3])
  })

  it('blocks in runSync, and says so when that would never end', () => {
    const driver = simulated({ seed: 1, faults: [{ path: '/stuck', hang: true }] })
    driver.files.write('/f', 'content')
    const io = new Proactor({ driver, inFlightMax: 2 }).unref() // what hangs in the end keeps nobody waiting
    const results = io.runSync([timer(1_000_000), statx('/f'), statx('/missing'), nop()])
    assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    assert.throws(() => io.runSync([statx('/stuck')]), { code: 'ERR_TRUEAIO_CANNOT_BLOCK', message: /statx/ })
  })

  it('lets the loop turn under an endless chain of completions inside submissions', async () => {
    await using io = new Proactor({ driver: simulated({ inlineRate: 1 }) })
    const loop = { turned: false }
    setImmediate(() => (loop.turned = true))
    let count = 0
    while (!loop.turned && count < 100_000) {
      await io.submit(nop())
      count++
    }
    assert.ok(loop.turned)
  })

  it('lacks what it is told to lack', async () => {
    await using io = new Proactor({ driver: simulated({ without: ['fsync'], multishot: false }) })
    await assert.rejects(io.submit(fsync(1)), { code: 'ENOTSUP' })
    await assert.rejects(io.iterate(timer(5, { multishot: true })).next(), { code: 'ENOTSUP' })
  })

  it('notices memory that is taken away or changed while it is lent', async () => {
    const driver = simulated({ seed: 1, clock: 'manual', inlineRate: 0 })
    driver.files.write('/f', 'content')
    const io = new Proactor({ driver }).unref() // the last read never completes
    const opening = io.submit(open('/f', { flags: O_RDWR }))
    await Promise.resolve()
    driver.advance(100)
    const fd = await opening
    const data = Buffer.from('abc')
    void io.submit(write(fd, data, 0))
    await Promise.resolve()
    data[0] = 0x7a
    driver.advance(100)
    assert.equal(driver.log.count('changed while lent'), 1)
    const memory = new ArrayBuffer(8)
    void io.submit(read(fd, new Uint8Array(memory), 0))
    await Promise.resolve()
    structuredClone(memory, { transfer: [memory] })
    assert.throws(() => driver.advance(100), ContractError)
  })
})

describe('simulated driver: the contract', () => {
  const sink: CompletionSink = { complete() { /* told elsewhere */ }, unstoppable() { /* likewise */ }, died() { /* it never does */ }, message() { /* none */ }, delivered() { /* likewise */ } }
  const submission = (slot: number, generation: number, operation: Operation = nop()): Submission => ({ slot, generation, operation, priority: 0, lane: 0 })
  const opened = (driver: SimulatedDriver = simulated({ clock: 'manual', delay: [1, 1], inlineRate: 0 })): { simulation: SimulatedDriver; driver: Exclude<ReturnType<SimulatedDriver['open']>, { refused: string }> } => (
    { simulation: driver, driver: driver.open(sink, { entries: 8, inFlightMax: 8, threads: 1 }) }
  )
  const broken = (message: RegExp): object => ({ name: 'Error', code: 'ERR_TRUEAIO_CONTRACT', message })

  it('takes a slot once at a time, and each generation once', () => {
    const { simulation, driver } = opened()
    driver.submit(submission(1, 1))
    assert.throws(() => driver.submit(submission(1, 2)), broken(/before it completed/))
    driver.flush()
    simulation.advance(10)
    assert.throws(() => driver.submit(submission(1, 1)), broken(/twice/))
    driver.submit(submission(1, 2))
  })

  it('cancels what is in flight, once', () => {
    const { driver } = opened()
    assert.throws(() => driver.cancel(submission(1, 1)), broken(/not in flight/))
    driver.submit(submission(1, 1))
    assert.throws(() => driver.cancel(submission(1, 2)), broken(/not in flight/))
    driver.cancel(submission(1, 1))
    assert.throws(() => driver.cancel(submission(1, 1)), broken(/cancelled twice/))
  })

  it('is given what it offers, within its bounds, until it is closed', () => {
    const { simulation, driver } = opened(simulated({ clock: 'manual', without: ['nop'], chains: false, inFlightMax: 1, delay: [0, 0], inlineRate: 0 }))
    assert.throws(() => driver.submit(submission(0, 1)), broken(/does not offer/))
    assert.throws(() => driver.submitChain?.([submission(0, 1, fsync(0))]), broken(/linked chain/))
    assert.equal(driver.submit(submission(0, 1, fsync(0))), true)
    assert.equal(driver.submit(submission(1, 1, fsync(0))), false, 'full')
    assert.throws(() => driver.close(), broken(/in flight/))
    driver.flush()
    simulation.advance(1)
    driver.close()
    assert.throws(() => driver.submit(submission(2, 1, fsync(0))), broken(/after close/))
  })
})

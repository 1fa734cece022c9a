// A close is made once: an abort, a deadline, the end of its chain or of its proactor settle its promise and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { call, chain, close, nop, open, Proactor, write } from 'trueaio'
import { Opcode } from '#src/operation/opcode.js'
import { program, resultOf } from '#src/operation/program.js'
import { HeldDriver } from './held-driver.js'

const closes = (driver: HeldDriver): number[] => driver.started.filter(({ opcode }) => opcode === Opcode.CLOSE).map(({ file }) => file)

test('an aborted close, and one past its time, go on and are asked of the driver once', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const controller = new AbortController()
  const aborted = io.submit(close(7), { signal: controller.signal })
  const late = assert.rejects(io.submit(close(8), { timeout: 1 }), { code: 'ETIMEDOUT' })
  await turn()
  controller.abort()
  await assert.rejects(aborted, { name: 'AbortError' })
  await late
  assert.deepEqual([driver.cancels.length, io.statistics.inFlight, io.statistics.abandoned], [0, 2, 2])
  driver.endAll()
  assert.deepEqual([closes(driver), io.statistics.abandoned], [[7, 8], 0])
  await io.close()
})

test('one that waits for room goes on as well', async () => {
  const driver = new HeldDriver('held', { room: 1 })
  const io = new Proactor({ driver })
  const first = io.submit(nop())
  const controller = new AbortController()
  const aborted = io.submit(close(7), { signal: controller.signal })
  await turn()
  controller.abort()
  await assert.rejects(aborted, { name: 'AbortError' })
  driver.end(0)
  await first
  assert.deepEqual([closes(driver), io.statistics.abandoned], [[7], 1])
  driver.endAll()
  await io.close()
})

test('a signal that is aborted already: nothing is closed', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  await assert.rejects(io.submit(close(7), { signal: AbortSignal.abort() }), { name: 'AbortError' })
  await io.close()
  assert.deepEqual(closes(driver), [])
})

test('the end of a proactor waits for a close, which settles as it ended', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const closing = io.submit(close(7))
  await turn()
  const ended = io.close()
  await turn()
  assert.equal(driver.cancels.length, 0)
  driver.end(0)
  await closing
  await ended
})

for (const when of ['before its close', 'in its close', 'after it'] as const) {
  test(`a chain cancelled ${when} closes what it opened once`, async () => {
    const driver = new HeldDriver()
    const io = new Proactor({ driver })
    const controller = new AbortController()
    const running = io.submit(chain(open('/f'), write(chain.opened, Buffer.alloc(4)), close(chain.opened), nop()), { signal: controller.signal })
    await turn()
    driver.end(0, 7)
    if (when === 'before its close') {
      controller.abort()
      driver.stop()
      driver.endAll() // the close that ends the chain
    } else {
      driver.end(0, 4)
      if (when === 'in its close') controller.abort()
      driver.end(0)
      if (when === 'after it') {
        controller.abort()
        driver.stop()
      }
    }
    const error = await running.then(() => assert.fail(), (reason: unknown) => reason as Error & { results: PromiseRejectedResult[] })
    assert.equal(error.name, 'AbortError')
    const code = (error.results[2]?.reason as { code?: string } | undefined)?.code
    assert.equal(code, when === 'before its close' ? 'ECANCELED' : when === 'in its close' ? 'EINPROGRESS' : undefined)
    driver.endAll()
    await io.close()
    assert.deepEqual(closes(driver), [7])
  })
}

test('what an abandoned call has opened is closed: one, two in memory, and what a program leaves', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const controller = new AbortController()
  const pair = new Int32Array([40, 41])
  const steps = program([{ nr: 'openat' }, { nr: 'dup', args: [resultOf(0)] }, { nr: 'close', args: [resultOf(0)] }])
  const given = [
    call('openat', -100, 'f', 0, 0), call('socket', 1, 1, 0), call('fcntl', 3, 1030, 0), call('fcntl', 3, 1, 0), call('pipe2', pair, 0), call('dup2', 3, 50), call('getpid'), steps,
  ]
  const all = given.map((operation) => io.submit(operation, { signal: controller.signal }))
  await turn()
  controller.abort()
  while (driver.cancels.length > 0) driver.cannotStop()
  await Promise.allSettled(all)
  const outcome = { ended: 'ended', made: 3, last: 2, result: 0, steps: [{ result: 60, total: 60, runs: 1 }, { result: 61, total: 61, runs: 1 }, { result: 0, total: 0, runs: 1 }] }
  const results = [30, 31, 32, 1, 0, 50, 99, 3]
  results.forEach((result, index) => driver.end(0, result, index === 7 ? outcome : result))
  assert.deepEqual(closes(driver), [30, 31, 32, 40, 41, 61])
  driver.endAll()
  await io.close()
})

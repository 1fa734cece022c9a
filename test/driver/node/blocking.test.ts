// The node driver's timers, cancellation and blocking waits: what goes without the loop, and what it refuses to wait for.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { nodeDriver, nop, open, Proactor, read, statx, timer } from 'trueaio'

describe('node driver: timers, cancellation, blocking', () => {
  let directory = ''
  let file = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'trueaio-node-'))
    file = join(directory, 'file')
    writeFileSync(file, 'content')
  })
  after(() => rmSync(directory, { recursive: true }))

  it('never ends a timer early', async () => {
    await using io = new Proactor({ driver: nodeDriver })
    const start = performance.now()
    await Promise.all([0, 0.5, 1, 1.7, 3.2, 10].map(async (time) => {
      assert.equal(await io.submit(timer(time)), undefined)
      assert.ok(performance.now() - start >= time, `${String(time)} ms`)
    }))
    const instant = Date.now() + 15
    await io.submit(timer(instant, { absolute: true }))
    assert.ok(Date.now() >= instant)
    await io.submit(timer(1000, { absolute: true })) // long past
  })

  it('ticks until the reader leaves', async () => {
    await using io = new Proactor({ driver: nodeDriver })
    const ticks: unknown[] = []
    for await (const tick of io.iterate(timer(2, { multishot: true }))) {
      ticks.push(tick)
      if (ticks.length === 3) break
    }
    assert.deepEqual(ticks, [1, 2, 3])
  })

  it('cancels what has not started, and timers; abandons what node:fs has begun', async () => {
    await using io = new Proactor({ driver: nodeDriver })
    const early = new AbortController()
    const queued = io.submit(statx(file), { signal: early.signal })
    early.abort()
    await assert.rejects(queued, { name: 'AbortError' })
    assert.equal(io.statistics.systemCalls, 0, 'it never reached node:fs')
    await assert.rejects(io.submit(timer(60_000), { timeout: 5 }), { code: 'ETIMEDOUT' })

    const late = new AbortController()
    const running = io.submit(statx(file), { signal: late.signal })
    const settled = assert.rejects(running, { name: 'AbortError' })
    await Promise.resolve().then(() => undefined) // the batch of this tick goes out in between
    assert.equal(io.statistics.systemCalls, 1)
    late.abort()
    await settled
    assert.equal(io.statistics.abandoned, 1, 'its memory stays lent until node:fs calls back')
  })

  it('closes the file of an abandoned open', async () => {
    const io = new Proactor({ driver: nodeDriver })
    const probe = openSync(file, 'r')
    closeSync(probe)
    const controller = new AbortController()
    const opening = io.submit(open(file), { signal: controller.signal })
    const settled = assert.rejects(opening, { name: 'AbortError' })
    await Promise.resolve().then(() => undefined)
    controller.abort()
    await settled
    await io.close()
    const again = openSync(file, 'r')
    closeSync(again)
    assert.equal(again, probe, 'the descriptor is free again')
  })

  it('runs many at once without the loop', () => {
    const io = new Proactor({ driver: nodeDriver })
    const buffer = Buffer.alloc(7)
    const start = performance.now()
    const [first, second, third, fourth] = io.runSync([open(file), statx('no such file'), timer(5), nop()])
    assert.ok(performance.now() - start >= 5)
    assert.deepEqual([second.status, third.status, fourth.status], ['rejected', 'fulfilled', 'fulfilled'])
    assert.ok(first.status === 'fulfilled')
    assert.deepEqual(io.runSync([read(first.value, buffer, 0)]), [{ status: 'fulfilled', value: 7 }])
    assert.equal(buffer.toString(), 'content')
    closeSync(first.value)
  })

  it('refuses to block for what node:fs has begun, and says what to do', async () => {
    await using io = new Proactor({ driver: nodeDriver })
    const queue = io.completionQueue()
    queue.submit(statx(file), 'cookie')
    await Promise.resolve().then(() => undefined)
    assert.throws(() => queue.waitSync(), { code: 'ERR_TRUEAIO_CANNOT_BLOCK', message: /timeout|io-uring/ })
    assert.deepEqual(queue.waitSync({ timeout: 5 }), [], 'a bounded wait comes back with what there is')
    assert.equal((await queue.wait())[0]?.cookie, 'cookie')
  })

  it('lets the loop turn under an endless chain of awaited no-operations', async () => {
    await using io = new Proactor({ driver: nodeDriver })
    const loop = { turned: false }
    setTimeout(() => (loop.turned = true), 1)
    let count = 0
    while (!loop.turned && count < 1_000_000) {
      await io.submit(nop())
      count++
    }
    assert.ok(loop.turned)
  })

  it('keeps the process alive for operations, and not for an unreferenced timer', async () => {
    const run = promisify(execFile)
    const program = (unref: string): string => `
      import { Proactor, nodeDriver, statx, timer } from 'trueaio'
      const io = new Proactor({ driver: nodeDriver })
      io.submit(timer(1500)).then(() => console.log('timer'))
      io.submit(statx('.')).then(() => console.log('statx'))
      ${unref}`
    const options = { cwd: import.meta.dirname, timeout: 10_000 }
    assert.equal((await run(process.execPath, ['--input-type=module', '-e', program('')], options)).stdout, 'statx\ntimer\n')
    assert.equal((await run(process.execPath, ['--input-type=module', '-e', program('io.unref()')], options)).stdout, 'statx\n')
  })
})

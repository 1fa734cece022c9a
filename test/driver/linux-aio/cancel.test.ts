// Cancelling: polls end, what the kernel cannot stop is abandoned and waited for, what has not been handed over never runs.
import assert from 'node:assert/strict'
import { closeSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { poll, PollEvent, Proactor, read } from 'trueaio'
import { makePipe, type Pipe } from '../../harsh/system-calls.js'
import { BLOCK, blocks, DirectFile, holds, withoutAio } from './direct-file.js'

const skip = withoutAio
const { POLLIN } = PollEvent

function withPipe(t: { after(function_: () => void): void }): Pipe {
  const pipe = makePipe()
  t.after(() => {
    closeSync(pipe.readEnd)
    closeSync(pipe.writeEnd)
  })
  return pipe
}

test('an aborted poll ends; the next one on the same pipe still sees what comes', { skip }, async (t) => {
  const { readEnd, writeEnd } = withPipe(t)
  await using io = new Proactor({ driver: 'linux-aio' })
  const controller = new AbortController()
  const aborted = io.submit(poll(readEnd, POLLIN), { signal: controller.signal })
  const other = io.submit(poll(readEnd, POLLIN))
  await new Promise(setImmediate)
  controller.abort()
  await assert.rejects(aborted, { code: 'ABORT_ERR' })
  writeSync(writeEnd, 'x')
  assert.equal(await other, POLLIN)
})

test('a poll aborted in the tick it was submitted in is never handed over', { skip }, async (t) => {
  const { readEnd } = withPipe(t)
  await using io = new Proactor({ driver: 'linux-aio' })
  const controller = new AbortController()
  const before = io.statistics.systemCalls
  const aborted = io.submit(poll(readEnd, POLLIN), { signal: controller.signal })
  controller.abort()
  await assert.rejects(aborted, { code: 'ABORT_ERR' })
  assert.equal(io.statistics.systemCalls, before)
})

test('polls end at their deadlines, also while the thread is blocked', { skip }, async (t) => {
  const { readEnd } = withPipe(t)
  await using io = new Proactor({ driver: 'linux-aio' })
  await assert.rejects(io.submit(poll(readEnd, POLLIN), { timeout: 10 }), { code: 'ETIMEDOUT' })
  const [result] = io.runSync([poll(readEnd, POLLIN)], { timeout: 10 })
  assert.equal(result.status === 'rejected' && (result.reason as NodeJS.ErrnoException).code, 'ETIMEDOUT')
})

test('a transfer under way cannot be stopped: its promise settles, its memory stays lent until it ends', { skip }, async () => {
  using file = new DirectFile(64)
  const memory = blocks(64)
  await using io = new Proactor({ driver: 'linux-aio' })
  for (let round = 0; round < 20; round++) {
    for (const block of memory) block.fill(0xee)
    const controller = new AbortController()
    const reads = memory.map((block, index) => io.submit(read(file.fd, block, index * BLOCK), { signal: controller.signal }))
    // After this microtask the batch is with the kernel.
    await Promise.resolve()
    controller.abort()
    const outcomes = await Promise.allSettled(reads)
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') assert.ok(holds(memory[index] as Uint8Array, index))
      else assert.equal((outcome.reason as NodeJS.ErrnoException).code, 'ABORT_ERR')
    }
    while (io.statistics.abandoned > 0) await new Promise(setImmediate)
    assert.equal(io.statistics.inFlight, 0)
    assert.equal(io.statistics.bytesLent, 0)
  }
})

test('close() ends polls and waits for transfers', { skip }, async (t) => {
  const { readEnd } = withPipe(t)
  using file = new DirectFile(16)
  const memory = blocks(16)
  const io = new Proactor({ driver: 'linux-aio' })
  const polled = io.submit(poll(readEnd, POLLIN))
  const reads = memory.map((block, index) => io.submit(read(file.fd, block, index * BLOCK)))
  await Promise.resolve()
  await Promise.all([io.close(), assert.rejects(polled, { code: 'ERR_TRUEAIO_CLOSED' }), Promise.allSettled(reads)])
  // What was read before the end is what stands there; nothing arrives any more.
  const seen = memory.map((block) => block[0])
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  assert.deepEqual(memory.map((block) => block[0]), seen)
})

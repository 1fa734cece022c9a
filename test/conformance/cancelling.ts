// Signals and deadlines: what waits is taken back, what runs is ended, what was cancelled has done nothing.
import assert from 'node:assert/strict'
import { AbortError, nop, open, read, timer, write } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family } from './world.js'

export function cancelling(subject: Subject): void {
  family('abort', () => {
    behaviour(subject, 'before submission: rejects without reaching the driver', [], async (world) => {
      const promise = world.io.submit(open(world.path('made'), { flags: 0o101 }), { signal: AbortSignal.abort() })
      await assert.rejects(promise, { name: 'AbortError', code: 'ABORT_ERR', message: 'The operation was aborted' })
      await world.assertFails(open(world.path('made')), 'ENOENT')
    })

    behaviour(subject, 'the reason is the cause', ['timer', 'stops what runs', 'real time'], async ({ io }) => {
      const reason = new Error('changed my mind')
      const controller = new AbortController()
      const promise = io.submit(timer(10_000), { signal: controller.signal })
      controller.abort(reason)
      const error: unknown = await promise.catch((thrown: unknown) => thrown)
      assert.ok(error instanceof AbortError)
      assert.equal(error.cause, reason)
    })

    behaviour(subject, 'ends a read on a silent pipe, which then has taken nothing', ['real descriptors', 'stops what runs', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const controller = new AbortController()
      const promise = world.io.submit(read(readEnd, Buffer.alloc(8)), { signal: controller.signal })
      await world.io.submit(timer(2))
      controller.abort()
      await assert.rejects(promise, { code: 'ABORT_ERR' })
      await world.io.submit(write(writeEnd, Buffer.from('mine')))
      const buffer = Buffer.alloc(8)
      assert.equal(await world.io.submit(read(readEnd, buffer)), 4)
      assert.equal(buffer.toString('latin1', 0, 4), 'mine')
    })

    behaviour(subject, 'one signal ends all that carry it, and no others', ['timer', 'stops what runs', 'real time'], async ({ io }) => {
      const controller = new AbortController()
      const doomed = Array.from({ length: 100 }, () => io.submit(timer(10_000), { signal: controller.signal }))
      const spared = io.submit(timer(10))
      controller.abort()
      const results = await Promise.allSettled(doomed)
      assert.ok(results.every((result) => result.status === 'rejected' && (result.reason as { code: string }).code === 'ABORT_ERR'))
      assert.equal(await spared, undefined)
    })

    behaviour(subject, 'what waits behind a limit is taken back at once', ['real descriptors', 'fifos'], async (world) => {
      const io = world.proactor({ inFlightMax: 1 })
      const controller = new AbortController()
      const { readEnd, writeEnd } = world.fifo()
      const first = io.submit(read(readEnd, Buffer.alloc(1)))
      const promise = io.submit(open(world.path('made'), { flags: 0o101 }), { signal: controller.signal })
      assert.equal(io.statistics.queued, 1)
      controller.abort()
      await assert.rejects(promise, { code: 'ABORT_ERR' })
      assert.equal(io.statistics.queued, 0)
      await world.io.submit(write(writeEnd, Buffer.from('x')))
      await first
      await world.assertFails(open(world.path('made')), 'ENOENT')
    })

    behaviour(subject, 'after completion changes nothing', [], async (world) => {
      await world.put('file', 'abc')
      const controller = new AbortController()
      const fd = await world.open('file')
      assert.equal(await world.io.submit(read(fd, Buffer.alloc(3), 0), { signal: controller.signal }), 3)
      controller.abort()
      assert.equal(await world.io.submit(read(fd, Buffer.alloc(3), 0)), 3)
    })

    behaviour(subject, 'reaches callbacks too', ['timer', 'stops what runs', 'real time'], async ({ io }) => {
      const controller = new AbortController()
      const error = new Promise<Error | null>((resolve) => {
        io.submit(timer(10_000), { signal: controller.signal }, resolve)
      })
      controller.abort()
      assert.equal((await error as Error & { code: string }).code, 'ABORT_ERR')
    })
  })

  family('timeout', () => {
    behaviour(subject, 'ends a read on a silent pipe as ETIMEDOUT, not before its time', ['real descriptors', 'stops what runs', 'fifos'], async (world) => {
      const { readEnd } = world.fifo()
      const start = performance.now()
      await assert.rejects(world.io.submit(read(readEnd, Buffer.alloc(1)), { timeout: 15 }), { code: 'ETIMEDOUT', errno: -110, syscall: 'read' })
      assert.ok(performance.now() - start >= 14)
    })

    behaviour(subject, 'many deadlines each end in their own time', ['timer', 'stops what runs', 'real time'], async ({ io }) => {
      const start = performance.now()
      await Promise.all([40, 5, 20, 10, 30].map(async (timeout) => {
        await assert.rejects(io.submit(timer(10_000), { timeout }), { code: 'ETIMEDOUT' })
        assert.ok(performance.now() - start >= timeout - 1, `${String(timeout)} ms`)
      }))
    })

    behaviour(subject, 'counts while waiting behind a limit', ['real descriptors', 'fifos'], async (world) => {
      const io = world.proactor({ inFlightMax: 1 })
      const { readEnd, writeEnd } = world.fifo()
      const first = io.submit(read(readEnd, Buffer.alloc(1)))
      await assert.rejects(io.submit(nop(), { timeout: 5 }), { code: 'ETIMEDOUT' })
      await world.io.submit(write(writeEnd, Buffer.from('x')))
      await first
    })

    behaviour(subject, 'does not touch what ends in time', ['timer'], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      assert.equal(await world.io.submit(read(fd, Buffer.alloc(3), 0), { timeout: 10_000 }), 3)
      await world.io.submit(timer(3), { timeout: Infinity })
    })
  })
}

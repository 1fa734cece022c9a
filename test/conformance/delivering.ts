// How completions arrive: promise, callback, event batches, and blocking.
import assert from 'node:assert/strict'
import { read, statx, timer, write } from 'trueaio'
import { PATIENCE } from '../launcher/patience.js'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

export function delivering(subject: Subject): void {
  family('callbacks', () => {
    behaviour(subject, 'get null and the result, or the error alone, never inside submit', [], async (world) => {
      await world.put('file', 'abc')
      let submitted = false
      const got = await new Promise<unknown[]>((resolve) => {
        world.io.submit(statx(world.path('file')), (error, result) => {
          assert.equal(submitted, true)
          resolve([error, result?.size])
        })
        submitted = true
      })
      assert.deepEqual(got, [null, 3])
      const failed = await new Promise<unknown[]>((resolve) => {
        world.io.submit(statx(world.path('nothing')), (...all: unknown[]) => resolve(all))
      })
      assert.equal(failed.length, 1)
      assert.equal((failed[0] as { code: string }).code, 'ENOENT')
    })

    behaviour(subject, 'come in the order of completion, each once', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const counts = new Array<number>(500).fill(0)
      await new Promise<void>((resolve) => {
        let left = counts.length
        counts.forEach((_, index) => {
          world.io.submit(read(fd, Buffer.alloc(3), 0), (error, bytes) => {
            assert.equal(error, null)
            assert.equal(bytes, 3)
            counts[index] = (counts[index] ?? 0) + 1
            if (--left === 0) resolve()
          })
        })
      })
      assert.ok(counts.every((count) => count === 1))
    })
  })

  family('completion queue', () => {
    behaviour(subject, 'every operation is one event with its cookie and result', [], async (world) => {
      await world.put('file', 'abcdefghij')
      const fd = await world.open('file')
      const queue = world.io.completionQueue<number>()
      for (let cookie = 0; cookie < 100; cookie++) queue.submit(read(fd, Buffer.alloc(cookie % 11), 0), cookie)
      const seen = new Map<number, unknown>()
      while (seen.size < 100) for (const { cookie, result, error, more } of await queue.wait()) {
        assert.equal(error, undefined)
        assert.equal(more, false)
        assert.ok(!seen.has(cookie))
        seen.set(cookie, result)
      }
      for (const [cookie, result] of seen) assert.equal(result, cookie % 11)
      assert.equal(queue.inFlight, 0)
    })

    behaviour(subject, 'min waits for so many, max takes so many, timeout comes back with fewer', ['timer', 'real time'], async ({ io }) => {
      const queue = io.completionQueue<string>()
      for (const [cookie, time] of [['a', 2], ['b', 4], ['c', 6], ['d', 10_000]] as const) queue.submit(timer(time * PATIENCE), cookie, { timeout: 10_000 * PATIENCE })
      assert.deepEqual((await queue.wait({ min: 2, max: 2 })).map(({ cookie }) => cookie), ['a', 'b'])
      const start = performance.now()
      const rest = await queue.wait({ min: 2, timeout: 30 * PATIENCE })
      assert.ok(performance.now() - start >= 29 * PATIENCE)
      assert.deepEqual(rest.map(({ cookie }) => cookie), ['c'])
      assert.deepEqual(await queue.wait({ min: 0 }), [])
      await io.close()
    })

    behaviour(subject, 'a failure is an event with the error', [], async (world) => {
      const queue = world.io.completionQueue<string>()
      queue.submit(statx(world.path('nothing')), 'missing')
      const [event] = await queue.wait()
      assert.equal(event?.cookie, 'missing')
      assert.equal(event.result, undefined)
      assert.equal((event.error as { code?: string }).code, 'ENOENT')
    })

    behaviour(subject, 'never holds more than its capacity; the rest waits and none is lost', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const queue = world.io.completionQueue<number>({ capacity: 4 })
      for (let cookie = 0; cookie < 50; cookie++) queue.submit(read(fd, Buffer.alloc(1), 0), cookie)
      const seen: number[] = []
      while (seen.length < 50) {
        const events = await queue.wait({ max: 3 })
        assert.ok(events.length <= 3 && queue.ready <= 4)
        seen.push(...events.map(({ cookie }) => cookie))
      }
      assert.deepEqual([...seen].sort((a, b) => a - b), Array.from({ length: 50 }, (_, index) => index))
    })

    behaviour(subject, 'a wait is aborted by its signal, the operations are not', ['timer'], async ({ io }) => {
      const queue = io.completionQueue<number>()
      queue.submit(timer(15), 1)
      const controller = new AbortController()
      const waited = queue.wait({ signal: controller.signal })
      controller.abort()
      await assert.rejects(waited, { code: 'ABORT_ERR' })
      assert.deepEqual((await queue.wait()).map(({ cookie }) => cookie), [1])
    })

    behaviour(subject, 'waitSync blocks until enough are there or the time is over', ['blocks', 'timer', 'real time'], ({ io }) => {
      const queue = io.completionQueue<string>()
      queue.submit(timer(5), 'soon')
      queue.submit(timer(15), 'later')
      assert.deepEqual(queue.waitSync({ min: 2, timeout: 5000 }).map(({ cookie }) => cookie), ['soon', 'later'])
      const start = performance.now()
      queue.submit(timer(50), 'last')
      assert.deepEqual(queue.waitSync({ min: 1, timeout: 10 }), [])
      assert.ok(performance.now() - start >= 9)
      assert.deepEqual(queue.waitSync({ timeout: 5000 }).map(({ cookie }) => cookie), ['last'])
    })

    behaviour(subject, 'closed: no more submissions, waits end with what there is', ['timer'], async ({ io }) => {
      const queue = io.completionQueue<number>()
      queue.submit(timer(1), 1)
      const waited = queue.wait({ min: 2 })
      await io.submit(timer(10))
      queue.close()
      assert.deepEqual((await waited).map(({ cookie }) => cookie), [1])
      assert.throws(() => queue.submit(timer(1), 2), { code: 'ERR_TRUEAIO_CLOSED' })
    })

    behaviour(subject, 'multishot events say that more will come', ['timer', 'multishot'], async ({ io }) => {
      const queue = io.completionQueue<string>()
      const controller = new AbortController()
      queue.submit(timer(2, { multishot: true }), 'tick', { signal: controller.signal })
      const events = await queue.wait({ min: 3 })
      assert.deepEqual(events.slice(0, 3).map(({ result, more }) => [result, more]), [[1, true], [2, true], [3, true]])
      controller.abort()
      for (;;) {
        const last = (await queue.wait()).at(-1)
        if (last?.more === false) {
          assert.equal((last.error as { code?: string }).code, 'ABORT_ERR')
          return
        }
      }
    })
  })

  family('runSync', () => {
    behaviour(subject, 'returns every outcome in its place', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file', O.O_RDWR)
      const buffer = Buffer.alloc(3)
      const [first, missing, last] = world.io.runSync([read(fd, buffer, 0), statx(world.path('nothing')), statx(world.path('file'))])
      assert.deepEqual(first, { status: 'fulfilled', value: 3 })
      assert.equal(missing.status === 'rejected' && (missing.reason as { code: string }).code, 'ENOENT')
      assert.equal(last.status === 'fulfilled' && last.value.size, 3)
      assert.equal(buffer.toString(), 'abc')
    })

    behaviour(subject, 'of none returns at once; of many returns all', [], async (world) => {
      assert.deepEqual(world.io.runSync([]), [])
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      const results = world.io.runSync(Array.from({ length: 300 }, (_, index) => write(fd, Buffer.from([index & 0xff]), index)))
      assert.ok(results.every((result) => result.status === 'fulfilled' && result.value === 1))
      assert.equal((await world.content('file')).length, 300)
    })

    behaviour(subject, 'holds to limits and deadlines', ['blocks', 'timer', 'stops what runs', 'real time'], (world) => {
      const io = world.proactor({ inFlightMax: 2 })
      const results = io.runSync([timer(1), timer(1), timer(1), timer(1), timer(1)])
      assert.ok(results.every(({ status }) => status === 'fulfilled'))
      const [late] = io.runSync([timer(10_000)], { timeout: 5 })
      assert.equal(late.status === 'rejected' && (late.reason as { code: string }).code, 'ETIMEDOUT')
    })

    behaviour(subject, 'what ends meanwhile for others is delivered afterwards', ['blocks', 'timer'], async ({ io }) => {
      let delivered = false
      const other = io.submit(timer(1)).then(() => {
        delivered = true
      })
      io.runSync([timer(15)])
      assert.equal(delivered, false)
      await other
      assert.equal(delivered, true)
    })
  })
}

// Limits and order: what exceeds a limit waits and is never lost; order holds where it is asked for.
import assert from 'node:assert/strict'
import { read, timer, write } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

export function limits(subject: Subject): void {
  family('limits', () => {
    for (const inFlightMax of [1, 2, 7]) {
      behaviour(subject, `at most ${String(inFlightMax)} in flight, a thousand submitted`, [], async (world) => {
        await world.put('file', Buffer.alloc(4096, 5))
        const io = world.proactor({ inFlightMax })
        const fd = await world.open('file')
        assert.equal(io.limits.inFlightMax, inFlightMax)
        const promises = Array.from({ length: 1000 }, (_, index) => io.submit(read(fd, Buffer.alloc(4), index * 4)).then((bytes) => {
          assert.ok(io.statistics.inFlight <= inFlightMax)
          return bytes
        }))
        assert.equal(io.statistics.inFlight, inFlightMax)
        assert.equal(io.statistics.queued, 1000 - inFlightMax)
        assert.deepEqual(await Promise.all(promises), promises.map(() => 4))
        assert.deepEqual([io.statistics.inFlight, io.statistics.queued, io.statistics.bytesLent], [0, 0, 0])
      })
    }

    behaviour(subject, 'bytes lent: the rest waits, one that is larger alone goes alone', [], async (world) => {
      await world.put('file', Buffer.alloc(4096, 5))
      const io = world.proactor({ bytesLentMax: 100 })
      const fd = await world.open('file')
      const sizes = [40, 40, 40, 1000, 10, 90, 100]
      const promises = sizes.map((size) => io.submit(read(fd, Buffer.alloc(size), 0)).then((bytes) => {
        assert.ok(io.statistics.bytesLent <= 1000)
        return bytes
      }))
      assert.equal(io.statistics.bytesLent, 80)
      assert.deepEqual(await Promise.all(promises), sizes)
    })

    behaviour(subject, 'a ring of one entry carries thousands', [], async (world) => {
      await world.put('file', Buffer.alloc(4096, 5))
      const io = world.proactor({ entries: 1 })
      const fd = await world.open('file')
      const results = await Promise.all(Array.from({ length: 3000 }, () => io.submit(read(fd, Buffer.alloc(2), 0))))
      assert.ok(results.every((bytes) => bytes === 2))
    })
  })

  family('order', () => {
    behaviour(subject, 'ordered operations of one descriptor run one after the other', [], async (world) => {
      const fd = await world.open('log', O.O_CREAT | O.O_RDWR)
      const ended: number[] = []
      await Promise.all(Array.from({ length: 100 }, async (_, index) => {
        await world.io.submit(write(fd, Buffer.from(`${String(index)}\n`)), { ordered: true })
        ended.push(index)
      }))
      assert.deepEqual(ended, Array.from({ length: 100 }, (_, index) => index))
      assert.equal((await world.content('log')).toString(), ended.map((index) => `${String(index)}\n`).join(''))
    })

    behaviour(subject, 'one that waits its turn holds up nothing else', ['real descriptors', 'fifos'], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const { readEnd, writeEnd } = world.fifo()
      const buffers = [Buffer.alloc(1), Buffer.alloc(1)]
      const ordered = buffers.map((buffer) => world.io.submit(read(readEnd, buffer), { ordered: true }))
      assert.equal(await world.io.submit(read(fd, Buffer.alloc(3), 0)), 3)
      await world.io.submit(write(writeEnd, Buffer.from('12')))
      assert.deepEqual(await Promise.all(ordered), [1, 1])
      assert.equal(Buffer.concat(buffers).toString(), '12')
    })

    behaviour(subject, 'a barrier starts after everything before it and before everything after it', ['timer'], async ({ io }) => {
      const ended: string[] = []
      const note = (name: string) => (): void => void ended.push(name)
      await Promise.all([
        io.submit(timer(20)).then(note('before, slow')),
        io.submit(timer(1)).then(note('before, fast')),
        io.submit(timer(10), { barrier: true }).then(note('barrier')),
        io.submit(timer(0)).then(note('after')),
      ])
      // Two timers of one moment may end in any order, and a slow machine makes one moment of both.
      assert.deepEqual([...ended.slice(0, 2).sort(), ...ended.slice(2)], ['before, fast', 'before, slow', 'barrier', 'after'])
    })

    behaviour(subject, 'waiting operations start in order of arrival', ['timer'], async (world) => {
      const io = world.proactor({ inFlightMax: 1 })
      const ended: number[] = []
      await Promise.all(Array.from({ length: 20 }, async (_, index) => {
        await io.submit(timer(0))
        ended.push(index)
      }))
      assert.deepEqual(ended, Array.from({ length: 20 }, (_, index) => index))
    })

    behaviour(subject, 'a priority is taken', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const idle = (3 << 13) | 0
      assert.equal(await world.io.submit(read(fd, Buffer.alloc(3), 0), { priority: idle }), 3)
    })
  })
}

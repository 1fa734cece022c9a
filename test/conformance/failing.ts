// Errors as Node makes them, wherever they come from.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { close, open, read, statx, timer } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family } from './world.js'

export function failing(subject: Subject): void {
  family('errors', () => {
    behaviour(subject, 'have the fields and the text of Node\'s', [], async (world) => {
      const error = await world.io.submit(open(world.path('nothing'))).then(() => assert.fail('opened'), (thrown: unknown) => thrown as NodeJS.ErrnoException)
      let theirs: NodeJS.ErrnoException | undefined
      try {
        fs.openSync(world.twinPath('nothing'), 'r')
      } catch (thrown) {
        theirs = thrown as NodeJS.ErrnoException
      }
      assert.ok(error instanceof Error)
      assert.equal(error.name, theirs?.name)
      assert.deepEqual(Object.keys(error).sort(), Object.keys(theirs ?? {}).sort())
      assert.equal(error.message, theirs?.message.replace(world.twin, world.root))
    })

    behaviour(subject, 'of a promise carry the stack of whoever awaits', [], async (world) => {
      async function theCallerOfThisOperation(): Promise<void> {
        await world.io.submit(statx(world.path('nothing')))
      }
      await assert.rejects(theCallerOfThisOperation(), (error: Error) => {
        assert.match(error.stack ?? '', /at async theCallerOfThisOperation/)
        return true
      })
    })

    behaviour(subject, 'of one operation leave those beside it alone', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const results = await Promise.allSettled([
        world.io.submit(read(fd, Buffer.alloc(3), 0)), world.io.submit(read(987_654, Buffer.alloc(3), 0)), world.io.submit(statx(world.path('nothing'))),
        world.io.submit(read(fd, Buffer.alloc(2), 1)),
      ])
      assert.deepEqual(results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as { code: string }).code)), [3, 'EBADF', 'ENOENT', 2])
    })

    behaviour(subject, 'after close, submissions are refused and nothing reaches the driver', [], async (world) => {
      const io = world.proactor()
      await io.close()
      await assert.rejects(io.submit(open(world.path('made'), { flags: 0o101 })), { code: 'ERR_TRUEAIO_CLOSED' })
      await world.assertFails(open(world.path('made')), 'ENOENT')
      await io.close()
    })

    behaviour(subject, 'close cancels what is in flight and what waits', ['timer', 'stops what runs', 'real time'], async (world) => {
      const io = world.proactor({ inFlightMax: 10 })
      const promises = Array.from({ length: 50 }, () => io.submit(timer(10_000)))
      const settled = Promise.allSettled(promises)
      await io.close()
      for (const result of await settled) assert.equal(result.status === 'rejected' && (result.reason as { code: string }).code, 'ERR_TRUEAIO_CLOSED')
      assert.deepEqual([io.statistics.inFlight, io.statistics.queued], [0, 0])
    })
  })

  family('statistics', () => {
    behaviour(subject, 'count operations, errors and bytes', [], async (world) => {
      await world.put('file', 'abcdef')
      const io = world.proactor({ latency: true })
      const fd = await io.submit(open(world.path('file')))
      for (let round = 0; round < 5; round++) await io.submit(read(fd, Buffer.alloc(4), 0))
      await assert.rejects(io.submit(read(987_654, Buffer.alloc(4), 0)))
      await io.submit(close(fd))
      const { operations } = io.statistics
      assert.deepEqual(Object.keys(operations).sort(), ['close', 'open', 'read'])
      const row = operations['read'] ?? assert.fail()
      assert.deepEqual([row.count, row.errors, row.bytes], [6, 1, 20])
      assert.equal(row.latency?.count, 6)
      assert.ok(row.latency.min > 0)
    })
  })
}

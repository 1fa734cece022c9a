// Time, readiness and children: what completes by itself.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { nop, poll, PollEvent, read, timer, waitChild, WaitFlag, write } from 'trueaio'
import { PATIENCE } from '../launcher/patience.js'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const { POLLIN, POLLOUT, POLLHUP } = PollEvent
/** Clocks of kernel and process may differ by a tick's rounding. */
const EARLY_MILLISECONDS_MAX = 1

export function waiting(subject: Subject): void {
  family('nop', () => {
    behaviour(subject, 'completes, never before submit has returned', ['nop'], async ({ io }) => {
      let returned = false
      const promise = io.submit(nop()).then((value) => {
        assert.equal(returned, true)
        return value
      })
      returned = true
      assert.equal(await promise, undefined)
    })
  })

  family('timer', () => {
    for (const milliseconds of [0, 0.25, 1, 20]) {
      behaviour(subject, `of ${String(milliseconds)} ms does not end earlier`, ['timer', 'real time'], async ({ io }) => {
        const start = performance.now()
        assert.equal(await io.submit(timer(milliseconds)), undefined)
        const took = performance.now() - start
        assert.ok(took >= milliseconds - EARLY_MILLISECONDS_MAX, `took ${String(took)} ms`)
      })
    }

    behaviour(subject, 'shorter ones end first, whatever the order of submission', ['timer'], async ({ io }) => {
      const order: number[] = []
      await Promise.all([60, 5, 30].map((milliseconds) => milliseconds * PATIENCE).map(async (milliseconds) => {
        await io.submit(timer(milliseconds))
        order.push(milliseconds)
      }))
      assert.deepEqual(order, [5, 30, 60].map((milliseconds) => milliseconds * PATIENCE))
    })

    behaviour(subject, 'at an instant: not before it, and at once when it is past', ['timer', 'real time'], async ({ io }) => {
      const instant = Date.now() + 25
      await io.submit(timer(instant, { absolute: true }))
      assert.ok(Date.now() >= instant - EARLY_MILLISECONDS_MAX)
      await io.submit(timer(1_000_000, { absolute: true }), { timeout: 5000 })
    })

    behaviour(subject, 'multishot ticks count up until the loop is left', ['timer', 'multishot'], async ({ io }) => {
      const ticks: unknown[] = []
      for await (const tick of io.iterate(timer(2, { multishot: true }))) {
        ticks.push(tick)
        if (ticks.length === 4) break
      }
      assert.deepEqual(ticks, [1, 2, 3, 4])
    })

    behaviour(subject, 'multishot ticks reach a callback until aborted', ['timer', 'multishot'], async ({ io }) => {
      const controller = new AbortController()
      const seen: unknown[] = []
      await new Promise<void>((resolve) => {
        io.submit(timer(2, { multishot: true }), { signal: controller.signal }, (error, tick) => {
          if (error !== null) {
            assert.equal((error as Error & { code?: string }).code, 'ABORT_ERR')
            resolve()
          } else {
            seen.push(tick)
            if (seen.length === 3) controller.abort()
          }
        })
      })
      assert.deepEqual(seen.slice(0, 3), [1, 2, 3])
    })
  })

  family('poll', () => {
    behaviour(subject, 'tells at once what is ready already', ['poll', 'real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      assert.equal(await world.io.submit(poll(writeEnd, POLLOUT)) & POLLOUT, POLLOUT)
      await world.io.submit(write(writeEnd, Buffer.from('x')))
      assert.equal(await world.io.submit(poll(readEnd, POLLIN)) & POLLIN, POLLIN)
    })

    behaviour(subject, 'waits until there is something to read, and consumes nothing', ['poll', 'real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      let ready = false
      const polled = world.io.submit(poll(readEnd, POLLIN)).then((events) => {
        ready = true
        return events
      })
      await world.io.submit(timer(5))
      assert.equal(ready, false)
      await world.io.submit(write(writeEnd, Buffer.from('abc')))
      assert.equal(await polled & POLLIN, POLLIN)
      const buffer = Buffer.alloc(8)
      assert.equal(await world.io.submit(read(readEnd, buffer)), 3)
    })

    behaviour(subject, 'tells of the other end closing', ['poll', 'real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const polled = world.io.submit(poll(readEnd, POLLIN))
      world.closeNow(writeEnd)
      assert.equal(await polled & POLLHUP, POLLHUP)
    })

    behaviour(subject, 'a regular file is always ready; a wrong descriptor is EBADF', ['poll', 'real descriptors'], async (world) => {
      await world.put('file', 'x')
      const fd = await world.open('file', O.O_RDWR)
      assert.equal(await world.io.submit(poll(fd, POLLIN | POLLOUT)), POLLIN | POLLOUT)
      await world.assertFails(poll(987_654, POLLIN), 'EBADF')
    })

    behaviour(subject, 'multishot tells again each time', ['poll', 'multishot', 'real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const buffer = Buffer.alloc(8)
      let rounds = 0
      const writeOne = (): Promise<number> => world.io.submit(write(writeEnd, Buffer.from('x')))
      const iteration = world.io.iterate(poll(readEnd, POLLIN, { multishot: true }))
      await writeOne()
      for await (const events of iteration) {
        assert.equal(events & POLLIN, POLLIN)
        assert.equal(await world.io.submit(read(readEnd, buffer)), 1)
        if (++rounds === 3) break
        await writeOne()
      }
      assert.equal(rounds, 3)
    })
  })

  family('waitChild', () => {
    behaviour(subject, 'tells the exit code, and leaves the child for Node to reap', ['waitid', 'blocks', 'real descriptors'], async ({ io }) => {
      const child = spawn(process.execPath, ['-e', 'process.exit(7)'], { stdio: 'ignore' })
      const pid = child.pid ?? assert.fail('the child did not start')
      // Blocking, so that Node cannot reap the child before it was looked at.
      const [outcome] = io.runSync([waitChild(pid)])
      assert.ok(outcome.status === 'fulfilled')
      const { pid: reported, code, status } = outcome.value
      assert.deepEqual({ reported, code, status }, { reported: pid, code: 1, status: 7 })
      assert.deepEqual(await once(child, 'exit'), [7, null])
    })

    behaviour(subject, 'tells the signal that ended a child; WNOHANG tells of one that runs', ['waitid', 'blocks', 'real descriptors'], async ({ io }) => {
      const child = spawn('sleep', ['30'], { stdio: 'ignore' })
      const pid = child.pid ?? assert.fail('the child did not start')
      const [running] = io.runSync([waitChild(pid, { options: WaitFlag.WEXITED | WaitFlag.WNOHANG | WaitFlag.WNOWAIT })])
      assert.equal(running.status === 'fulfilled' && running.value.pid, 0)
      child.kill('SIGKILL')
      const [ended] = io.runSync([waitChild(pid)])
      assert.ok(ended.status === 'fulfilled')
      assert.deepEqual([ended.value.code, ended.value.status], [2, 9])
      await once(child, 'exit')
    })

    behaviour(subject, 'of no child is ECHILD', ['waitid', 'real descriptors'], async (world) => {
      await world.assertFails(waitChild(process.pid), 'ECHILD')
    })
  })
}

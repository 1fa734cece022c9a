// The end of child processes as sources.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { call, waitChild, WaitFlag, type ChildChange } from 'trueaio'
import { cookies, next, onEveryDriver } from './subjects.js'

const NEEDS = ['waitid', 'real descriptors'] as const
const PR_SET_CHILD_SUBREAPER = 36
const CLD_EXITED = 1
const CLD_KILLED = 2

onEveryDriver('children', (it) => {
  it('blocking: exit code and signal, and Node still reaps its own', NEEDS, async ({ queue }) => {
    const exits = spawn(process.execPath, ['-e', 'process.exit(7)'], { stdio: 'ignore' })
    const sleeps = spawn('sleep', ['30'], { stdio: 'ignore' })
    const reaped = Promise.all([once(exits, 'exit'), once(sleeps, 'exit')])
    queue.child(exits.pid as number, 'exits')
    queue.child(sleeps.pid as number, 'sleeps')
    const [first] = queue.getEventsSync()
    assert.deepEqual([first?.kind, first?.cookie, first?.more], ['child', 'exits', false])
    const { code, pid, status } = first?.result as ChildChange
    assert.deepEqual([pid, code, status], [exits.pid, CLD_EXITED, 7])
    assert.deepEqual(queue.getEventsSync({ timeout: 5 }), [])
    process.kill(sleeps.pid as number, 'SIGTERM')
    const [second] = queue.getEventsSync()
    assert.deepEqual([second?.cookie, (second?.result as ChildChange).code, (second?.result as ChildChange).status], ['sleeps', CLD_KILLED, 15])
    assert.deepEqual(await reaped, [[7, null], [null, 'SIGTERM']])
  })

  it('of a child that Node has not started, on the loop', [...NEEDS, 'call'], async ({ io, queue }) => {
    // An orphan becomes a child of the next process above that wants it.
    await io.submit(call('prctl', PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    try {
      const { stdout } = spawnSync('sh', ['-c', 'sleep 30 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' })
      const orphan = Number(stdout)
      const source = queue.child(orphan, 'orphan')
      const disabled = queue.child(orphan, 'disabled')
      disabled.disable()
      queue.timer(5, 'timer')
      assert.equal((await next(queue)).cookie, 'timer')
      process.kill(orphan, 'SIGKILL')
      const event = await next(queue)
      assert.deepEqual([event.cookie, (event.result as ChildChange).status, source.live], ['orphan', 9, false])
      disabled.enable() // it looks only: the child is still there to be waited for
      assert.equal((await next(queue)).cookie, 'disabled')
      await io.submit(waitChild(orphan, { options: WaitFlag.WEXITED }))
    } finally {
      await io.submit(call('prctl', PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0))
    }
  })

  it('that is no child: ECHILD', NEEDS, async ({ queue }) => {
    queue.child(process.pid, 'self')
    const event = await next(queue)
    assert.deepEqual([(event.error as NodeJS.ErrnoException).code, event.more], ['ECHILD', false])
  })

  it('removed: no event of it', NEEDS, async ({ queue }) => {
    const child = spawn('sleep', ['30'], { stdio: 'ignore' })
    const source = queue.child(child.pid as number, 'child')
    source.remove()
    child.kill()
    await once(child, 'exit')
    queue.timer(1, 'later')
    assert.deepEqual(cookies(await queue.getEvents()), ['later'])
  })
})

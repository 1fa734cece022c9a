// The end of processes that are no children as sources.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { cookies, next, onEveryDriver } from './subjects.js'

const NEEDS = ['poll', 'real descriptors'] as const
/** No process has such a number (PID_MAX_LIMIT is 2^22). */
const NOBODY = 2 ** 30

/** A process whose parent has ended: somebody else's child. */
function foreign(): number {
  const { stdout } = spawnSync('sh', ['-c', 'sleep 30 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' })
  return Number(stdout)
}

onEveryDriver('processes', (it) => {
  it('the end of one that is no child, blocking and on the loop', NEEDS, async ({ queue }) => {
    const [first, second] = [foreign(), foreign()]
    queue.process(first, 'first')
    const source = queue.process(second, 'second')
    assert.deepEqual(queue.getEventsSync({ timeout: 5 }), [])
    process.kill(first, 'SIGKILL')
    const [event] = queue.getEventsSync()
    assert.deepEqual([event?.kind, event?.cookie, event?.result, event?.more, event?.error], ['process', 'first', undefined, false, undefined])
    assert.deepEqual([source.live, source.id], [true, second])
    process.kill(second, 'SIGKILL')
    assert.equal((await next(queue)).cookie, 'second')
    assert.equal(source.live, false)
  })

  it('also of a child, whose status Node gets', NEEDS, async ({ queue }) => {
    const child = spawn(process.execPath, ['-e', 'process.exit(7)'], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    queue.process(child.pid as number, 'child')
    assert.equal((await next(queue)).cookie, 'child')
    assert.deepEqual(await ended, [7, null])
  })

  it('disabled and enabled: what is true then is told; removed: nothing', NEEDS, async ({ queue }) => {
    const pid = foreign()
    const source = queue.process(pid, 'enabled')
    const removed = queue.process(pid, 'removed')
    source.disable()
    process.kill(pid, 'SIGKILL')
    assert.equal(removed.remove(), true)
    queue.timer(20, 'timer')
    assert.equal((await next(queue)).cookie, 'timer')
    source.enable()
    assert.equal((await next(queue)).cookie, 'enabled')
    assert.deepEqual(cookies(await queue.getEvents({ min: 0 })), [])
  })

  it('that is none: ESRCH; wild numbers are Node\'s argument errors', NEEDS, async ({ queue }) => {
    queue.process(NOBODY, 'nobody')
    const event = await next(queue)
    assert.deepEqual([(event.error as NodeJS.ErrnoException).code, (event.error as NodeJS.ErrnoException).syscall, event.more], ['ESRCH', 'pidfd_open', false])
    assert.throws(() => queue.process(0, 'zero'), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => queue.process('1' as never, 'text'), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('leaves no descriptor open', NEEDS, async ({ anotherQueue, queue }) => {
    queue.process(NOBODY, 'nobody') // whatever is made once is made
    await next(queue)
    const watched = foreign()
    queue.process(watched, 'first').remove()
    queue.timer(5, 'settled')
    await next(queue)
    const before = readdirSync('/proc/self/fd').length
    const other = anotherQueue()
    for (let index = 0; index < 20; index++) other.process(watched, 'watched')
    for (let index = 0; index < 20; index++) queue.process(watched, 'removed').remove()
    await other.close()
    process.kill(watched, 'SIGKILL')
    queue.timer(20, 'settled')
    await next(queue)
    assert.equal(readdirSync('/proc/self/fd').length, before)
  })
})

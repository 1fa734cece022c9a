// What keeps a process alive, and what does not.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

function run(body: string): { readonly code: number | null, readonly output: string } {
  const program = `import { Proactor, PollEvent, nop } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'
const queue = new EventQueue()
${body}`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8', timeout: 20_000 })
  return { code: status, output: stdout + stderr }
}

test('a timer, a watched path and an operation do', () => {
  const { code, output } = run(`
    queue.timer(30, 'timer')
    for (const { cookie } of await queue.getEvents()) console.log(cookie)
    const source = await queue.watchPath('.', 'path')
    setTimeout(() => source.remove(), 30).unref()
    process.on('exit', () => console.log(source.removed))`)
  assert.deepEqual([code, output], [0, 'timer\ntrue\n'])
})

test('user sources, signals and a wait for them do not; nor does what was removed', () => {
  const { code, output } = run(`
    queue.user('user')
    queue.signal('SIGURG', 'signal')
    const timer = queue.timer(1e9, 'timer')
    queue.watch(0, PollEvent.POLLPRI, 'descriptor').remove()
    timer.remove()
    process.on('exit', () => console.log('over'))
    void queue.getEvents().then(() => console.log('never'))`)
  assert.deepEqual([code, output], [0, 'over\n'])
})

test('nor does a queue that was closed', () => {
  const { code, output } = run(`
    queue.timer(1e9, 'timer', { repeat: 1e9 })
    queue.timer(1e13, 'wall', { absolute: true })
    queue.watch(0, PollEvent.POLLPRI, 'descriptor')
    await queue.watchPath('.', 'path')
    await queue.close()
    console.log((await queue.getEvents()).length)`)
  assert.deepEqual([code, output], [0, '0\n'])
})

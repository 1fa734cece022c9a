// What a program around the engine notices: when it ends, when its timers fire. The real drivers, in processes of their own.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

function run(program: string): { code: number | null; out: string; milliseconds: number } {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(stderr, '')
  return { code: status, out: stdout, milliseconds: performance.now() - start }
}

test('an operation in flight keeps the process alive until it ends', () => {
  const { code, out } = run(`
    import { Proactor, timer } from 'trueaio'
    new Proactor().submit(timer(100)).then(() => console.log('ended'))`)
  assert.deepEqual([code, out], [0, 'ended\n'])
})

test('unreferenced, it does not', () => {
  const { code, out, milliseconds } = run(`
    import { Proactor, timer } from 'trueaio'
    const io = new Proactor().unref()
    io.submit(timer(60_000)).then(() => console.log('never'), () => console.log('never'))
    console.log('left')`)
  assert.deepEqual([code, out], [0, 'left\n'])
  assert.ok(milliseconds < 20_000)
})

test('a proactor that is idle, and one never used, keep nobody', () => {
  const { code, out } = run(`
    import { defaultProactor, nop, Proactor } from 'trueaio'
    new Proactor()
    await defaultProactor().submit(nop())
    console.log(defaultProactor() === defaultProactor())`)
  assert.deepEqual([code, out], [0, 'true\n'])
})

test('nothing runs at import: no descriptor, no thread', { skip: process.platform !== 'linux' && 'counted through /proc' }, () => {
  const { code, out } = run(`
    import fs from 'node:fs'
    const count = () => [fs.readdirSync('/proc/self/fd').length, fs.readdirSync('/proc/self/task').length].join()
    // What Node starts of itself is there from here on. (An import of node:util opens a stream for stdout on Node 26.)
    await import('node:util')
    await fs.promises.stat('.')
    await import('#src/operation/opcode.js')
    const before = count()
    await import('trueaio')
    console.log(before === count())`)
  assert.deepEqual([code, out], [0, 'true\n'])
})

test('a callback that throws is an uncaught exception, and keeps none of the others from running', () => {
  const { code, out } = run(`
    import { nop, Proactor } from 'trueaio'
    const io = new Proactor()
    process.on('uncaughtException', (error) => console.log(error.message))
    for (let index = 0; index < 3; index++) {
      io.submit(nop(), () => {
        console.log(index)
        if (index === 1) throw new Error('mine')
      })
    }`)
  assert.deepEqual([code, out], [0, '0\n1\nmine\n2\n'])
})

// How processes end: the same program on plain Node and under trueaio/register must leave the same files, the same exit code
// and the same last words, whether it exits by itself, by process.exit or by an error that nobody caught.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { defaultProactor } from 'trueaio'

interface End { readonly code: unknown, readonly signal: unknown, readonly printed: string, readonly said: string, readonly files: Readonly<Record<string, string>> }

/** An empty module in the place of ours: --import alone changes the order of ticks and microtasks in a main program. */
const NOTHING = 'data:text/javascript,'
const REGISTER = import.meta.resolve('trueaio/register')

/**
 * process.exit of Node 24 and later waits for V8's compiling threads, and one of those may wait for a collection by the thread
 * that waits for it (nodejs/node issue 54918; about 1 in 100 of these programs, both with a busy machine). Without such threads it can't.
 */
const NODES_DEADLOCK = ['--single-threaded']

/** Which of Node's own functions called back is Node's affair. */
const NODES_FRAMES = /^ +at .*\(?node:.*\n/gm

async function endOf(program: string, imported: string): Promise<End> {
  const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-process-end-'))
  try {
    const child = spawn(process.execPath, [...NODES_DEADLOCK, '--import', imported, '-e', `const fs = require('node:fs')\n${program}`], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 })
    const [printed, said, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[unknown, unknown]>])
    return { code, signal, printed, said: said.replace(NODES_FRAMES, ''), files: Object.fromEntries(fs.readdirSync(root).sort().map((name) => [name, fs.readFileSync(join(root, name), 'utf8')])) }
  } finally {
    fs.rmSync(root, { recursive: true, force: true })
  }
}

/** Both ends, which are the same; the expectation says what they are, so that two that do nothing are told apart from it. */
async function sameEnd(program: string, expected: Partial<End>): Promise<void> {
  const [plain, registered] = await Promise.all([endOf(program, NOTHING), endOf(program, REGISTER)])
  assert.deepEqual(registered, plain)
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(registered[key as keyof End], value, key)
}

describe('what was begun right before the end is carried out', () => {
  test('by process.exit in the same piece of JavaScript', () => sameEnd(`
    const fd = fs.openSync('log', 'w')
    fs.writeFileSync('pid', '1')
    fs.writeFileSync('old', 'x')
    fs.write(fd, 'last words', () => {})
    fs.unlink('pid', () => {})
    fs.promises.rename('old', 'new')
    process.exit(3)
  `, { code: 3, files: { log: 'last words', new: 'x' } }))

  test('by an exception that nobody caught', () => sameEnd(`
    fs.stat('.', () => {
      const fd = fs.openSync('log', 'w')
      fs.write(fd, 'last words', () => {})
      throw new Error('the end')
    })
  `, { code: 1, files: { log: 'last words' } }))

  test('by a handler of uncaught exceptions', () => sameEnd(`
    process.on('uncaughtException', ({ message }) => {
      fs.write(fs.openSync('log', 'w'), message, () => {})
      process.exit(7)
    })
    fs.readFile('.', () => { throw new Error('the end') })
  `, { code: 7, files: { log: 'the end' } }))

  test('by a listener of the exit, however late it came', () => sameEnd(`
    fs.writeFileSync('pid', '1')
    process.on('exit', () => fs.unlink('pid', () => {}))
    fs.stat('.', () => {
      process.on('exit', () => fs.rename('mark', 'moved', () => {}))
      fs.writeFileSync('mark', '')
      process.exit(0)
    })
  `, { code: 0, files: { moved: '' } }))

  test('more of it than the engine takes at once', () => sameEnd(`
    for (let index = 0; index < 5000; index++) fs.writeFileSync('file' + index, '')
    setImmediate(() => {
      for (let index = 0; index < 5000; index++) fs.unlink('file' + index, () => {})
      process.exit(0)
    })
  `, { code: 0, files: {} }))

  // Node's own worker takes back what none of its pool's threads had begun.
  test('by a worker thread', async () => {
    const { code, printed, files } = await endOf(`
      const { Worker } = require('node:worker_threads')
      fs.writeFileSync('worker.cjs', "const fs = require('node:fs'); fs.unlink('worker.cjs', () => {}); process.exit(5)")
      new Worker('./worker.cjs').on('exit', (code) => console.log(code))
    `, REGISTER)
    assert.deepEqual([code, printed, files], [0, '5\n', {}])
  })
})

const DRIVER = defaultProactor().explain().find(({ state }) => state === 'in use')?.name

test('what only reads is not waited for', { skip: DRIVER === 'node' && 'Node opens files then' }, async () => {
  // Node's own exit would wait for a writer of the pipe, for ever.
  const { code, printed } = await endOf(`
    require('node:child_process').execFileSync('mkfifo', ['pipe'])
    fs.open('pipe', 'r', () => {})
    setImmediate(() => {
      fs.unlinkSync('pipe')
      console.log('ended')
      process.exit(2)
    })
  `, REGISTER)
  assert.deepEqual([code, printed], [2, 'ended\n'])
})

describe('beforeExit', () => {
  test('is told again after work that it began, however quickly that was done', () => sameEnd(`
    let round = 0
    process.on('beforeExit', () => {
      console.log('before', round)
      if (round++ < 3) fs.promises.stat('.').then(() => console.log('done'))
    })
    process.on('exit', (code) => console.log('exit', code))
  `, { printed: 'before 0\ndone\nbefore 1\ndone\nbefore 2\ndone\nbefore 3\nexit 0\n' }))

  test('and after work that began in a later microtask', () => sameEnd(`
    let round = 0
    fs.stat('.', () => {})
    process.on('beforeExit', async () => {
      if (round++ > 1) return
      for (let turn = 0; turn < 10; turn++) await undefined
      await fs.promises.stat('.')
      console.log(round)
    })
  `, { printed: '1\n2\n' }))

  test('is told once where nothing was begun', () => sameEnd(`
    fs.stat('.', () => {})
    process.on('beforeExit', () => console.log('before'))
  `, { printed: 'before\n' }))
})

describe('errors of callbacks', () => {
  test('are printed as Node prints them, without frames', () => sameEnd(`
    fs.stat('nothing', (error) => {
      console.log(error)
      fs.readFile('nothing', 'utf8', (error) => {
        console.log(error, error.stack)
        fs.createReadStream('nothing').on('error', (error) => console.log(error))
        fs.read(99, Buffer.alloc(1), 0, 1, 0, (error) => console.log(error))
      })
    })
  `, { code: 0, said: '' }))

  test('thrown on and caught by nobody, show where they were thrown', () => sameEnd(`
    fs.promises.readFile('/proc/self/stat').then(() => fs.stat('nothing', (error) => {
      throw error
    }))
  `, { code: 1 }))

  test('as does any other, thrown from where the loop calls back', () => sameEnd(`
    const error = new Error('made elsewhere')
    fs.promises.readFile('/proc/self/stat').then(() => fs.stat('.', () => {
      throw error
    }))
  `, { code: 1 }))

  test('of a stream that nobody listens to', () => sameEnd(`
    fs.createReadStream('nothing')
  `, { code: 1 }))
})

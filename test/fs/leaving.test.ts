// How long an end takes that comes while the drop-in has work: what the work itself needs, and never a wait for nothing. Ends
// in every way, at every moment, on every driver; what would change a file is done afterwards.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'

/** A wait for nothing was 30 s. */
const MILLISECONDS_MAX = 15_000

interface Left { readonly code: unknown, readonly said: string, readonly printed: string, readonly root: string }

async function leave(driver: string, program: string, look: (left: Left) => void): Promise<void> {
  const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-leaving-'))
  try {
    fs.writeFileSync(join(root, 'in'), 'hello')
    const child = spawn(process.execPath, ['--import', import.meta.resolve('trueaio/register'), '-e', `const fs = require('node:fs')\n${program}`], {
      cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: MILLISECONDS_MAX, env: { ...process.env, TRUEAIO_DRIVER: driver },
    })
    const [printed, said, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[unknown, unknown]>])
    assert.equal(signal, null, `it was still there after ${String(MILLISECONDS_MAX)} ms: ${said}`)
    look({ code, said, printed, root })
  } finally {
    fs.rmSync(root, { recursive: true, force: true })
  }
}

const WORK: readonly (readonly [name: string, begin: string, look: (root: string) => void])[] = [
  ['257 appendFile', `for (let index = 0; index < 257; index++) fs.appendFile('o', 'x', () => {})`, (root) => {
    assert.equal(fs.readFileSync(join(root, 'o'), 'utf8'), 'x'.repeat(257))
  }],
  ['300 readFile', `for (let index = 0; index < 300; index++) fs.readFile('in', () => {})`, () => { /* changes nothing */ }],
  ['300 writeFile', `for (let index = 0; index < 300; index++) fs.writeFile('o' + index, 'y', () => {})`, (root) => {
    for (let index = 0; index < 300; index++) assert.equal(fs.readFileSync(join(root, `o${String(index)}`), 'utf8'), 'y')
  }],
  ['reads of silent pipes, and an unlink', `
    const { execFileSync } = require('node:child_process')
    execFileSync('mkfifo', ['p'])
    const silent = fs.openSync('p', fs.constants.O_RDWR)
    for (let index = 0; index < 8; index++) fs.read(silent, Buffer.alloc(1), 0, 1, null, () => {})
    fs.unlink('in', () => {})
  `, (root) => assert.equal(fs.existsSync(join(root, 'in')), false)],
]

const ENDS: readonly (readonly [name: string, end: (begin: string) => string, code: number, said: RegExp])[] = [
  ['process.exit at once', (begin) => `${begin}\nprocess.exit(3)`, 3, /^$/],
  ['process.exit a turn later', (begin) => `${begin}\nsetImmediate(() => process.exit(3))`, 3, /^$/],
  ['process.exit in a callback', (begin) => `fs.stat('.', () => {\n${begin}\nprocess.exit(3)\n})`, 3, /^$/],
  ['an error that nobody catches', (begin) => `${begin}\nthrow new Error('the end')`, 1, /the end/],
  ['work begun by a listener of the exit', (begin) => `process.on('exit', () => {\n${begin}\n})\nfs.stat('.', () => process.exit(3))`, 3, /^$/],
  ['the end of a worker', (begin) => `
    const { Worker } = require('node:worker_threads')
    fs.writeFileSync('worker.cjs', ${JSON.stringify(`const fs = require('node:fs')\n${begin}\nprocess.exit(3)`)})
    const worker = new Worker('./worker.cjs')
    worker.on('exit', (code) => { process.exitCode = code })
  `, 3, /^$/],
]

/** Every work with one end, and one work with every end: each is a process of its own. */
const CASES = [...WORK.map((work) => [work, ENDS[0]] as const), ...ENDS.slice(1).map((end) => [WORK[0], end] as const), [WORK[3], ENDS[5]] as const]

for (const driver of ['io-uring,thread-pool', 'thread-pool']) describe(`leaving, on ${driver}`, { concurrency: 2 }, () => {
  for (const [[work, begin, look], [name, end, code, said]] of CASES as readonly (readonly [(typeof WORK)[number], (typeof ENDS)[number]])[]) {
    test(`${work}; ${name}`, () => leave(driver, end(begin), (left) => {
      assert.match(left.said, said)
      assert.equal(left.code, code)
      look(left.root)
    }))
  }

  test('terminate() while reads of files and pipes are under way', () => leave(driver, `
    const { Worker } = require('node:worker_threads')
    fs.writeFileSync('worker.cjs', \`
      const fs = require('node:fs')
      require('node:child_process').execFileSync('mkfifo', ['p'])
      const silent = fs.openSync('p', fs.constants.O_RDWR)
      for (let index = 0; index < 8; index++) fs.read(silent, Buffer.alloc(1), 0, 1, null, () => {})
      for (let index = 0; index < 64; index++) fs.readFile('in', () => {})
      require('node:worker_threads').parentPort.postMessage('begun')
      setInterval(() => {}, 1000)
    \`)
    const worker = new Worker('./worker.cjs')
    worker.on('message', async () => {
      const start = performance.now()
      await worker.terminate()
      console.log(performance.now() - start < 4000 ? 'soon' : 'late')
    })
  `, ({ printed }) => assert.equal(printed, 'soon\n')))
})

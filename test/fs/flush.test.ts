// What blocks a thread, or changes the process, finds that everything asked before it has been handed over: by itself under
// trueaio/register, by flush() for those who import. On every driver that carries out operations without the loop.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { flush, open, Proactor, timer, write } from 'trueaio'
import * as ourFs from 'trueaio/fs'
import * as ourPromises from 'trueaio/fs/promises'

// libuv's threads, which the driver `node` uses, tell nobody who blocks.
const DRIVERS = ['io-uring,thread-pool', 'thread-pool']
const root = process.getuid?.() === 0

let directory: string
before(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'trueaio-flush-'))
  fs.chmodSync(directory, 0o755)
})
after(() => fs.rmSync(directory, { recursive: true }))

/** Runs a program under register, in a directory of its own, and gives its output. */
async function run(driver: string, source: string, register = import.meta.resolve('trueaio/register')): Promise<string> {
  const own = fs.mkdtempSync(join(directory, 'p-'))
  fs.chmodSync(own, 0o777)
  const program = `import fs from 'node:fs'; import fsp from 'node:fs/promises'; import { join } from 'node:path'; const at = (name) => join(${JSON.stringify(own)}, name)\n${source}`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', register, '--input-type=module', '-e', program], {
    cwd: own, timeout: 30_000, env: { ...process.env, TRUEAIO_DRIVER: driver },
  })
  assert.equal(stderr, '')
  return stdout.trim()
}

for (const driver of DRIVERS) {
  describe(`under trueaio/register on ${driver}`, () => {
    for (const [name, blocks] of [
      ['execSync', "execSync('sleep 0.2')"], ['execFileSync', "execFileSync('sleep', ['0.2'])"], ['spawnSync', "spawnSync('sleep', ['0.2'])"],
      ['Atomics.wait', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)'],
    ] as const) {
      test(`${name} holds back nothing that was asked before it`, async () => {
        assert.equal(await run(driver, `
          import { execFileSync, execSync, spawnSync } from 'node:child_process'
          const fd = fs.openSync(at('f'), 'w')
          let isTold = false
          fs.write(fd, 'content', 0, 'utf8', () => { isTold = true })
          ${blocks}
          console.log(fs.readFileSync(at('f'), 'utf8'), isTold)
        `), 'content false')
      })
    }

    test('what ends in Sync comes after what was asked before it', async () => {
      // A hundred in a row, so that one that was held back is seen.
      assert.equal(await run(driver, `
        const calls = Array.from({ length: 100 }, (_, index) => fsp.mkdir(at('d' + index)))
        const end = Date.now() + 5000
        while (fs.readdirSync(at('.')).length < 100 && Date.now() < end);
        console.log(fs.readdirSync(at('.')).length)
        await Promise.all(calls)
      `), '100')
    })

    test('process.chdir: names asked for before it are looked up where they were meant', async () => {
      assert.equal(await run(driver, `
        for (const [where, names] of [['one', 200], ['two', 200]]) {
          fs.mkdirSync(at(where))
          for (let index = 0; index < names; index++) fs.writeFileSync(at(where + '/f' + index), where)
        }
        process.chdir(at('one'))
        const reads = Array.from({ length: 200 }, (_, index) => fsp.readFile('f' + index, 'utf8'))
        const stats = Array.from({ length: 200 }, (_, index) => fsp.stat('../one/f' + index))
        const made = fsp.mkdir('made')
        process.chdir(at('two'))
        const texts = await Promise.all(reads)
        await Promise.all(stats)
        await made
        console.log(texts.filter((text) => text === 'one').length, fs.existsSync(at('one/made')), await fsp.readFile('f1', 'utf8'))
      `), '200 true two')
    })

    test('process.umask: what is made was asked for under the old one', async () => {
      assert.equal(await run(driver, `
        process.umask(0o077)
        const made = Array.from({ length: 50 }, (_, index) => [fsp.writeFile(at('f' + index), 'x'), fsp.mkdir(at('d' + index))]).flat()
        process.umask(0)
        await Promise.all(made)
        const modes = new Set(fs.readdirSync(at('.')).map((name) => (fs.statSync(at(name)).mode & 0o777).toString(8)))
        console.log([...modes].sort().join())
      `), '600,700')
    })

    test('process.setuid: what was asked for by root is done as root', { skip: root ? false : 'only root can become somebody else' }, async () => {
      assert.equal(await run(driver, `
        for (let index = 0; index < 50; index++) fs.writeFileSync(at('secret' + index), 'secret', { mode: 0o600 })
        const reads = Array.from({ length: 50 }, (_, index) => fsp.open(at('secret' + index)))
        process.setuid(65534)
        const opened = await Promise.allSettled(reads)
        console.log(opened.filter(({ status }) => status === 'fulfilled').length, (await fsp.readFile(at('secret0')).catch(({ code }) => code)))
        for (const { value } of opened) await value?.close()
      `), '50 EACCES')
    })

    test('process.setuid: a program whose own files the new user cannot read goes on to read files', { skip: root ? false : 'only root can become somebody else' }, async () => {
      const hidden = fs.mkdtempSync(join(directory, 'hidden-'))
      fs.cpSync(new URL('../../../dist', import.meta.url), join(hidden, 'dist'), { recursive: true })
      fs.copyFileSync(new URL('../../../package.json', import.meta.url), join(hidden, 'package.json'))
      fs.cpSync(new URL('../../../prebuilds', import.meta.url), join(hidden, 'prebuilds'), { recursive: true })
      // What makes it a checkout, whose addon is where a build puts it.
      fs.mkdirSync(join(hidden, 'native'))
      fs.writeFileSync(join(hidden, 'native', 'binding.gyp'), '')
      fs.chmodSync(hidden, 0o700)
      assert.equal(await run(driver, `
        fs.writeFileSync(at('f'), 'text')
        process.setuid(65534)
        const text = await new Promise((resolve) => fs.readFile(at('f'), 'utf8', (error, text) => resolve(error?.code ?? text)))
        const inode = (await fsp.stat(at('f'))).ino
        await fsp.cp(at('f'), at('g'))
        console.log(text, inode > 0, await fsp.readFile(at('g'), 'utf8'))
      `, join(hidden, 'dist', 'register.js')), 'text true text')
    })
  })
}

test('under register functions look as Node’s do', async () => {
  assert.equal(await run('thread-pool', `
    import { realpathSync } from 'node:fs'
    import { execSync } from 'node:child_process'
    console.log([fs.readSync, realpathSync, realpathSync.native, execSync, Atomics.wait].map(({ name, length }) => name + length).join())
    const dir = fs.opendirSync('/')
    console.log(dir.readSync() !== null)
    dir.closeSync()
    try { fs.readFileSync('/missing') } catch ({ code }) { console.log(code) }
    try { process.chdir('/missing') } catch ({ code }) { console.log(code) }
  `), 'readSync5,realpathSync2,2,execSync2,wait4\ntrue\nENOENT\nENOENT')
})

/** Until a file has its content, without another turn of the loop or a microtask. */
function contentOf(path: string, wanted: string): string {
  for (const end = performance.now() + 5000; performance.now() < end;) {
    const content = fs.readFileSync(path, 'utf8')
    if (content === wanted) return content
  }
  return fs.readFileSync(path, 'utf8')
}

for (const driver of DRIVERS) {
  test(`flush() hands over what was submitted, to whichever proactor (${driver})`, async () => {
    const path = join(directory, `flushed-${driver}`)
    const fd = fs.openSync(path, 'w+')
    await using io = new Proactor({ driver: driver.split(',') })
    await using other = new Proactor({ driver: driver.split(',') })
    const work = [io.submit(write(fd, Buffer.from('one'), { offset: 0 })), other.submit(write(fd, Buffer.from('two'), { offset: 3 }))]
    const silent = io.submit(timer(60_000), { timeout: 1000 }).catch(() => 'late')
    assert.equal(fs.readFileSync(path, 'utf8'), '', 'not before')
    flush()
    assert.equal(contentOf(path, 'onetwo'), 'onetwo')
    flush({ names: true })
    assert.deepEqual(await Promise.all(work), [3, 3])
    assert.equal(await silent, 'late')
    fs.closeSync(fd)
  })
}

test('a name that is looked at for ever holds up a change for a second, and no longer', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const fifo = join(directory, 'fifo')
  execFileSync('mkfifo', [fifo])
  const waits = io.submit(open(fifo))
  const start = performance.now()
  flush({ names: true })
  const took = performance.now() - start
  assert.ok(took >= 900 && took < 10_000, String(took))
  const writer = fs.openSync(fifo, fs.constants.O_RDWR)
  fs.closeSync(await waits)
  fs.closeSync(writer)
})

test('flush is had from the drop-in, too', async () => {
  assert.equal(ourFs.flush, flush)
  assert.equal(ourPromises.flush, flush)
  const path = join(directory, 'drop-in')
  const fd = fs.openSync(path, 'w+')
  const written = new Promise((resolve) => ourFs.write(fd, 'content', 0, 'utf8', resolve))
  ourFs.flush()
  assert.equal(contentOf(path, 'content'), 'content')
  assert.equal(await written, null)
  fs.closeSync(fd)
})

test('from within a callback, and from a listener that hears of ends', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const path = join(directory, 'within')
  const fd = fs.openSync(path, 'w+')
  const told = await new Promise((resolve) => {
    io.submit(write(fd, Buffer.from('one'), { offset: 0 }), () => {
      io.submit(write(fd, Buffer.from('two'), { offset: 3 }), () => resolve('told'))
      flush({ names: true })
      assert.equal(contentOf(path, 'onetwo'), 'onetwo')
    })
  })
  assert.equal(told, 'told')
  fs.closeSync(fd)
})

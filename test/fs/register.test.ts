// node --import trueaio/register: whole programs, in processes of their own.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { node, nodeFs } from '#src/fs/node/node-functions.js'
import { callbackStandIns, promiseStandIns } from '#src/fs/stand-ins.js'
import ourFs from 'trueaio/fs'
import ourPromises from 'trueaio/fs/promises'

let root: string
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-register-'))
})
after(() => fs.rmSync(root, { recursive: true }))

const engine = import.meta.resolve('trueaio')

/** Runs a program that may ask how many operations the engine has done, and gives its output. */
async function run(name: string, source: string, environment: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Promise<string[]> {
  const file = join(root, name)
  fs.writeFileSync(file, source.replaceAll('ENGINE', JSON.stringify(engine)).replaceAll('FILE', JSON.stringify(fileURLToPath(import.meta.url))))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, '--import', 'trueaio/register', file], { env: { ...process.env, ...environment }, timeout: 20_000 })
  assert.equal(stderr, '')
  return stdout.trim().split('\n')
}

const COUNT = `const countOf = async (name) => (await import(ENGINE)).defaultProactor().statistics.operations[name]?.count ?? 0
const countRead = async () => await countOf('read') + await countOf('read_files')\n`

describe('a program runs on the engine without knowing', () => {
  test('CommonJS, with functions taken out of the module', async () => {
    assert.deepEqual(await run('taken.cjs', `${COUNT}
      const { readFile, promises } = require('fs')
      const { stat } = require('node:fs/promises')
      readFile(FILE, 'utf8', async (error, text) => {
        console.log(error, text.includes('taken out'), await countRead() > 0)
        await stat('/')
        console.log(await countOf('statx') > 0, promises === require('fs/promises'))
      })
    `), ['null true true', 'true true'])
  })

  test('ES modules, named and default imports', async () => {
    assert.deepEqual(await run('named.mjs', `${COUNT}
      import fs, { promises, stat as statWithCallback } from 'node:fs'
      import { readFile } from 'fs/promises'
      console.log((await readFile(FILE, 'utf8')).includes('named'), await countRead() > 0)
      console.log(promises.readFile === readFile, fs.promises === promises, fs.stat === statWithCallback)
    `), ['true true', 'true true true'])
  })

  test('streams of files', async () => {
    assert.deepEqual(await run('stream.mjs', `${COUNT}
      import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
      import { pipeline } from 'node:stream/promises'
      await pipeline(createReadStream(FILE), createWriteStream(process.argv[1] + '.copy'))
      console.log(readFileSync(process.argv[1] + '.copy').equals(readFileSync(FILE)), await countOf('read') > 0, await countOf('copy_file_range') > 0)
    `), ['true true true'])
  })

  test('streams ask what the program has put into node:fs on top', async () => {
    assert.deepEqual(await run('patched.mjs', `${COUNT}
      import fs from 'node:fs'
      import { once } from 'node:events'
      const calls = []
      for (const name of ['open', 'read', 'write', 'fsync', 'close']) {
        const theirs = fs[name]
        fs[name] = (...given) => { calls.push(name); return theirs(...given) }
      }
      await once(fs.createReadStream(FILE).resume(), 'close')
      const stream = new fs.createWriteStream(process.argv[1] + '.written', { flush: true })
      stream.end('content')
      await once(stream, 'close')
      console.log(calls.join(' '), await countOf('read') > 0, await countOf('write') > 0)
    `), ['open read read close open write fsync close true true'])
  })

  test('what Node does itself comes back to Node: cp onto a tree that is there, rm of a file, mkdir with parents', async () => {
    assert.deepEqual(await run('returns.mjs', `
      import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
      const root = process.argv[1] + '.tree'
      await mkdir(root + '/a/b/c', { recursive: true })
      await writeFile(root + '/a/b/file', 'x')
      await mkdir(root + '/there')
      await cp(root + '/a', root + '/there', { recursive: true })
      await rm(root + '/a/b/file')
      console.log((await readdir(root, { recursive: true })).sort().join(' '))
      await rm(root, { recursive: true })
    `), ['a a/b a/b/c there there/b there/b/c there/b/file'])
  })

  test('worker threads too', async () => {
    assert.deepEqual(await run('worker.mjs', `${COUNT}
      import { Worker, isMainThread, parentPort } from 'node:worker_threads'
      import { stat } from 'node:fs/promises'
      if (isMainThread) {
        new Worker(new URL(import.meta.url)).on('message', (count) => console.log(count > 0))
      } else {
        await stat('/')
        parentPort.postMessage(await countOf('statx'))
      }
    `), ['true'])
  })

  test('child processes when asked to', async () => {
    const program = `${COUNT}
      import { execFileSync } from 'node:child_process'
      import { stat } from 'node:fs/promises'
      await stat('/')
      console.log(await countOf('statx') > 0)
      if (process.argv[2] === undefined) process.stdout.write(execFileSync(process.execPath, [process.argv[1], 'child']))
    `
    assert.deepEqual(await run('children.mjs', program, { TRUEAIO_CHILDREN: '1' }), ['true', 'true'])
    assert.deepEqual(await run('no-children.mjs', program), ['true', 'false'])
  })
})

test('TRUEAIO=off leaves everything be', async () => {
  assert.deepEqual(await run('off.mjs', `${COUNT}
    import { stat } from 'node:fs/promises'
    await stat('/')
    console.log(await countOf('statx'))
  `, { TRUEAIO: 'off' }), ['0'])
})

describe('the drop-in is loaded when something first calls it', () => {
  // What `require` has loaded, ES modules among it, is in Node's cache by file name.
  const LOADED = `const loaded = () => Object.keys(require('node:module')._cache).some((file) => /\\/fs\\/[a-z]+\\/functions\\.js$/.test(file))\n`

  test('the stand-ins are for what the drop-in has of its own, no more and no less', () => {
    const own = (ours: object, theirs: object): string[] => Object.entries(ours)
      .filter(([name, value]) => typeof value === 'function' && value !== (theirs as Record<string, unknown>)[name]).map(([name]) => name).sort()
    assert.deepEqual(Object.keys(callbackStandIns()).sort(), own(ourFs, nodeFs))
    assert.deepEqual(Object.keys(promiseStandIns()).sort(), own(ourPromises, node))
  })

  test('they look like the functions they stand in for', () => {
    for (const [standIns, theirs] of [[callbackStandIns(), nodeFs], [promiseStandIns(), node]] as const) {
      for (const [name, standIn] of Object.entries(standIns)) {
        assert.notEqual(standIn, (theirs as unknown as Record<string, unknown>)[name])
        assert.deepEqual(Object.getOwnPropertyDescriptors(standIn), Object.getOwnPropertyDescriptors((theirs as unknown as Record<string, object>)[name]), name)
      }
    }
  })

  test('not Node’s streams either, before the program asks for them', async () => {
    assert.deepEqual(await run('empty.cjs', `
      const isLoaded = () => process.moduleLoadList.includes('NativeModule internal/fs/streams')
      const before = isLoaded()
      const { ReadStream } = require('fs')
      console.log(before, isLoaded(), new ReadStream(FILE).on('error', console.log).destroy() instanceof ReadStream)
    `), ['false true true'])
  })

  test('nor its module of children: what blocks for one is met below it, and where that would print a warning, in it', async () => {
    const program = `
      const { promises } = require('fs')
      console.log(process.moduleLoadList.includes('NativeModule child_process'))
      const made = promises.writeFile(process.argv[1] + '.made', 'made')
      const wait = 'until [ -s "$1" ]; do sleep 0.02; done; cat "$1"'
      console.log(require('child_process').execFileSync('sh', ['-c', wait, 'sh', process.argv[1] + '.made'], { timeout: 15_000 }).toString())
      made.then(() => require('fs').unlinkSync(process.argv[1] + '.made'))
    `
    assert.deepEqual(await run('children-later.cjs', program), ['false', 'made'])
    assert.deepEqual(await run('children-first.cjs', program, {}, ['--pending-deprecation']), ['true', 'made'])
  })

  test('a class that is put in the place of one nobody has asked for gets what its caller gave', async () => {
    assert.deepEqual(await run('replaced.cjs', `
      const fs = require('fs')
      fs.ReadStream = function (path, options) {
        console.log(path === FILE, options)
      }
      fs.createReadStream(FILE)
      console.log(Object.getOwnPropertyDescriptor(fs, 'WriteStream').get.name)
    `), ['true undefined', 'get WriteStream'])
  })

  test('not for what ends in Sync', async () => {
    assert.deepEqual(await run('sync.cjs', `${LOADED}
      const fs = require('fs')
      fs.readFileSync(FILE)
      console.log(loaded())
      fs.stat(FILE, (error, stats) => console.log(error, stats.isFile(), loaded()))
      console.log(loaded())
    `), ['false', 'true', 'null true true'])
  })

  test('not for ES modules that Node itself reads, but for the first call of the program', async () => {
    fs.writeFileSync(join(root, 'part.mjs'), 'export const part = 1')
    assert.deepEqual(await run('modules.mjs', `${COUNT}
      import { createRequire } from 'node:module'
      import { readFile } from 'node:fs/promises'
      const require = createRequire(import.meta.url)
      ${LOADED}
      const { part } = await import('./part.mjs')
      console.log(part, loaded())
      const url = new URL('part.mjs', import.meta.url)
      console.log((await readFile(url, 'utf8')).length, loaded())
      const before = await countRead()
      console.log((await readFile(url)).length, await countRead() > before)
    `), ['1 false', '21 true', '21 true'])
  })

  test('also while the program imports the same modules', async () => {
    assert.deepEqual(await run('meanwhile.cjs', `
      const fs = require('fs')
      let pending = 0
      let failed = 0
      let isLoaded = false
      const turn = () => {
        pending++
        fs.stat(FILE, (error) => {
          pending--
          if (error) failed++
        })
        if (!isLoaded) setImmediate(turn)
      }
      setImmediate(turn)
      Promise.all([import(ENGINE), import('trueaio/fs'.replace('trueaio', new URL('.', ENGINE).href).replace('/fs', 'fs/callbacks.js'))]).then(async ([engine, { default: ours }]) => {
        isLoaded = true
        await ours.promises.stat(FILE)
        await fs.promises.stat(FILE)
        while (pending > 0) await new Promise(setImmediate)
        console.log(failed, engine.defaultProactor().statistics.operations.statx.count >= 2)
      })
    `), ['0 true'])
  })

  test('by import where Node was told not to require ES modules: until then the calls are Node’s own', async () => {
    assert.deepEqual(await run('import-only.cjs', `${COUNT}
      const { stat } = require('fs/promises')
      const step = async () => {
        await stat(FILE)
        await new Promise(setImmediate)
        if (await countOf('statx') === 0) return step()
        console.log('on the engine')
      }
      step()
    `, {}, ['--no-experimental-require-module']), ['on the engine'])
  })
})

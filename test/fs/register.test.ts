// node --import trueaio/register: whole programs, in processes of their own.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

let root: string
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-register-'))
})
after(() => fs.rmSync(root, { recursive: true }))

const engine = import.meta.resolve('trueaio')

/** Runs a program that may ask how many operations the engine has done, and gives its output. */
async function run(name: string, source: string, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const file = join(root, name)
  fs.writeFileSync(file, source.replaceAll('ENGINE', JSON.stringify(engine)).replaceAll('FILE', JSON.stringify(fileURLToPath(import.meta.url))))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'trueaio/register', file], { env: { ...process.env, ...environment }, timeout: 20_000 })
  assert.equal(stderr, '')
  return stdout.trim().split('\n')
}

const COUNT = `const countOf = async (name) => (await import(ENGINE)).defaultProactor().statistics.operations[name]?.count ?? 0\n`

describe('a program runs on the engine without knowing', () => {
  test('CommonJS, with functions taken out of the module', async () => {
    assert.deepEqual(await run('taken.cjs', `${COUNT}
      const { readFile, promises } = require('fs')
      const { stat } = require('node:fs/promises')
      readFile(FILE, 'utf8', async (error, text) => {
        console.log(error, text.includes('taken out'), await countOf('read') > 0)
        await stat('/')
        console.log(await countOf('statx') > 0, promises === require('fs/promises'))
      })
    `), ['null true true', 'true true'])
  })

  test('ES modules, named and default imports', async () => {
    assert.deepEqual(await run('named.mjs', `${COUNT}
      import fs, { promises, stat as statWithCallback } from 'node:fs'
      import { readFile } from 'fs/promises'
      console.log((await readFile(FILE, 'utf8')).includes('named'), await countOf('read') > 0)
      console.log(promises.readFile === readFile, fs.promises === promises, fs.stat === statWithCallback)
    `), ['true true', 'true true true'])
  })

  test('streams of files', async () => {
    assert.deepEqual(await run('stream.mjs', `${COUNT}
      import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
      import { pipeline } from 'node:stream/promises'
      await pipeline(createReadStream(FILE), createWriteStream(process.argv[1] + '.copy'))
      console.log(readFileSync(process.argv[1] + '.copy').equals(readFileSync(FILE)), await countOf('read') > 0, await countOf('write') > 0)
    `), ['true true true'])
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

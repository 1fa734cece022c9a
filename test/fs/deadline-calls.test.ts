// Every function of the drop-in with a deadline, in each form that its types have (test/types/fs.ts): the result is of the type that
// the compiler has for it, and an abort counts. On the engine, and where all of it is Node's.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { open } from 'trueaio/fs/promises'
import { FUNCTIONS } from '#src/fs/functions.js'
import { CALLBACKS, HANDLES, PROMISES, type Call, type Files } from '../types/fs.js'
import { populate } from './twin.js'

const ATTEMPTS_MAX = 1000

/** The second is more than Node's timers hold: they would fire at once. */
const TIMEOUTS = [60_000, 2 ** 31, Infinity]

/** Where this is set, the engine takes nothing. */
const IS_NODE = process.env['TRUEAIO_DRIVER'] === 'node'

async function withFiles(use: (files: Files) => Promise<void>): Promise<void> {
  const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-deadlines-'))
  populate(root)
  const at = (name: string): string => join(root, name)
  const fd = fs.openSync(at('large'), 'r+')
  const handle = await open(at('large'), 'r+')
  try {
    await use({ at, fd, handle })
  } finally {
    await handle.close()
    fs.closeSync(fd)
    await removeWhole(root)
  }
}

/** What Node was asked for goes on behind an abort: it may put a name into a directory that is just being removed. */
async function removeWhole(root: string): Promise<void> {
  for (let attempt = 1; fs.existsSync(root); attempt++) {
    try {
      fs.rmSync(root, { recursive: true, force: true })
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function makeEach(name: string, calls: readonly Call[]): void {
  describe(name, () => {
    for (const { title, run, is } of calls) {
      test(title, async () => {
        for (const timeout of TIMEOUTS) {
          await withFiles(async (files) => {
            const result = await run(files, { timeout })
            assert.ok(is(result), `${title}, ${String(timeout)} ms: ${inspect(result)}`)
          })
        }
        await withFiles((files) => assert.rejects(run(files, { signal: AbortSignal.abort() }), { name: 'AbortError' }))
        await withFiles((files) => assert.rejects(run(files, { timeout: -1 }), { code: /^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE|INVALID_ARG_VALUE)$/ }))
      })
    }
  })
}

makeEach('promises', PROMISES)
makeEach('callbacks', CALLBACKS)
if (!IS_NODE) makeEach('handles', HANDLES) // Node's own handles have none

test('every function of the table that takes a deadline is among them', () => {
  const titles = [...PROMISES.map(({ title }) => ({ title, face: 'promises' })), ...CALLBACKS.map(({ title }) => ({ title, face: 'callbacks' }))]
  for (const [name, { arguments: count, only }] of Object.entries(FUNCTIONS) as [string, { arguments?: number, only?: string }][]) {
    for (const face of count === undefined ? [] : [only ?? ['promises', 'callbacks']].flat()) {
      assert.ok(titles.some((one) => one.face === face && new RegExp(`^${name}\\b`).test(one.title)), `${name}, ${face}`)
    }
  }
})

test('all of it, where everything is left to Node', { skip: IS_NODE }, () => {
  const env = { ...process.env, TRUEAIO_DRIVER: 'node', NODE_TEST_CONTEXT: undefined }
  execFileSync(process.execPath, ['--test', fileURLToPath(import.meta.url)], { env, timeout: 120_000, stdio: 'pipe' })
})

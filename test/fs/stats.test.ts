// What stat and statfs tell, field by field as Node's own, for the same files.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import node from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { defaultProactor, type Statx } from 'trueaio'
import ourFs from 'trueaio/fs'
import ours from 'trueaio/fs/promises'
import { statsConverter } from '#src/fs/node/stats.js'

let root: string
let paths: readonly string[]
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-stats-'))
  const old = join(root, 'old')
  fs.writeFileSync(old, 'content')
  execFileSync('touch', ['-d', '1960-01-01T00:00:00.25', old])
  const link = join(root, 'link')
  fs.symlinkSync('old', link)
  paths = [old, link, root, '/dev/null', '/proc/self/status', '/']
})
after(() => fs.rmSync(root, { recursive: true }))

const count = (name: string): number => (defaultProactor().statistics.operations as Record<string, { count: number } | undefined>)[name]?.count ?? 0
const BIGINT = { bigint: true } as const

/** Everything that can be asked of both: fields in their order, values, dates, prototype. */
function assertSame(mine: object, theirs: object, except: readonly string[] = []): void {
  assert.equal(Object.getPrototypeOf(mine), Object.getPrototypeOf(theirs))
  assert.deepEqual(Object.keys(mine), Object.keys(theirs))
  const [one, other] = [mine, theirs] as [Record<string, unknown>, Record<string, unknown>]
  for (const name of [...Object.keys(theirs), 'atime', 'mtime', 'ctime', 'birthtime']) if (!except.includes(name)) assert.deepEqual(one[name], other[name], name)
}

// What /proc and open files' access times do between two calls is their own affair.
const moving = (path: string): string[] => path.startsWith('/proc') ? ['ino', 'atime', 'mtime', 'ctime', 'birthtime', 'atimeMs', 'mtimeMs', 'ctimeMs', 'birthtimeMs', 'atimeNs', 'mtimeNs', 'ctimeNs', 'birthtimeNs'] : []

describe('with bigint', () => {
  test('stat and lstat', async () => {
    const begin = count('statx')
    for (const path of paths) {
      assertSame(await ours.stat(path, BIGINT), await node.stat(path, BIGINT), moving(path))
      assertSame(await ours.lstat(path, BIGINT), await node.lstat(path, BIGINT), moving(path))
    }
    assert.equal(count('statx') - begin, 2 * paths.length)
  })

  test('fstat and FileHandle.stat', async () => {
    const handle = await ours.open(paths[0] as string)
    try {
      assertSame(await handle.stat(BIGINT), fs.fstatSync(handle.fd, BIGINT))
      assertSame(await promisify(ourFs.fstat)(handle.fd, BIGINT), fs.fstatSync(handle.fd, BIGINT))
    } finally {
      await handle.close()
    }
    await assert.rejects(promisify(ourFs.fstat)(handle.fd < 0 ? 9999 : handle.fd, BIGINT), { code: 'EBADF', syscall: 'fstat' })
  })

  test('numbers beyond 2^53 are asked of Node', async () => {
    const small = { ino: 1, size: 2, blocks: 3 } as Statx
    const answer = fs.statSync('/', BIGINT)
    for (const field of ['ino', 'size', 'blocks']) {
      let asked = 0
      const convert = statsConverter(BIGINT, () => {
        asked++
        return Promise.resolve(answer)
      })
      assert.equal(await convert({ ...small, [field]: 2 ** 53 }), answer)
      assert.equal(asked, 1)
    }
  })

  test('with an error and a deadline', async () => {
    await assert.rejects(ours.stat(join(root, 'missing'), BIGINT), { code: 'ENOENT', syscall: 'stat', path: join(root, 'missing') })
    await assert.rejects(ours.stat(root, { ...BIGINT, signal: AbortSignal.abort() }), { name: 'AbortError' })
  })
})

test('throwIfNoEntry does what it does in Node', async () => {
  const ask = (stat: typeof node.stat): Promise<unknown> => (stat as (path: string, options: object) => Promise<unknown>)(join(root, 'missing'), { throwIfNoEntry: false })
    .catch((error: unknown) => (error as NodeJS.ErrnoException).code)
  assert.equal(await ask(ours.stat), await ask(node.stat))
  assert.equal(await ask(ours.lstat), await ask(node.lstat))
})

describe('statfs', () => {
  // Other programs write meanwhile.
  const FREE = ['bfree', 'bavail', 'ffree']

  test('numbers, bigints, paths of bytes and URLs', async () => {
    for (const options of [undefined, {}, BIGINT]) {
      for (const path of ['/', '/proc', '/dev', root, Buffer.from(root)]) assertSame(await ours.statfs(path, options as typeof BIGINT), await node.statfs(path, options as typeof BIGINT), FREE)
    }
    const [mine, theirs] = [await ours.statfs('/proc'), await node.statfs('/proc')]
    assert.deepEqual(mine, theirs) // nothing moves there
  })

  test('errors', async () => {
    await assert.rejects(ours.statfs(join(root, 'missing')), { code: 'ENOENT', syscall: 'statfs', path: join(root, 'missing') })
    await assert.rejects(ours.statfs(`${root}\0`), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(ours.statfs(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(ours.statfs(root, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    await assert.rejects(ours.statfs(root, { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})

// scan: everything below a directory, once, in bounded memory; errors thrown or told; nothing left open however it ends.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { defaultProactor } from 'trueaio'
import * as callbacks from 'trueaio/fs'
import { scan, type ScanEntry, type ScanOptions } from 'trueaio/fs/promises'
import { openBelow } from './open-descriptors.js'
import { populate } from './twin.js'

const WITHIN = { timeout: 150_000 }
let root: string
before(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'trueaio-fs-')))
  fs.mkdirSync(join(root, 'tree'))
  populate(join(root, 'tree'))
  execFileSync('mkfifo', [join(root, 'tree', 'pipe')])
})
after(() => fs.rmSync(root, { recursive: true }))

async function all(directory: string | Buffer | URL, options?: ScanOptions): Promise<ScanEntry[]> {
  const entries: ScanEntry[] = []
  for await (const entry of scan(directory, options)) entries.push(entry)
  return entries
}

function typeOf(entry: fs.Dirent | fs.Stats): string {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : entry.isFIFO() ? 'fifo' : 'other'
}

/** What node:fs finds, directory by directory: its own recursive form follows links since Node 26. */
function expected(directory: string): string[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return [`${path} ${typeOf(entry)}`, ...(entry.isDirectory() ? expected(path) : [])]
  }).sort()
}

const told = (entries: readonly ScanEntry[]): string[] => entries.map(({ path, type }) => `${path} ${type}`).sort()
const reads = (): number => defaultProactor().statistics.operations['getdents64']?.count ?? 0

describe('scan', WITHIN, () => {
  test('every entry once with its type, directories before what is in them, links not followed', async () => {
    const tree = join(root, 'tree')
    for (const concurrency of [1, 16]) {
      const entries = await all(tree, { concurrency })
      assert.deepEqual(told(entries), expected(tree))
      const seen = new Set([tree])
      for (const { path, type } of entries) {
        assert.ok(seen.has(join(path, '..')), path)
        if (type === 'directory') seen.add(path)
      }
    }
    assert.deepEqual(told(await all(`${tree}/`)), expected(tree))
    assert.deepEqual(openBelow(root), [])
  })

  test('stats are lstat\'s', async () => {
    const entries = await all(join(root, 'tree'), { stats: true })
    for (const { path, type, stats } of entries) {
      assert.deepEqual(stats, fs.lstatSync(path))
      assert.equal(type, typeOf(fs.lstatSync(path)))
    }
    assert.equal(entries.length, expected(join(root, 'tree')).length)
  })

  test('names that are not UTF-8 come with their bytes', async () => {
    const tree = join(root, 'foreign')
    fs.mkdirSync(tree)
    const strange = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0x61])])
    fs.mkdirSync(strange)
    fs.writeFileSync(Buffer.concat([strange, Buffer.from('/inside')]), 'x')
    const entries = await all(tree, { stats: true })
    assert.deepEqual(entries.map(({ pathBytes }) => pathBytes), [strange, Buffer.concat([strange, Buffer.from('/inside')])])
    assert.deepEqual(entries.map(({ path }) => path), [`${tree}/\ufffda`, `${tree}/\ufffda/inside`])
  })

  test('a wide directory: the consumer\'s pace bounds what is read ahead', async () => {
    const wide = join(root, 'wide')
    fs.mkdirSync(wide)
    for (let index = 0; index < 6_000; index++) fs.writeFileSync(join(wide, `file-${String(index)}`), '')
    const had = reads()
    const entries = scan(wide)
    await entries.next()
    for (let turn = 0; turn < 100; turn++) await nextTurn()
    // Without a pool of threads 1024 entries ahead, and the piece that passed that: some 500. Otherwise a list of 2048, and no piece.
    assert.ok(reads() - had <= 6, String(reads() - had))
    let count = 1
    while ((await entries.next()).done !== true) count++
    assert.equal(count, 6_000)
    assert.ok(reads() - had > 6)
  })

  test('more directories than are held', async () => {
    const many = join(root, 'many')
    fs.mkdirSync(many)
    for (let index = 0; index < 10_500; index++) fs.mkdirSync(join(many, String(index)))
    fs.writeFileSync(join(many, '5', 'file'), '')
    const entries = await all(many, { concurrency: 4 })
    assert.equal(new Set(entries.map(({ path }) => path)).size, 10_501)
    assert.equal(entries.length, 10_501)
    assert.deepEqual(openBelow(root), [])
  })

  test('leaving early leaves nothing open', async () => {
    for await (const { stats } of scan(root, { stats: true })) {
      assert.ok(stats !== undefined && openBelow(root).length > 0)
      break
    }
    assert.deepEqual(openBelow(root), [])
  })

  test('an abort ends it and leaves nothing open', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let count = 0
    await assert.rejects(async () => {
      for await (const { error } of scan(root, { signal: controller.signal })) {
        assert.equal(error, undefined)
        if (++count === 3) controller.abort(reason)
      }
    }, { name: 'AbortError', cause: reason })
    assert.equal(count, 3)
    assert.deepEqual(openBelow(root), [])
    await assert.rejects(all(root, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })

  test('an unreadable directory is thrown, or told with its entry', async () => {
    const tree = join(root, 'unreadable')
    // Deeper than a path can be: every user, root too, fails to open it.
    fs.mkdirSync(tree)
    const program = "for (let depth = 0; depth < 25; depth++) { const name = 'x'.repeat(200); fs.mkdirSync(name); process.chdir(name) }"
    execFileSync(process.execPath, ['-e', program], { cwd: tree })
    try {
      await assert.rejects(all(tree), { code: 'ENAMETOOLONG', syscall: 'scandir' })
      const entries = await all(tree, { errors: 'report' })
      const failed = entries.filter(({ error }) => error !== undefined)
      assert.deepEqual(failed.map(({ type, error }) => [type, error?.code]), [['directory', 'ENAMETOOLONG']])
      assert.equal(failed[0], entries.at(-1))
      assert.ok(entries.length > 10)
      assert.deepEqual(openBelow(root), [])
    } finally {
      execFileSync('rm', ['-rf', tree])
    }
  })

  test('the root\'s own error is thrown in any case, as readdir throws it', async () => {
    const missing = join(root, 'missing')
    const theirs = await fs.promises.readdir(missing).catch((error: unknown) => error as NodeJS.ErrnoException) as NodeJS.ErrnoException
    await assert.rejects(all(missing, { errors: 'report' }), { code: theirs.code, message: theirs.message, syscall: theirs.syscall, path: missing })
    await assert.rejects(all(join(root, 'tree/text')), { code: 'ENOTDIR', syscall: 'scandir' })
  })

  test('bad options are refused at the call', () => {
    assert.throws(() => scan(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => scan('.', { concurrency: 0 }), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => scan('.', { errors: 'ignore' as never }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => scan('.', { stats: 1 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => scan('.', { signal: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  test('trueaio/fs has it too', () => assert.equal(callbacks.scan, scan))
})

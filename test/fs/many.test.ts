// readFiles and statMany: many paths as one loop. Order, errors in place, a bound on what is ahead of the consumer, and
// nothing left open however the loop ends.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readFiles, statMany } from 'trueaio/fs/promises'
import * as callbacks from 'trueaio/fs'
import { noneOpenBelow } from './open-descriptors.js'

const FILES = 300
const WITHIN = { timeout: 20_000 }
let root: string
let paths: string[]
before(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'trueaio-fs-')))
  paths = Array.from({ length: FILES }, (_, index) => join(root, `file-${String(index)}`))
  // Long files among the short ones, so that later ones overtake earlier ones.
  paths.forEach((path, index) => fs.writeFileSync(path, `${String(index)}:`.padEnd(index % 10 === 0 ? 400_000 : 100, 'é')))
  execFileSync('mkfifo', [join(root, 'pipe')])
})
after(() => fs.rmSync(root, { recursive: true }))

/** Gives the paths and counts how far ahead of the consumer it was asked. */
class Source {
  given = 0
  taken = 0
  aheadMax = 0
  isLeft = false;

  *plain(): Generator<string> {
    try {
      for (const path of paths) {
        this.given++
        this.aheadMax = Math.max(this.aheadMax, this.given - this.taken)
        yield path
      }
    } finally {
      this.isLeft = true
    }
  }

  async *later(): AsyncGenerator<string> {
    for (const path of this.plain()) {
      await nextTurn()
      yield path
    }
  }
}

describe('readFiles', WITHIN, () => {
  for (const kind of ['plain', 'later'] as const) {
    test(`in order, never more than concurrency ahead: source ${kind}`, async () => {
      const source = new Source()
      let index = 0
      for await (const { path, content, error } of readFiles(source[kind](), { concurrency: 7, encoding: 'utf8' })) {
        assert.equal(error, undefined)
        assert.equal(path, paths[index])
        assert.equal(content, fs.readFileSync(path, 'utf8'))
        index++
        source.taken++
      }
      assert.equal(index, FILES)
      // The generator counts a path when it is asked for it, and the loop a result when its body has ended.
      assert.ok(source.aheadMax > 1 && source.aheadMax <= 8, String(source.aheadMax))
    })
  }

  test('as they come: each exactly once, and one that waits holds nobody up', async () => {
    const pipe = join(root, 'pipe')
    const seen: string[] = []
    for await (const { path, content } of readFiles([pipe, ...paths], { ordered: false, concurrency: 16 })) {
      seen.push(path)
      assert.ok(Buffer.isBuffer(content))
      if (seen.length === FILES) break // all but the pipe, which nobody writes into
    }
    assert.deepEqual(seen.sort(), [...paths].sort())
  })

  test('an error is told in its place and ends nothing', async () => {
    const missing = join(root, 'missing')
    const results: (string | undefined)[] = []
    for await (const { content, error } of readFiles([paths[1] ?? '', missing, root, paths[2] ?? ''], { encoding: 'utf8' })) results.push(error?.message ?? content)
    const messageOf = async (path: string): Promise<string> => {
      try {
        return await fs.promises.readFile(path, 'utf8')
      } catch (error) {
        return (error as Error).message
      }
    }
    assert.deepEqual(results, await Promise.all([paths[1] ?? '', missing, root, paths[2] ?? ''].map(messageOf)))
  })

  test('a path that is none is an error in its place, with Node\'s code', async () => {
    const codes: (string | undefined)[] = []
    for await (const { error } of readFiles(['a\0b', 5 as unknown as string])) codes.push(error?.code)
    assert.deepEqual(codes, ['ERR_INVALID_ARG_VALUE', 'ERR_INVALID_ARG_TYPE'])
  })

  test('leaving early stops the source and leaves nothing open', async () => {
    const source = new Source()
    for await (const { path } of readFiles(source.plain(), { concurrency: 32 })) if (path === paths[5]) break
    assert.ok(source.isLeft)
    assert.ok(source.given <= 6 + 32, String(source.given))
    await noneOpenBelow(root)
  })

  test('leaving early cancels a read that would wait for ever', async () => {
    const pipe = join(root, 'pipe')
    for await (const { path } of readFiles([pipe, ...paths], { ordered: false })) {
      assert.notEqual(path, pipe)
      break
    }
    await noneOpenBelow(root)
  })

  test('an abort ends the loop and leaves nothing open', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let count = 0
    await assert.rejects(async () => {
      for await (const { error } of readFiles(paths, { signal: controller.signal })) {
        assert.equal(error, undefined)
        if (++count === 10) controller.abort(reason)
      }
    }, { name: 'AbortError', code: 'ABORT_ERR', cause: reason })
    assert.equal(count, 10)
    await noneOpenBelow(root)
  })

  test('an abort ends the wait for a source that gives nothing', async () => {
    const controller = new AbortController()
    const silent: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => { /* never */ }) }) }
    const waiting = readFiles(silent, { signal: controller.signal }).next()
    controller.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
  })

  test('a timeout is each file\'s own', async () => {
    const codes: (string | undefined)[] = []
    for await (const { error } of readFiles([join(root, 'pipe'), paths[1] ?? ''], { timeout: 30 })) codes.push(error?.code)
    assert.deepEqual(codes, ['ETIMEDOUT', undefined])
    await noneOpenBelow(root)
  })

  test('what the source throws comes after the results before it', async () => {
    const source = function* (): Generator<string> {
      yield paths[1] ?? ''
      yield paths[2] ?? ''
      throw new Error('no more')
    }
    const read: string[] = []
    await assert.rejects(async () => {
      for await (const { path } of readFiles(source())) read.push(path)
    }, { message: 'no more' })
    assert.deepEqual(read, paths.slice(1, 3))
  })

  test('bad options are refused at the call', () => {
    assert.throws(() => readFiles('path' as never), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => readFiles([], { concurrency: 0 }), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => readFiles([], { encoding: 'nothing' as never }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => readFiles([], { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => readFiles([], { signal: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})

test('statMany gives what stat gives, links followed or not', WITHIN, async () => {
  const link = join(root, 'link')
  fs.symlinkSync(paths[3] ?? '', link)
  const wanted = [...paths, link, join(root, 'missing')]
  for (const followSymlinks of [true, false]) {
    const found: unknown[] = []
    for await (const { path, stats, error } of statMany(wanted, { followSymlinks, concurrency: 9 })) found.push([path, stats ?? error?.message])
    const theirs = followSymlinks ? fs.statSync : fs.lstatSync
    assert.deepEqual(found, wanted.map((path) => [path, theirs(path, { throwIfNoEntry: false }) ?? `ENOENT: no such file or directory, ${followSymlinks ? 'stat' : 'lstat'} '${path}'`]))
  }
})

test('trueaio/fs has them too', () => {
  assert.deepEqual([callbacks.readFiles, callbacks.statMany], [readFiles, statMany])
})

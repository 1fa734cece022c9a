// readFiles, statMany and readFilesSync: many files at once, on real ones.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readFilesSync, readFiles, statMany } from 'trueaio/fs'

let root: string
let paths: string[]
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-many-'))
  paths = Array.from({ length: 300 }, (_, index) => join(root, String(index)))
  paths.forEach((path, index) => fs.writeFileSync(path, 'x'.repeat(index * 10)))
  fs.writeFileSync(paths[7] as string, Buffer.alloc(200_000, 'y'))
})
after(() => fs.rmSync(root, { recursive: true }))

function expected(): string[] {
  return paths.map((path) => fs.readFileSync(path, 'utf8'))
}

describe('readFiles', () => {
  test('in the order given', async () => {
    const contents: string[] = []
    for await (const one of readFiles(paths, { encoding: 'utf8', concurrency: 7 })) if (one.status === 'fulfilled') contents.push(one.value)
    assert.deepEqual(contents, expected())
  })

  test('as they come: every path once', async () => {
    const contents = new Map<unknown, string>()
    for await (const one of readFiles(paths, { encoding: 'utf8', order: 'as they come' })) if (one.status === 'fulfilled') contents.set(one.path, one.value)
    assert.deepEqual(paths.map((path) => contents.get(path)), expected())
  })

  test('as they come: a slow one holds nobody up', async () => {
    const pipe = join(root, 'pipe')
    execFileSync('mkfifo', [pipe])
    const seen: unknown[] = []
    const controller = new AbortController()
    for await (const one of readFiles([pipe, ...paths.slice(0, 5)], { order: 'as they come', signal: controller.signal })) {
      seen.push(one.path)
      if (seen.length === 5) controller.abort()
    }
    assert.equal(seen.at(-1), pipe)
  })

  test('one that fails is told, and the others go on', async () => {
    const states: string[] = []
    for await (const one of readFiles([paths[1] as string, join(root, 'missing'), paths[2] as string])) states.push(one.status)
    assert.deepEqual(states, ['fulfilled', 'rejected', 'fulfilled'])
  })

  test('paths are taken only as they are needed, and the loop can be left', async () => {
    let taken = 0
    const source = (function* () {
      for (const path of paths) {
        taken++
        yield path
      }
    })()
    for await (const one of readFiles(source, { concurrency: 4 })) {
      assert.equal(one.path, paths[0])
      break
    }
    assert.equal(taken, 4)
  })

  test('options that are none are refused at once', () => {
    assert.throws(() => readFiles(paths, { concurrency: 0 }), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => readFiles(paths, { order: 'by name' as never }), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})

test('statMany', async () => {
  const sizes: number[] = []
  for await (const one of statMany(paths)) if (one.status === 'fulfilled') sizes.push(one.value.size)
  assert.deepEqual(sizes, paths.map((path) => fs.statSync(path).size))
})

describe('readFilesSync', () => {
  test('contents in order, small, empty and large', () => {
    assert.deepEqual(readFilesSync(paths), paths.map((path) => fs.readFileSync(path)))
    assert.deepEqual(readFilesSync(paths, 'utf8'), expected())
  })

  test('the first that fails is thrown, as readFileSync throws it, and nothing stays open', () => {
    const missing = join(root, 'missing')
    assert.throws(() => readFilesSync([paths[0] as string, missing]), { code: 'ENOENT', syscall: 'open', path: missing })
    const open = fs.readdirSync('/proc/self/fd').filter((fd) => fs.existsSync(`/proc/self/fd/${fd}`) && fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(root))
    assert.deepEqual(open, [])
  })
})

// readFilesSync: what readFileSync gives for each, in few system calls, with every error told at the end and nothing left open.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { defaultProactor } from 'trueaio'
import * as callbacks from 'trueaio/fs'
import { ReadFilesError, readFilesSync } from 'trueaio/fs/promises'
import { openBelow } from './open-descriptors.js'

const WITHIN = { timeout: 30_000 }
let root: string
let paths: string[]
before(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'trueaio-fs-')))
  // Around every boundary: nothing, less than a slab, exactly one, one and its tail, more, much more.
  const sizes = [0, 1, 100, 65535, 65536, 65537, 69632, 69633, 300_000, 3_000_000]
  paths = Array.from({ length: 200 }, (_, index) => {
    const path = join(root, `file-${String(index)}`)
    fs.writeFileSync(path, Buffer.alloc(sizes[index % sizes.length] ?? 0, `${String(index)}é`))
    return path
  })
})
after(() => fs.rmSync(root, { recursive: true }))

describe('readFilesSync', WITHIN, () => {
  test('contents as bytes and as text, in order, and nothing open', () => {
    const bytes = readFilesSync(paths)
    bytes.forEach((content, index) => assert.ok(content.equals(fs.readFileSync(paths[index] ?? '')), paths[index]))
    assert.equal(bytes.length, paths.length)
    const text = readFilesSync(new Set(paths), { encoding: 'utf8', concurrency: 7 })
    text.forEach((content, index) => assert.equal(content, fs.readFileSync(paths[index] ?? '', 'utf8')))
    assert.deepEqual(openBelow(root), [])
  })

  test('files of unknown size, URLs and Buffers as paths', () => {
    const given = ['/proc/self/mounts', '/proc/filesystems', pathToFileURL(paths[2] ?? ''), Buffer.from(paths[3] ?? '')]
    assert.deepEqual(readFilesSync(given, { encoding: 'latin1' }), given.map((path) => fs.readFileSync(path, 'latin1')))
  })

  test('a file that does not tell its size and is longer than a slab', () => {
    const program = `
      import { readFileSync } from 'node:fs'
      import { readFilesSync } from 'trueaio/fs/promises'
      const [content] = readFilesSync(['/proc/self/environ'])
      console.log(content.length > 100000 && content.equals(readFileSync('/proc/self/environ')))`
    const env = { ...process.env, LONG: 'abcdefg'.repeat(15_000) }
    assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', env, timeout: 20_000 }), 'true\n')
  })

  test('a named pipe is waited for, as readFileSync waits', () => {
    const pipe = join(root, 'pipe')
    execFileSync('mkfifo', [pipe])
    // Started for good before this thread blocks: newer versions of Node spawn a little later.
    execFileSync('sh', ['-c', 'printf waited > "$1" &', 'sh', pipe], { stdio: 'ignore' })
    assert.deepEqual(readFilesSync([pipe, paths[1] ?? ''], { encoding: 'utf8' }), ['waited', fs.readFileSync(paths[1] ?? '', 'utf8')])
  })

  test('few system calls: a handful for 64 small files', (context) => {
    const inUse = defaultProactor().explain().find(({ state }) => state === 'in use')?.name
    if (inUse !== 'io-uring') {
      context.skip(`${String(inUse)} makes a call for each operation`)
      return
    }
    if (fs.readFileSync('/proc/self/mounts', 'utf8').includes(' fuse')) {
      context.skip('chains that open their file are not linked while a FUSE file system is mounted')
      return
    }
    const small = Array.from({ length: 64 }, () => paths[2] ?? '')
    readFilesSync(small)
    const { systemCalls } = defaultProactor().statistics
    readFilesSync(small)
    const made = defaultProactor().statistics.systemCalls - systemCalls
    assert.ok(made > 0 && made <= 12, String(made))
  })

  test('all errors at the end, Node\'s own, with the contents of the others', () => {
    const given = [paths[2] ?? '', join(root, 'missing'), root, paths[1] ?? '', 'a\0b', true as never]
    const theirs = given.map((path) => {
      try {
        return fs.readFileSync(path)
      } catch (error) {
        return error as NodeJS.ErrnoException
      }
    })
    assert.throws(() => readFilesSync(given), (error: unknown) => {
      assert.ok(error instanceof ReadFilesError && error instanceof AggregateError)
      assert.equal(error.code, 'ERR_TRUEAIO_READ_FILES')
      assert.match(error.message, /^4 of 6 files could not be read, the first of them: ENOENT: /)
      const told = ({ code, message, errno, path }: NodeJS.ErrnoException): unknown => ({ code, message, errno, path })
      assert.deepEqual(error.errors.map(told), theirs.filter((one) => one instanceof Error).map(told))
      assert.deepEqual(error.contents, theirs.map((one) => (one instanceof Error ? undefined : one)))
      return true
    })
    assert.deepEqual(openBelow(root), [])
  })

  test('fewer descriptors than files at once: smaller slices, no EMFILE', () => {
    const program = `
      import { openSync, readFileSync } from 'node:fs'
      import { readFilesSync } from 'trueaio/fs/promises'
      readFilesSync([process.execPath])
      const held = []
      try { for (;;) held.push(openSync('/dev/null')) } catch (error) { if (error.code !== 'EMFILE') throw error }
      const { closeSync } = await import('node:fs')
      for (const fd of held.splice(0, 3)) closeSync(fd)
      const paths = Array.from({ length: 50 }, () => ${JSON.stringify(paths[2])})
      const contents = readFilesSync(paths, { encoding: 'utf8' })
      if (contents.length !== 50 || contents.some((content) => content !== readFileSync(paths[0], 'utf8'))) throw new Error('wrong content')
      closeSync(held.pop())
      for (let index = 0; index < 4; index++) { try { held.push(openSync('/dev/null')) } catch { break } }
      try {
        readFilesSync(paths)
        console.log('read with no descriptor to be had')
      } catch (error) { console.log(error.errors.length, error.errors[0].code) }`
    const out = execFileSync('sh', ['-c', 'ulimit -n 256; exec "$0" --input-type=module -e "$1"', process.execPath, program], { encoding: 'utf8', timeout: 20_000 })
    assert.equal(out, '50 EMFILE\n')
  })

  test('bad options are refused', () => {
    assert.throws(() => readFilesSync(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => readFilesSync('path' as never), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => readFilesSync([], { encoding: 'nothing' as never }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => readFilesSync([], { concurrency: 0 }), { code: 'ERR_OUT_OF_RANGE' })
    assert.deepEqual(readFilesSync([]), [])
  })

  test('trueaio/fs has it too', () => assert.equal(callbacks.readFilesSync, readFilesSync))
})

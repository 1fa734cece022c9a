// Files and memory: every form of them as a source and as a target, whole or not at all.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, readSync, statSync, symlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Proactor } from 'trueaio'
import { transfer, TransferError } from 'trueaio/transfer'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const folder = folderOf('transfer-files')
after(() => folder.remove())
const bytes = bytesOf(3_000_001)
writeFileSync(folder.at('source'), bytes)

function named(name: string): { readonly path: string } {
  mkdirSync(folder.at(name))
  return { path: folder.at(`${name}/target`) }
}

describe('files', () => {
  test('file to file', async () => {
    const { path } = named('whole')
    const result = await transfer(folder.at('source'), path)
    assert.equal(result.bytes, bytes.length)
    assert.equal(result.written, bytes.length)
    assert.ok(readFileSync(path).equals(bytes))
  })

  test('by URL, by bytes, by { file } and by { fd }', async () => {
    const { path } = named('forms')
    const fd = openSync(folder.at('source'), 'r')
    for (const source of [pathToFileURL(folder.at('source')), Buffer.from(folder.at('source')), { file: folder.at('source') }, { fd, offset: 0 }]) {
      for (const target of [pathToFileURL(path), Buffer.from(path), { file: path }]) {
        await transfer(source, target)
        assert.ok(readFileSync(path).equals(bytes))
        writeFileSync(path, 'old')
      }
    }
    closeSync(fd)
  })

  const pseudo = ['/proc/self/mounts', '/sys/kernel/mm/transparent_hugepage/enabled', '/sys/kernel/profiling'].filter((path) => existsSync(path))
  test('files of /proc and /sys, whose sizes are not those of their content', { skip: pseudo.length === 0 ? 'neither is here' : false }, async () => {
    const { path } = named('pseudo')
    for (const source of pseudo) {
      await transfer(source, path)
      assert.equal(readFileSync(path, 'latin1'), readFileSync(source, 'latin1'), source)
    }
  })

  test('a FIFO whose writer is still to come', async () => {
    const { path } = named('fifo')
    const fifo = `${path}.fifo`
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0)
    const done = transfer(fifo, path)
    const writer = spawn('sh', ['-c', 'sleep 0.1; echo hello >"$0"', fifo], { stdio: 'inherit' })
    await Promise.all([done, once(writer, 'close')])
    assert.equal(readFileSync(path, 'latin1'), 'hello\n')
  })

  test('a descriptor without an offset moves its position', async () => {
    const { path } = named('position')
    const source = openSync(folder.at('source'), 'r')
    readSync(source, Buffer.alloc(1000), 0, 1000, null)
    const target = openSync(path, 'w')
    writeSync(target, 'head')
    assert.equal((await transfer({ fd: source, length: 5000 }, { fd: target })).bytes, 5000)
    assert.equal((await transfer({ fd: source }, { fd: target })).bytes, bytes.length - 6000)
    assert.ok(readFileSync(path).equals(Buffer.concat([Buffer.from('head'), bytes.subarray(1000)])))
    closeSync(source)
    closeSync(target)
  })

  test('a range of one file into a range of another, in place', async () => {
    const { path } = named('range')
    writeFileSync(path, 'x'.repeat(100))
    assert.equal((await transfer({ file: folder.at('source'), offset: 7, length: 30 }, { file: path, offset: 50 })).bytes, 30)
    assert.ok(readFileSync(path).equals(Buffer.concat([Buffer.alloc(50, 'x'), bytes.subarray(7, 37), Buffer.alloc(20, 'x')])))
  })

  test('memory to file, to memory, and back', async () => {
    const { path } = named('memory')
    await transfer({ memory: bytes }, path)
    assert.ok(readFileSync(path).equals(bytes))
    const memory = Buffer.alloc(bytes.length)
    assert.equal((await transfer(path, { memory })).bytes, bytes.length)
    assert.ok(memory.equals(bytes))
    const other = new Uint16Array(memory.length / 2 + 1)
    await transfer({ memory }, { memory: other })
    assert.ok(Buffer.from(other.buffer).subarray(0, bytes.length).equals(bytes))
    await assert.rejects(transfer({ memory }, { memory: Buffer.alloc(3) }).then(), { code: 'ERR_OUT_OF_RANGE' })
  })

  test('an empty file, and files that say they are empty', async () => {
    const { path } = named('empty')
    writeFileSync(folder.at('nothing'), '')
    assert.equal((await transfer(folder.at('nothing'), path)).bytes, 0)
    assert.equal(statSync(path).size, 0)
    await transfer('/proc/self/status', path)
    assert.match(readFileSync(path, 'utf8'), /^Name:/)
  })

  test('holes stay holes', async () => {
    const { path } = named('holes')
    const fd = openSync(folder.at('sparse'), 'w')
    writeSync(fd, bytes, 0, 8192, 4 * 2 ** 20)
    ftruncateSync(fd, 16 * 2 ** 20)
    for (const source of [folder.at('sparse'), { fd: openSync(folder.at('sparse'), 'r'), offset: 0 }]) {
      const { bytes: count } = await transfer(source, path, typeof source === 'string' ? {} : { pieces: { size: '64KiB' } })
      assert.equal(count, 16 * 2 ** 20)
      assert.ok(readFileSync(path).equals(readFileSync(folder.at('sparse'))))
      if (typeof source === 'string') assert.ok(statSync(path).blocks < 1000, String(statSync(path).blocks))
      else closeSync(source.fd)
    }
    closeSync(fd)
  })

  test('modes: of the source, of the file that is replaced, or as asked', async () => {
    const { path } = named('modes')
    writeFileSync(folder.at('script'), '#!/bin/sh\n', { mode: 0o755 })
    await transfer(folder.at('script'), path)
    assert.equal(statSync(path).mode & 0o777, statSync(folder.at('script')).mode & 0o777)
    chmodSync(path, 0o640)
    await transfer(folder.at('source'), path)
    assert.equal(statSync(path).mode & 0o777, 0o640)
    chmodSync(folder.at('script'), 0o4711)
    utimesSync(folder.at('script'), 1000, 2000)
    await transfer(folder.at('script'), path, { preserve: true, sync: true })
    assert.equal(statSync(path).mode & 0o7777, 0o4711)
    assert.equal(statSync(path).mtimeMs, 2_000_000)
  })

  test('a link stays a link: what it leads to is replaced', async () => {
    const { path } = named('links')
    writeFileSync(`${path}.real`, 'old')
    symlinkSync('target.real', path)
    await transfer(folder.at('source'), path)
    assert.ok(readFileSync(`${path}.real`).equals(bytes))
    assert.ok(readFileSync(path).equals(bytes))
  })

  test('long names, and names that are not UTF-8', async () => {
    const name = Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.alloc(255, 0xe9)])
    await transfer({ memory: bytes }, name)
    assert.ok(readFileSync(name).equals(bytes))
    await transfer(name, folder.at('n'.repeat(255)))
    assert.ok(readFileSync(folder.at('n'.repeat(255))).equals(bytes))
  })

  test('two transfers to one name: one of them wins whole', async () => {
    const { path } = named('race')
    const other = bytesOf(2_000_000, 9)
    await Promise.all([transfer(folder.at('source'), path), transfer({ memory: other }, path), transfer(folder.at('source'), path)])
    const there = readFileSync(path)
    assert.ok(there.equals(bytes) || there.equals(other))
  })

  for (const driver of [['io-uring', 'thread-pool'], ['thread-pool'], ['linux-aio'], ['node']]) {
    test(`on the driver ${driver.join(', then ')}`, async (context) => {
      let proactor: Proactor
      try {
        proactor = new Proactor({ driver })
      } catch {
        return context.skip(`no ${driver.join()} here`)
      }
      const { path } = named(`driver-${driver.join('-')}`)
      await transfer(folder.at('source'), path, { proactor })
      assert.ok(readFileSync(path).equals(bytes))
      await transfer({ memory: bytes }, path, { proactor, sync: true, preserve: true })
      assert.ok(readFileSync(path).equals(bytes))
      await proactor.close()
    })
  }
})

describe('failures of files', () => {
  test('name the end, the step and what the system said', async () => {
    await assert.rejects(transfer(folder.at('none'), folder.at('target')).then(), (error: TransferError) => {
      assert.ok(error instanceof TransferError)
      assert.deepEqual([error.code, error.syscall, error.end, error.step, error.bytes], ['ENOENT', 'open', `source ${folder.at('none')}`, 'open', 0])
      assert.equal(error.path, folder.at('none'))
      return true
    })
    await assert.rejects(transfer(folder.at('source'), folder.at('none/x')).then(), { code: 'ENOENT', end: `target ${folder.at('none/x')}` })
    await assert.rejects(transfer(folder.at('source'), folder.path).then(), { code: 'EISDIR' })
    assert.ok(!existsSync(folder.at('target')))
  })

  test('a timeout beyond what a timer takes is none', async () => {
    const later = (async function* () {
      await new Promise((resolve) => setTimeout(resolve, 20))
      yield 'hello'
    })()
    assert.equal((await transfer(later, { memory: Buffer.alloc(5) }, { timeout: 2 ** 40 })).bytes, 5)
  })

  test('wrong arguments throw at once', () => {
    assert.throws(() => transfer(undefined as never, 'x'), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => transfer({} as never, 'x'), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => transfer('x', 'y', { rate: 'fast' }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => transfer('x', 'y', { rate: 0 }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => transfer('x', 'y', { pieces: { size: 1 } }), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => transfer('x', 'y', { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => transfer('', 'y'), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('an abort and a deadline settle, tell what is done, and leave nothing', async () => {
    const own = folderOf('transfer-abort')
    writeFileSync(own.at('source'), bytes)
    const controller = new AbortController()
    const job = transfer(own.at('source'), own.at('target'), { rate: '1MB/s', signal: controller.signal })
    for await (const { bytes: done } of job.progress({ every: 1 })) {
      if (done > 0 && !controller.signal.aborted) controller.abort(new Error('enough'))
    }
    await assert.rejects(job.then(), (error: Error & { bytes: number, code: string }) => error.name === 'AbortError' && error.code === 'ABORT_ERR' && error.bytes > 0 && error.bytes < bytes.length)
    await job.closed
    assertClean(own, 'source')
    const late = transfer(own.at('source'), own.at('target'), { rate: '1MB/s', timeout: 30 })
    await assert.rejects(late.then(), { code: 'ETIMEDOUT' })
    await late.closed
    assertClean(own, 'source')
    await assert.rejects(transfer(own.at('source'), own.at('target'), { signal: AbortSignal.abort() }).then(), { name: 'AbortError', bytes: 0 })
    own.remove()
  })

  test('an abort while the file is being made leaves nothing, whoever makes it', async () => {
    const own = folderOf('transfer-abort-early')
    for (const driver of ['thread-pool', 'node']) {
      const proactor = new Proactor({ driver })
      for (let turns = 0; turns < 60; turns++) {
        const controller = new AbortController()
        const job = transfer({ memory: bytes }, own.at('target'), { signal: controller.signal, proactor, rate: '1MB/s' })
        job.catch(() => undefined)
        for (let turn = 0; turn < turns % 12; turn++) await new Promise(setImmediate)
        controller.abort()
        await job.closed
        assertClean(own)
      }
      await proactor.close()
    }
    own.remove()
  })

  test('a source that becomes shorter is no copy', async () => {
    const own = folderOf('transfer-shrinks')
    writeFileSync(own.at('source'), bytes)
    const job = transfer(own.at('source'), own.at('target'), { rate: '5MB/s' })
    for await (const { bytes: done } of job.progress({ every: 1 })) if (done > 0) writeFileSync(own.at('source'), 'short')
    await assert.rejects(job.then(), { code: 'EIO', end: `source ${own.at('source')}` })
    assertClean(own, 'source')
    own.remove()
  })
})

test('what a kill between two steps of a replacement has left is removed by the next transfer', async () => {
  const here = folderOf('transfer-replaced')
  for (const name of ['file', 'n'.repeat(250)]) {
    writeFileSync(here.at(name), 'old')
    await transfer(['first'], here.at(name))
    const left = name === 'file' ? '.file.trueaio-replaces.partial' : `.${createHash('sha256').update(name).digest('hex')}.trueaio-replaces.partial`
    writeFileSync(here.at(left), 'whole, and left')
    await transfer(['second'], here.at(name))
    assert.equal(readFileSync(here.at(name), 'utf8'), 'second')
    assertClean(here, 'file', name)
  }
  // Many at once: one of them wins whole, and none fails.
  await Promise.all(Array.from({ length: 40 }, (_, index) => transfer([String(index).repeat(10_000)], here.at('file'))))
  assert.match(readFileSync(here.at('file'), 'utf8'), /^(\d+)\1*$/)
  assertClean(here, 'file', 'n'.repeat(250))
  here.remove()
})

// What the drop-in has beyond Node: it runs on the engine, waits instead of running out of descriptors, and every function
// can be given a signal and a timeout, after which nothing is left open.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import diagnosticsChannel from 'node:diagnostics_channel'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { defaultProactor } from 'trueaio'
import ourFs, { setOpenFilesMax } from 'trueaio/fs'
import io from 'trueaio/fs/promises'
import type { DoneSoFar } from '#src/fs/request/done-so-far.js'
import { Opcode } from '#src/operation/opcode.js'
import type { Operation } from '#src/operation/operation.js'
import { TreeHeader } from '#src/ring/layout/whole.js'

/** Turns of a millisecond at least that closing may take. */
const TURNS_MAX = 5000

let root: string
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-fs-'))
})
after(() => fs.rmSync(root, { recursive: true }))

function countOf(name: string): number {
  return defaultProactor().statistics.operations[name]?.count ?? 0
}

const NODE_MAJOR = Number(process.versions.node.split('.')[0])

describe('what runs on the engine', () => {
  const at = (name: string): string => join(root, name)
  const calls: Readonly<Record<string, { readonly by: string, readonly run: () => Promise<unknown> }>> = {
    readFile: { by: 'read_files', run: () => io.readFile('/etc/hostname') },
    writeFile: { by: 'row', run: () => io.writeFile(at('file'), 'x') },
    appendFile: { by: 'row', run: () => io.appendFile(at('file'), 'x') },
    stat: { by: 'statx', run: () => io.stat('/') },
    lstat: { by: 'statx', run: () => io.lstat('/') },
    access: { by: 'access', run: () => io.access('/') },
    chmod: { by: 'chmod', run: () => io.chmod(at('file'), 0o600) },
    chown: { by: 'chown', run: () => io.chown(at('file'), -1, -1) },
    utimes: { by: 'utimes', run: () => io.utimes(at('file'), 1, 2) },
    truncate: { by: 'ftruncate', run: () => io.truncate(at('file'), 1) },
    mkdir: { by: 'mkdir', run: () => io.mkdir(at('directory')) },
    rmdir: { by: 'rmdir', run: () => io.rmdir(at('directory')) },
    symlink: { by: 'symlink', run: () => io.symlink('file', at('symlink')) },
    readlink: { by: 'readlink', run: () => io.readlink(at('symlink')) },
    link: { by: 'link', run: () => io.link(at('file'), at('link')) },
    rename: { by: 'rename', run: () => io.rename(at('link'), at('renamed')) },
    unlink: { by: 'unlink', run: () => io.unlink(at('renamed')) },
    // Node 26 orders trees in a way of its own, and keeps them (docs/guide/drop-in.md).
    ...(NODE_MAJOR >= 26 ? {} : { 'readdir of a tree': { by: 'list_directories', run: () => io.readdir(at('.'), { recursive: true }) } }),
    'writeFile of an iterable': { by: 'write', run: () => io.writeFile(at('file'), ['x', 'y']) },
    'cp of a tree': {
      by: 'copy_tree',
      run: async () => {
        await io.mkdir(at('from/below'), { recursive: true })
        await io.cp(at('from'), at('to'), { recursive: true })
      },
    },
    'rm of a tree': {
      by: 'remove_tree',
      run: async () => {
        await io.mkdir(at('tree'))
        await io.writeFile(at('tree/file'), 'x')
        await io.rm(at('tree'), { recursive: true })
      },
    },
    'FileHandle.read': {
      by: 'read',
      run: async () => {
        const handle = await io.open(at('file'))
        await handle.read(Buffer.alloc(1))
        await handle.close()
      },
    },
    'fs.read': {
      by: 'read',
      run: async () => {
        const fd = await promisify(ourFs.open)(at('file'), 'r')
        await promisify(ourFs.read)(fd, Buffer.alloc(1), 0, 1, 0)
        await promisify(ourFs.close)(fd)
      },
    },
  }
  for (const [name, { by, run }] of Object.entries(calls)) {
    test(name, async () => {
      const had = countOf(by)
      await run()
      assert.ok(countOf(by) > had, `${name} made no ${by}`)
    })
  }
})

test('files beyond the limit of descriptors wait for their turn', async () => {
  fs.mkdirSync(join(root, 'many'))
  for (let index = 0; index < 1000; index++) fs.writeFileSync(join(root, 'many', String(index)), String(index))
  const program = `
    import { readFile, writeFile } from 'trueaio/fs/promises'
    const names = Array.from({ length: 1000 }, (_, index) => ${JSON.stringify(join(root, 'many'))} + '/' + index)
    const contents = await Promise.all(names.map((name) => readFile(name, 'utf8')))
    await Promise.all(names.map((name, index) => writeFile(name, contents[index] + '!')))
    console.log(contents.every((content, index) => content === String(index)))
  `
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, program], { timeout: 30_000 })
  assert.equal(stdout.trim(), 'true')
  assert.equal(fs.readFileSync(join(root, 'many', '999'), 'utf8'), '999!')
})

test('the limit of files open at once can be set', async () => {
  const names = Array.from({ length: 50 }, (_, index) => join(root, 'many', String(index)))
  const mostOpen = async (): Promise<number> => {
    const had = countOf('open') - countOf('close')
    let most = 0
    await Promise.all(names.map(async (name) => {
      await io.readFile(name, { flag: 'rs' }) // O_SYNC: step by step, and not in a list that opens one after the other
      most = Math.max(most, countOf('open') - countOf('close') - had)
    }))
    return most
  }
  setOpenFilesMax(3)
  try {
    const few = await mostOpen()
    assert.ok(few >= 1 && few <= 3, String(few))
  } finally {
    setOpenFilesMax(256)
  }
  assert.ok(await mostOpen() > 3)
  assert.throws(() => setOpenFilesMax(0), { code: 'ERR_OUT_OF_RANGE' })
})

test('files do not wait behind Node\'s thread pool', async () => {
  const program = `
    import { pbkdf2 } from 'node:crypto'
    import { mkdir, readFile, rmdir, stat, writeFile } from 'trueaio/fs/promises'
    let isBusy = true
    // The pool's only thread is taken until long after these few calls.
    pbkdf2('password', 'salt', 3_000_000, 64, 'sha512', () => { isBusy = false })
    const at = (name) => ${JSON.stringify('ROOT')} + '/' + name
    await writeFile(at('beside'), 'content')
    const { size } = await stat(at('beside'))
    await mkdir(at('beside-directory'))
    await rmdir(at('beside-directory'))
    console.log(await readFile(at('beside'), 'utf8'), size, isBusy)
    process.exit()
  `.replace('ROOT', root)
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env: { ...process.env, UV_THREADPOOL_SIZE: '1' }, timeout: 30_000 })
  assert.equal(stdout.trim(), 'content 7 true')
})

describe('signals and timeouts', () => {
  let pipe: string
  before(() => {
    pipe = join(root, 'pipe')
    execFileSync('mkfifo', [pipe])
  })

  /** What a descriptor of this process leads to. */
  function openFiles(): string[] {
    return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [fs.readlinkSync(`/proc/self/fd/${fd}`)]
      } catch {
        return [] // the descriptor of this very listing
      }
    }).filter((path) => path.startsWith(root))
  }

  test('readFile of a pipe nobody writes to gives up, and leaves nothing open', async () => {
    await assert.rejects(io.readFile(pipe, { flag: 'r+', timeout: 50 }), { code: 'ETIMEDOUT' })
    assert.deepEqual(openFiles(), [])
  })

  test('the same by a signal, with its reason', async () => {
    const controller = new AbortController()
    const reading = io.readFile(pipe, { flag: 'r+', signal: controller.signal })
    setTimeout(() => controller.abort('enough'), 20)
    await assert.rejects(reading, { name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' })
    assert.deepEqual(openFiles(), [])
  })

  test('an open that waits for the other end of a pipe gives up', async () => {
    await assert.rejects(io.open(pipe, 'r', undefined, { timeout: 50 }), { code: 'ETIMEDOUT', syscall: 'open' })
    assert.deepEqual(openFiles(), [])
  })

  test('a pipe is waited for, as Node does: its writer comes, and everything it wrote is read', async () => {
    const reading = Promise.all([io.readFile(pipe, 'utf8'), io.open(pipe).then(async (handle) => {
      await handle.close()
      return 'opened'
    })])
    const writer = spawn('sh', ['-c', 'exec 3>"$0"; printf first >&3; sleep 0.05; printf second >&3', pipe])
    assert.deepEqual(await reading, ['firstsecond', 'opened'])
    if (writer.exitCode === null) await once(writer, 'exit')
    assert.deepEqual(openFiles(), [])
  })

  test('a writer that comes and goes without a word', async () => {
    const reading = io.readFile(pipe, 'utf8')
    const writer = spawn('sh', ['-c', ': >"$0"', pipe])
    assert.equal(await reading, '')
    if (writer.exitCode === null) await once(writer, 'exit')
  })

  test('FileHandle.read takes them, and the handle is good afterwards', async () => {
    const handle = await io.open(pipe, 'r+')
    await assert.rejects(handle.read({ buffer: Buffer.alloc(4), timeout: 50 } as never), { code: 'ETIMEDOUT', syscall: 'read' })
    await handle.write('done')
    assert.equal((await handle.read(Buffer.alloc(4), 0, 4)).buffer.toString(), 'done')
    await handle.close()
  })

  test('functions of one operation refuse an aborted signal', async () => {
    const options = { signal: AbortSignal.abort('before') }
    const file = join(root, 'untouched')
    fs.writeFileSync(file, 'x')
    await assert.rejects(io.stat(file, options), { name: 'AbortError', cause: 'before' })
    await assert.rejects(io.unlink(file, options), { name: 'AbortError' })
    await assert.rejects(io.rename(file, `${file}-moved`, options), { name: 'AbortError' })
    await assert.rejects(io.rm(root, { recursive: true, ...options }), { name: 'AbortError' })
    await assert.rejects(io.cp(root, `${root}-copy`, { recursive: true, ...options }), { name: 'AbortError' })
    await assert.rejects(io.realpath(file, options), { name: 'AbortError' })
    assert.equal(fs.readFileSync(file, 'utf8'), 'x')
  })

  test('a timeout that is none is refused', async () => {
    await assert.rejects(io.stat('/', { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(io.readFile('/etc/hostname', { timeout: 0 }), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(io.realpath('/', { timeout: 'soon' } as never), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  test('an abort in the middle of cp, rm and writeFile leaves no descriptor open, and part of the work', async () => {
    const source = join(root, 'source')
    for (let directory = 0; directory < 60; directory++) {
      fs.mkdirSync(join(source, String(directory)), { recursive: true })
      for (let file = 0; file < 100; file++) fs.writeFileSync(join(source, String(directory), String(file)), 'content')
    }
    /** Aborts when so many operations of a kind have completed: each of the three takes hundreds. */
    const abortAfter = async (operations: number, kind: Opcode, work: (signal: AbortSignal) => Promise<unknown>): Promise<DoneSoFar> => {
      const controller = new AbortController()
      let completed = 0
      const count = (event: unknown): void => {
        const { opcode } = (event as { operation: Operation }).operation
        if (opcode === kind && ++completed === operations) controller.abort()
      }
      diagnosticsChannel.subscribe('trueaio:complete', count)
      try {
        await work(controller.signal)
      } catch (error) {
        assert.equal((error as Error).name, 'AbortError')
        return error as DoneSoFar
      } finally {
        diagnosticsChannel.unsubscribe('trueaio:complete', count)
      }
      throw new Error('it was not aborted')
    }
    /** Aborts when a thread has done so many entries of its tree, which it tells in the request's own memory. */
    const abortAt = async (entries: number, kind: Opcode, work: (signal: AbortSignal) => Promise<unknown>): Promise<DoneSoFar> => {
      const controller = new AbortController()
      const watch = (words: Int32Array): void => {
        if (Atomics.load(words, TreeHeader.ENTRIES) >= entries) controller.abort()
        else setImmediate(watch, words)
      }
      const submitted = (event: unknown): void => {
        const { buffer, opcode } = (event as { operation: Operation }).operation
        if (opcode === kind) watch(buffer as Int32Array)
      }
      diagnosticsChannel.subscribe('trueaio:submit', submitted)
      try {
        await work(controller.signal)
      } catch (error) {
        assert.equal((error as Error).name, 'AbortError')
        return error as DoneSoFar
      } finally {
        diagnosticsChannel.unsubscribe('trueaio:submit', submitted)
      }
      throw new Error('it was not aborted')
    }
    // On a loaded machine the caller is told before the thread has closed what it was in.
    const allClosed = async (): Promise<void> => {
      for (let turns = 0; openFiles().length > 0 && turns < TURNS_MAX; turns++) await new Promise((resolve) => setTimeout(resolve, 1))
      assert.deepEqual(openFiles(), [])
    }
    const between = (least: number | undefined, most: number): void => assert.ok(least !== undefined && least > 0 && least <= most, `${String(least)} of ${String(most)}`)
    const filesIn = (directory: string): number => fs.readdirSync(directory, { recursive: true }).length
    const copy = join(root, 'copy')
    const whole = filesIn(source)
    const { entriesCopied } = await abortAt(50, Opcode.COPY_TREE, (signal) => io.cp(source, copy, { recursive: true, signal }))
    await allClosed()
    assert.ok(filesIn(copy) < whole, String(filesIn(copy)))
    assert.ok(entriesCopied !== undefined && entriesCopied <= filesIn(copy), String(entriesCopied))
    const { entriesRemoved } = await abortAt(90, Opcode.REMOVE_TREE, (signal) => io.rm(source, { recursive: true, signal }))
    await allClosed()
    assert.ok(filesIn(source) > 0 && filesIn(source) < whole, String(filesIn(source)))
    between(entriesRemoved, whole - filesIn(source))
    const endless = (function* (): Generator<string> {
      for (;;) yield 'more'
    })()
    const written = join(root, 'written')
    const { bytesWritten } = await abortAfter(30, Opcode.WRITE, (signal) => io.writeFile(written, endless as never, { signal }))
    await allClosed()
    between(bytesWritten, fs.statSync(written).size)
  })
})

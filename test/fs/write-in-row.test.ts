// writeFile of a small file in one trip, where that is not the whole story: pipes, limits of the system, many at once.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import io from 'trueaio/fs/promises'
import { setOpenFilesMax } from 'trueaio/fs'
import { Opcode } from '#src/operation/opcode.js'
import type { Operation } from '#src/operation/operation.js'
import { openBelow } from './open-descriptors.js'

let root: string
const at = (name: string): string => join(root, name)
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-row-'))
  execFileSync('mkfifo', [at('pipe')])
})
after(() => fs.rmSync(root, { recursive: true }))

/** More than a pipe holds. */
const LARGE = Buffer.alloc(300_000, 'a pipe holds 65536 bytes ')

test('a pipe that is being read: all of it arrives, however slowly', async () => {
  const reader = spawn('sh', ['-c', 'exec 3<"$0"; sleep 0.05; cat <&3', at('pipe')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const arrived = buffer(reader.stdout)
  await io.writeFile(at('pipe'), LARGE)
  assert.ok((await arrived).equals(LARGE))
  assert.deepEqual(openBelow(root), [])
})

test('a pipe that is full is waited for', async () => {
  const fd = fs.openSync(at('pipe'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
  const page = Buffer.alloc(4096)
  let filled = 0
  assert.throws(() => {
    for (;;) filled += fs.writeSync(fd, page)
  }, { code: 'EAGAIN' })
  const rowEnded = new Promise<void>((resolve) => {
    const onComplete = (event: unknown): void => {
      if ((event as { operation: Operation }).operation.opcode !== Opcode.ROW) return
      unsubscribe('trueaio:complete', onComplete)
      resolve()
    }
    subscribe('trueaio:complete', onComplete)
  })
  const writing = io.writeFile(at('pipe'), 'last')
  await rowEnded
  for (let drained = 0; drained < filled;) drained += fs.readSync(fd, page)
  await writing
  assert.equal(page.toString('utf8', 0, fs.readSync(fd, page)), 'last')
  fs.closeSync(fd)
})

test('a pipe that nobody reads yet is waited for, as Node does', async () => {
  const writing = io.writeFile(at('pipe'), 'content')
  const reader = spawn('cat', [at('pipe')], { stdio: ['ignore', 'pipe', 'inherit'] })
  assert.equal((await buffer(reader.stdout)).toString(), 'content')
  await writing
})

test('a pipe whose reader does not come: a timeout and a signal end it, and files are written meanwhile', async () => {
  const aborting = new AbortController()
  let ended = 0
  const stuck = [
    ...Array.from({ length: 8 }, () => io.writeFile(at('pipe'), 'x', { timeout: 1000 } as never)),
    io.writeFile(at('pipe'), 'x', { signal: aborting.signal }),
  ].map((writing) => writing.then(() => 'written', (error: unknown) => (error as { code: string }).code).finally(() => ended++))
  await io.writeFile(at('beside'), 'content')
  assert.equal(ended, 0)
  assert.equal(fs.readFileSync(at('beside'), 'utf8'), 'content')
  aborting.abort()
  assert.deepEqual(await Promise.all(stuck), [...Array.from({ length: 8 }, () => 'ETIMEDOUT'), 'ABORT_ERR'])
  assert.deepEqual(openBelow(root), [])
})

test('a reader that leaves: EPIPE', async () => {
  const reader = spawn('sh', ['-c', 'exec 3<"$0"; head -c 10 <&3 >/dev/null', at('pipe')])
  await assert.rejects(io.writeFile(at('pipe'), LARGE), { code: 'EPIPE', syscall: 'write' })
  if (reader.exitCode === null) await once(reader, 'exit')
  assert.deepEqual(openBelow(root), [])
})

test('the limit of a file\'s size: what fits is written, then EFBIG', async () => {
  const program = `
    import { writeFile, readFile } from 'trueaio/fs/promises'
    process.on('SIGXFSZ', () => {})
    const error = await writeFile(process.argv[1], Buffer.alloc(300_000, 'x')).catch((reason) => reason)
    console.log(error?.code, error?.syscall, (await readFile(process.argv[1])).length < 300_000)
  `
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -f 64; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, program, at('limited')], { timeout: 30_000 })
  assert.equal(stdout.trim(), 'EFBIG write true')
})

test('a thousand at once, of which three may hold a file', async () => {
  setOpenFilesMax(3)
  try {
    await Promise.all(Array.from({ length: 1000 }, (_, index) => io.writeFile(at(`many-${String(index)}`), String(index))))
  } finally {
    setOpenFilesMax(256)
  }
  for (let index = 0; index < 1000; index++) assert.equal(fs.readFileSync(at(`many-${String(index)}`), 'utf8'), String(index))
  assert.deepEqual(openBelow(root), [])
})

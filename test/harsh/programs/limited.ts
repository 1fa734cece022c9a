// Does what its argument names under the limits that the launcher has set, and prints how it went as JSON.
import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { close, fallocate, open, Proactor, read, write } from 'trueaio'

const directory = mkdtempSync(join(tmpdir(), 'trueaio-limited-'))
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
const path = join(directory, 'data')

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'done', (error: unknown) => String((error as NodeJS.ErrnoException).code))
}

async function tooManyFiles(): Promise<unknown> {
  const io = new Proactor()
  const ends = await Promise.allSettled(Array.from({ length: 300 }, () => io.submit(open('/proc/self/status'))))
  const opened = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
  const refused = new Set(ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as NodeJS.ErrnoException).code] : [])))
  await Promise.all(opened.map((fd) => io.submit(close(fd))))
  const again = await io.submit(open('/proc/self/status'))
  const bytes = await io.submit(read(again, Buffer.alloc(100), 0))
  await io.close()
  return { opened: opened.length, refused: [...refused], bytes }
}

async function tooLargeFiles(): Promise<unknown> {
  const io = new Proactor()
  const fd = openSync(path, 'w')
  // The limit is at 8192: across it, at it, beyond it.
  const across = await io.submit(write(fd, Buffer.alloc(8192), 4096))
  const beyond = await codeOf(io.submit(write(fd, Buffer.alloc(4096), 8192)))
  const allocated = await codeOf(io.submit(fallocate(fd, 0, 0, 65536)))
  await io.close()
  return { across, beyond, allocated, size: statSync(path).size }
}

/** How pool buffers and reads do, on whichever driver is to be had. */
async function littleLockedMemory(): Promise<unknown> {
  const io = new Proactor()
  const registered = io.buffers
  const buffers = Array.from({ length: 40 }, () => registered.allocate(65536))
  const fd = openSync(process.execPath, 'r')
  const plain = Buffer.alloc(65536)
  const bytes = await io.submit(read(fd, plain, 0))
  const counts = await Promise.all(buffers.map((buffer) => io.submit(read(fd, buffer, 0))))
  const right = counts.every((count) => count === bytes) && buffers.every((buffer) => buffer.equals(plain))
  const [first] = io.explain()
  await io.close()
  return { right, state: first?.state, reason: first?.reason }
}

const tasks: Readonly<Record<string, () => Promise<unknown>>> = { tooManyFiles, tooLargeFiles, littleLockedMemory }
const task = tasks[process.argv[2] ?? '']
if (task === undefined) throw new Error('no such task')
console.log(JSON.stringify(await task()))

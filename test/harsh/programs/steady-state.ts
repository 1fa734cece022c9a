// A million reads; prints the heap after a collection, before and after, as JSON. Needs --expose-gc.
import { openSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { Proactor, read, statx } from 'trueaio'

const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined) throw new Error('run with --expose-gc')
const ROUND = 100_000
const AT_ONCE = 32

const io = new Proactor()
const fd = openSync(process.execPath, 'r')
const buffers = Array.from({ length: AT_ONCE }, () => Buffer.alloc(512))

async function promises(count: number): Promise<void> {
  await Promise.all(buffers.map(async (buffer) => {
    for (let index = 0; index < count / AT_ONCE; index++) await io.submit(read(fd, buffer, index & 0xffff))
  }))
}

async function callbacks(count: number): Promise<void> {
  await Promise.all(buffers.map((buffer) => new Promise<void>((resolve) => {
    let left = count / AT_ONCE
    const next = (): void => {
      if (left-- > 0) io.submit(read(fd, buffer, left & 0xffff), next)
      else resolve()
    }
    next()
  })))
}

async function events(count: number): Promise<void> {
  const queue = io.completionQueue<Buffer>({ capacity: AT_ONCE })
  for (const buffer of buffers) queue.submit(read(fd, buffer, 0), buffer)
  for (let done = 0; done < count;) {
    for (const { cookie } of await queue.wait()) if (++done < count) queue.submit(read(fd, cookie, done & 0xffff), cookie)
  }
}

/** What leaves more behind it than a read does: signals, deadlines, structures, failures, fresh buffers. */
async function others(count: number): Promise<void> {
  const { signal } = new AbortController()
  for (let index = 0; index < count / 500; index++) {
    await Promise.all([
      io.submit(read(fd, Buffer.alloc(8192), 0), { signal, timeout: 1000 }),
      io.submit(statx('/')),
      io.submit(statx('/nowhere')).catch(() => undefined),
      io.submit(read(fd, new Uint8Array(10), 0), { signal: new AbortController().signal }),
    ])
  }
}

async function heap(): Promise<{ heapUsed: number; arrayBuffers: number; rss: number }> {
  for (let round = 0; round < 3; round++) {
    await turn()
    collect?.()
  }
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heapUsed, arrayBuffers, rss }
}

async function round(): Promise<void> {
  await promises(ROUND)
  await callbacks(ROUND)
  await events(ROUND)
  await others(ROUND)
}

await round() // compiled code and tables at their final size
const before = await heap()
for (let index = 0; index < 3; index++) await round()
console.log(JSON.stringify({ before, after: await heap(), reads: io.statistics.operations['read']?.count }))
await io.close()

// A worker for rings.test.ts: posts calls of its own to a ring that another thread made, or takes entries from it.
import { parentPort, workerData } from 'node:worker_threads'
import { Acall, CompletionRing } from 'trueaio/acall'

export interface RingTask {
  readonly buffer: SharedArrayBuffer
  readonly work: 'post' | 'take' | 'wait'
  /** Calls to post, with these cookies; or entries to take. */
  readonly first: number
  readonly count: number
}
const { buffer, work, first, count } = workerData as RingTask
const ring = CompletionRing.attach(buffer)

async function post(): Promise<void> {
  await using acall = new Acall({ driver: 'thread-pool' })
  let next = first
  while (next < first + count) {
    const list = Array.from({ length: Math.min(64, first + count - next) }, (_, index) => ({ nr: 'getpid' as const, flags: 1, ring, cookie: next + index }))
    const { taken, error } = acall.submit(list)
    next += taken
    if (error !== undefined && (error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    // Full: a turn of the loop, in which the taker gets on.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function take(): Promise<number[]> {
  const cookies: number[] = []
  // Other takers may be quicker: then there is nothing, and it waits again, until all that is to come has come.
  while (cookies.length < count) {
    if (await ring.wait({ timeout: 300 }) === 0) break
    cookies.push(...ring.take(16).map(({ cookie }) => Number(cookie)))
  }
  return cookies
}

if (work === 'post') await post()
const answer = work === 'take' ? await take() : work === 'wait' ? ring.waitSync({ min: count, timeout: 10_000 }) : 'posted'
parentPort?.postMessage(answer)

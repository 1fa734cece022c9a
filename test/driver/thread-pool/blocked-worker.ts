// A worker for environment.test.ts: blocks calls of its own pool, says so, and waits for its end.
import { parentPort, workerData } from 'node:worker_threads'
import { call, Proactor } from 'trueaio'
import { blockingRead } from './threads-here.js'
import { makeUninterruptible } from './uninterruptible.js'

interface Task {
  readonly readEnd: number
  readonly reads: number
  readonly uninterruptible: boolean
  /** How it ends: by the parent, or by itself. */
  readonly exit: boolean
}
const { readEnd, reads, uninterruptible, exit } = workerData as Task

const io = new Proactor({ driver: 'thread-pool', threads: uninterruptible ? 1 : 4 })
if (uninterruptible) {
  await makeUninterruptible(io)
  void io.submit(call('ppoll', null, 0, null, null, 0))
}
for (let index = 0; index < reads; index++) void io.submit(blockingRead(readEnd, Buffer.alloc(4096)))
setImmediate(() => {
  parentPort?.postMessage('blocked')
  if (exit) process.exit(3)
})

// A worker that never ends by itself: a poll that waits, and a stream of O_DIRECT reads. Says when it has begun.
import { constants, openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { poll, Proactor, read } from 'trueaio'
import { BLOCK, blocks } from './direct-file.js'

export interface Work {
  readonly path: string
  /** A silent pipe's. */
  readonly readEnd: number
}

/** Reads for ever, 32 at a time. */
export function keepReading({ path, readEnd }: Work): void {
  const io = new Proactor({ driver: 'linux-aio' })
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECT)
  for (const [index, block] of blocks(32).entries()) {
    const again = (): void => io.submit(read(fd, block, index * BLOCK), again)
    again()
  }
  io.submit(poll(readEnd, 1)).catch(() => undefined) // ends with this thread
}

if (parentPort !== null) {
  keepReading(workerData as Work)
  setTimeout(() => parentPort?.postMessage('begun'), 20)
}

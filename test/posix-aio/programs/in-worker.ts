// Configures its thread's own POSIX AIO, reads with it, and tells.
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { aio_read, aio_return, aio_suspend, aiocb, configure } from 'trueaio/posix-aio'

const { limits } = configure({ AIO_MAX: workerData as number })
const block = new aiocb({ aio_fildes: openSync(fileURLToPath(import.meta.url), 'r'), aio_buf: Buffer.alloc(8) })
aio_read(block)
await aio_suspend([block])
parentPort?.postMessage({ AIO_MAX: limits.AIO_MAX, read: aio_return(block) })

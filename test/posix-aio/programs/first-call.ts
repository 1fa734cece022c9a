// Counts what the module adds to the process: descriptors (rings, eventfds) and threads.
import { openSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

function held(): number {
  return readdirSync('/proc/self/fd').length + readdirSync('/proc/self/task').length
}

const descriptor = openSync(fileURLToPath(import.meta.url), 'r')
const before = held()
const { aio_read, aio_return, aio_suspend, aiocb } = await import('trueaio/posix-aio')
const imported = held() - before
const block = new aiocb({ aio_fildes: descriptor, aio_buf: Buffer.alloc(8) })
const blocksMade = held() - before
aio_read(block)
const grown = held() > before
await aio_suspend([block])
console.log(JSON.stringify({ imported, blocksMade, grown, read: aio_return(block) }))

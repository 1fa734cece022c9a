// Counts what the module adds to the process: a ring and a pool of threads both have descriptors of the kernel's own making.
import { openSync, readdirSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

function held(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('anon_inode:')
    } catch {
      return false // the descriptor of this very listing, closed by now
    }
  }).length
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

// Three reads, one after the other; the function of the second throws.
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { aio_read, aiocb, SIGEV_THREAD } from 'trueaio/posix-aio'

process.on('uncaughtException', ({ message }) => console.log(`caught ${message}`))

const descriptor = openSync(fileURLToPath(import.meta.url), 'r')
for (let number = 0; number < 3; number++) {
  aio_read(new aiocb({
    aio_fildes: descriptor, aio_buf: Buffer.alloc(8),
    aio_sigevent: {
      sigev_notify: SIGEV_THREAD, sigev_value: number,
      sigev_notify_function(value) {
        if (value === 1) throw new Error('mine')
        console.log(`told ${String(value)}`)
      },
    },
  }))
}

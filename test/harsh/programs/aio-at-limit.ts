// Writes and reads around the limit of a file's size (its argument, bytes; set by the launcher), and prints the results as JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultProactor, open } from 'trueaio'
import { IOCB_CMD_PREAD, IOCB_CMD_PWRITE, io_getevents, io_setup, io_submit, type Iocb } from 'trueaio/linux-aio'

const limit = Number(process.argv[2])
// Whoever crosses the limit is sent it, and it would end the process.
process.on('SIGXFSZ', () => undefined)
const directory = mkdtempSync(join(tmpdir(), 'trueaio-at-limit-'))
try {
  const aio_fildes = await defaultProactor().submit(open(join(directory, 'file'), { flags: 0o102, mode: 0o644 }))
  const context = io_setup(4)
  const result = async (iocb: Partial<Iocb>): Promise<number | undefined> => {
    io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes, aio_buf: Buffer.alloc(2), ...iocb }])
    return (await io_getevents(context, 1, 1))[0]?.res
  }
  const crossing = await result({ aio_offset: limit - 1 })
  const beyond = await result({ aio_offset: limit })
  const read = await result({ aio_lio_opcode: IOCB_CMD_PREAD, aio_offset: limit })
  const nothing = await result({ aio_offset: limit, aio_nbytes: 0 })
  console.log(JSON.stringify({ crossing, beyond, read, nothing }))
} finally {
  rmSync(directory, { recursive: true })
}
process.exit(0) // it listens for a signal

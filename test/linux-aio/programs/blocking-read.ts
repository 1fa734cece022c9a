// Reads an eventfd synchronously that only its own thread counts up: 'register' under trueaio/register, 'flush' after flush().
import { closeSync, openSync, readSync } from 'node:fs'
import { call, flush, Proactor } from 'trueaio'
import { IOCB_CMD_PREAD, IOCB_FLAG_RESFD, io_getevents_sync, io_setup, io_submit } from 'trueaio/linux-aio'
const [how, path] = process.argv.slice(2) as [string, string]
const io = new Proactor()
const eventfd = await io.submit(call('eventfd2', 0, 0))
const context = io_setup(8, { proactor: io })
const fd = openSync(path, 'r')
const read = { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: Buffer.alloc(8), aio_flags: IOCB_FLAG_RESFD, aio_resfd: eventfd }
const counts: number[] = []
const counter = new BigUint64Array(1)
for (let round = 0; round < 3; round++) {
  io_submit(context, [{ ...read }])
  if (how === 'flush') flush({ eventfd })
  readSync(eventfd, counter)
  counts.push(Number(counter[0]), io_getevents_sync(context, 1, 1).length)
}
// Two proactors count up one; and one that is there already is not waited for.
const other = new Proactor()
const second = io_setup(8, { proactor: other })
io_submit(context, [{ ...read }])
io_submit(second, [{ ...read }])
let sum = 0
while (sum < 2) {
  if (how === 'flush') flush({ eventfd })
  readSync(eventfd, counter)
  sum += Number(counter[0])
}
console.log(JSON.stringify(counts))
closeSync(eventfd)
await io.close()
await other.close()

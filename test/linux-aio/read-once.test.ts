// A control block is looked at once: what was checked is what is carried out, whatever its getters say the next time.
import assert from 'node:assert/strict'
import { IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_FLAG_IOPRIO, io_getevents, io_submit, type AioContext, type Iocb } from 'trueaio/linux-aio'
import { onEveryDriver } from './subjects.js'

/** Counts how often each field is read. */
function counted(iocb: Iocb): { readonly block: Iocb; readonly counts: Readonly<Record<string, number>> } {
  const counts: Record<string, number> = {}
  const block = new Proxy(iocb, {
    get(target, name, receiver) {
      counts[String(name)] = (counts[String(name)] ?? 0) + 1
      return Reflect.get(target, name, receiver) as unknown
    },
  })
  return { block, counts }
}

onEveryDriver('each field is read once', {}, async (bench) => {
  const context = bench.setup()
  const fd = await bench.open('file')
  for (const fields of [
    { aio_lio_opcode: IOCB_CMD_PWRITE, aio_buf: Buffer.from('0123456789') },
    { aio_lio_opcode: IOCB_CMD_PREAD, aio_buf: Buffer.alloc(10), aio_nbytes: 5 },
    { aio_lio_opcode: IOCB_CMD_PREADV, aio_buf: [Buffer.alloc(5), Buffer.alloc(5)] },
  ]) {
    const { block, counts } = counted({ ...fields, aio_fildes: fd, aio_offset: 0, aio_rw_flags: 0, aio_data: 1, aio_flags: IOCB_FLAG_IOPRIO, aio_reqprio: 0 })
    assert.equal(io_submit(context, [block]), 1)
    assert.deepEqual(Object.entries(counts).filter(([, times]) => times > 1), [])
    const [event] = await io_getevents(context, 1, 1)
    assert.ok((event?.res ?? -1) > 0)
    assert.equal(event?.obj, block)
  }
})

onEveryDriver('a getter that submits another request mixes up neither', {}, async (bench) => {
  const context: AioContext<string> = bench.setup<string>()
  const fd = await bench.open('file')
  const inner: Iocb<string> = { aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: Buffer.from('inner'), aio_offset: 100, aio_data: 'inner' }
  const outer: Iocb<string> = {
    aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_offset: 0, aio_data: 'outer',
    get aio_buf() {
      io_submit(context, [inner])
      return Buffer.from('outer bytes')
    },
  }
  assert.equal(io_submit(context, [outer]), 1)
  const events = []
  while (events.length < 2) events.push(...await io_getevents(context, 1, 2))
  assert.deepEqual(events.map(({ data, res }) => [data, res]).sort(), [['inner', 5], ['outer', 11]])
  const [first, second] = [Buffer.alloc(11), Buffer.alloc(5)]
  io_submit(context, [
    { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: first, aio_offset: 0 }, { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: second, aio_offset: 100 },
  ])
  for (let taken = 0; taken < 2;) taken += (await io_getevents(context, 1, 2)).length
  assert.deepEqual([first.toString(), second.toString()], ['outer bytes', 'inner'])
})

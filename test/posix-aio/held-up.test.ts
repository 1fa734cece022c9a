// Waits whose time runs out while the loop is held up: what has ended by then counts. And blocking waits beside requests
// that do not end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { Proactor } from 'trueaio'
import { aiocb, EINPROGRESS, LIO_WAIT, LIO_WRITE, PosixAio } from 'trueaio/posix-aio'
import { withoutRing } from '../harsh/ring-here.js'
import { SocketPair } from './sockets.js'
import { assertion, blocks, O } from './world.js'

for (const form of ['aio_suspend', 'lio_listio'] as const) {
  test(`${form}: a timeout that comes late finds what has ended meanwhile [io-uring]`, { skip: withoutRing }, async () => {
    await using io = new Proactor({ driver: 'io-uring' })
    using sockets = new SocketPair()
    const aio = new PosixAio({ proactor: io })
    const writes = blocks(3, sockets.half, { aio_fildes: sockets.writeEnd, aio_lio_opcode: LIO_WRITE })
    for (const block of writes.slice(0, 2)) aio.aio_write(block)
    aio.aio_suspendSync([writes[1]])
    const last = writes.slice(2)
    if (form === 'aio_suspend') aio.aio_write(last[0] as aiocb)
    const waiting = form === 'aio_suspend' ? aio.aio_suspend(last, { timeout: 500 }) : aio.lio_listio(LIO_WAIT, last, null, { timeout: 500 })
    await loopTurn() // the batch has been handed over
    assert.deepEqual(last.map((block) => aio.aio_error(block)), [EINPROGRESS])
    sockets.drain()
    const end = performance.now() + 600
    while (performance.now() < end) { /* the loop is held up past the timeout: its timers come first */ }
    assert.equal(await waiting, 0)
  })
}

assertion('lio_listio, blocking: a list whose requests run one by one ends beside one that is stuck', async (world) => {
  const fd = await world.open('f', '', O.O_WRONLY | O.O_APPEND)
  using sockets = new SocketPair()
  const stuck = blocks(3, sockets.half, { aio_fildes: sockets.writeEnd })
  for (const block of stuck) world.aio.aio_write(block)
  await world.ended(...stuck.slice(0, 2))
  const list = blocks(3, 10, { aio_fildes: fd, aio_lio_opcode: LIO_WRITE })
  assert.equal(world.aio.lio_listioSync(list, { timeout: 30_000 }), 0)
  assert.equal(world.aio.aio_error(stuck[2] as aiocb), EINPROGRESS)
  sockets.drain()
  await world.ended(...stuck)
}, { notSimulated: 'its descriptors are in memory: there are no sockets' })

// Buffer groups: receives that hold no buffer while there is nothing to receive, and lend what came until it is released.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import {
  AbortError, bind, BufferGroup, close, getsockname, MessageFlag, Piece, Proactor, recv, recvmsg, send, sendmsg, Shutdown, shutdown, socket, SocketFamily, socketpair, SocketType,
  type AddressArgument, type ProactorOptions, type ReceivedPiece,
} from 'trueaio'
import { reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const { AF_INET, AF_UNIX } = SocketFamily
const { SOCK_DGRAM, SOCK_STREAM } = SocketType

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  const using = (what: string, behave: (io: Proactor, near: number, far: number) => Promise<void>): void => {
    test(what, { skip }, async () => {
      const io = new Proactor(options)
      const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      try {
        await behave(io, near, far)
      } finally {
        await Promise.all([io.submit(close(near)), io.submit(close(far))])
        await io.close()
      }
    })
  }

  describe(`buffer groups on ${name}`, () => {
    using('a piece is lent until it is released, and its memory serves again', async (io, near, far) => {
      const group = io.bufferGroup({ count: 2, size: 64 })
      for (let round = 0; round < 20; round++) {
        const receiving = io.submit(recv(near, group))
        await io.submit(send(far, Buffer.from(`round ${String(round)}`)))
        const piece = await receiving
        assert.ok(piece instanceof Piece)
        assert.equal(piece.bytes.toString(), `round ${String(round)}`)
        assert.equal(group.lent, 1)
        piece.release()
        piece.release()
        assert.equal(group.lent, 0)
      }
      await io.submit(send(far, Buffer.alloc(100, 'x')))
      const short = await io.submit(recv(near, group, { length: 10 }))
      const rest = await io.submit(recv(near, group))
      assert.deepEqual([short.bytes.length, rest.bytes.length], [10, 64])
      short.release()
      rest.release()
      await io.submit(shutdown(far, Shutdown.SHUT_WR))
      const last = await io.submit(recv(near, group))
      assert.equal(last.bytes.length, 26)
      const end = await io.submit(recv(near, group))
      assert.equal(end.bytes.length, 0)
      end.release()
      last.release()
      assert.equal(group.lent, 0)
    })

    using('an empty group makes a receive wait, and not fail', async (io, near, far) => {
      const group = io.bufferGroup({ count: 1, size: 16 })
      await io.submit(send(far, Buffer.from('first')))
      const first = await io.submit(recv(near, group))
      await io.submit(send(far, Buffer.from('second')))
      const waiting = io.submit(recv(near, group))
      await assert.rejects(io.submit(recv(near, group), { timeout: 30 }), { code: 'ETIMEDOUT' })
      const controller = new AbortController()
      const aborted = assert.rejects(io.submit(recv(near, group), { signal: controller.signal }), AbortError)
      await loopTurn()
      controller.abort()
      await aborted
      assert.equal(first.bytes.toString(), 'first')
      first.release()
      const second = await waiting
      assert.equal(second.bytes.toString(), 'second')
      second.release()
      assert.equal(group.lent, 0)
    })

    using('many receives share few buffers, and each gets its own', async (io, near, far) => {
      const group = io.bufferGroup({ count: 4, size: 32 })
      const pairs = await Promise.all(Array.from({ length: 50 }, () => io.submit(socketpair(AF_UNIX, SOCK_STREAM))))
      const receives = pairs.map(async ([end], index) => {
        const piece = await io.submit(recv(end, group))
        assert.equal(piece.bytes.toString(), `number ${String(index)}`)
        await loopTurn()
        assert.equal(piece.bytes.toString(), `number ${String(index)}`)
        piece.release()
      })
      await Promise.all(pairs.map(([, end], index) => io.submit(send(end, Buffer.from(`number ${String(index)}`)))))
      await Promise.all(receives)
      assert.equal(group.lent, 0)
      await Promise.all(pairs.flat().map((fd) => io.submit(close(fd))))
      assert.notEqual(near, far)
    })

    using('a piece that nobody can reach comes back by itself, and is counted', async (io, near, far) => {
      const group = io.bufferGroup({ count: 1, size: 16 })
      await io.submit(send(far, Buffer.from('lost')))
      await (async (): Promise<void> => {
        const piece = await io.submit(recv(near, group))
        assert.equal(piece.bytes.toString(), 'lost')
      })()
      assert.ok(globalThis.gc !== undefined)
      for (let turn = 0; turn < 100 && group.collected === 0; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        globalThis.gc()
      }
      assert.deepEqual([group.collected, group.lent], [1, 0])
      await io.submit(send(far, Buffer.from('found')))
      const piece = await io.submit(recv(near, group))
      assert.equal(piece.bytes.toString(), 'found')
      piece.release()
    })

    using('a multishot receive gives piece after piece, waits for buffers, and ends with the other side', async (io, near, far) => {
      const group = io.bufferGroup({ count: 2, size: 8 })
      const bytes = Buffer.from('a stream of bytes that is longer than the group '.repeat(200))
      const sending = io.submit(send(far, bytes)).then(() => io.submit(shutdown(far, Shutdown.SHUT_WR)))
      const received: Buffer[] = []
      for await (const piece of io.iterate(recv(near, group, { multishot: true }))) {
        received.push(Buffer.from(piece.bytes))
        if (received.length % 7 === 0) await loopTurn()
        piece.release()
      }
      await sending
      assert.equal(Buffer.concat(received).toString(), bytes.toString())
      assert.equal(group.lent, 0)
    })

    using('whoever leaves a multishot receive has what he read; the rest goes back', async (io, near, far) => {
      const group = io.bufferGroup({ count: 8, size: 8 })
      await io.submit(send(far, Buffer.alloc(64, 'y')))
      for await (const piece of io.iterate(recv(near, group, { multishot: true }))) {
        piece.release()
        break
      }
      while (io.statistics.inFlight > 0) await loopTurn()
      assert.equal(group.lent, 0)
    })

    using('a closed group takes no receives; what waits for a buffer ends', async (io, near, far) => {
      const group = io.bufferGroup({ count: 1, size: 16 })
      await io.submit(send(far, Buffer.from('one')))
      const piece = await io.submit(recv(near, group))
      await io.submit(send(far, Buffer.from('two')))
      const waiting = assert.rejects(io.submit(recv(near, group)), { code: 'ENOBUFS', syscall: 'recv' })
      for (let turn = 0; turn < 5; turn++) await loopTurn()
      group.close()
      await waiting
      assert.throws(() => recv(near, group), { code: 'ERR_TRUEAIO_CLOSED' })
      assert.equal(piece.bytes.toString(), 'one')
      piece.release()
      assert.equal(group.lent, 0)
    })

    using('datagrams come with their addresses, into views and pieces', async (io) => {
      const group = io.bufferGroup({ count: 4, size: 32 })
      const ends = await Promise.all([0, 1].map(async () => {
        const fd = await io.submit(socket(AF_INET, SOCK_DGRAM))
        await io.submit(bind(fd, { address: '127.0.0.1', port: 0 }))
        return { fd, at: await io.submit(getsockname(fd)) as AddressArgument }
      }))
      const [first, second] = ends as [typeof ends[0], typeof ends[0]]
      assert.equal(await io.submit(sendmsg(first.fd, [Buffer.from('da'), Buffer.from('ta')], { address: second.at })), 4)
      const buffers = [Buffer.alloc(3), Buffer.alloc(3)] as const
      assert.deepEqual(await io.submit(recvmsg(second.fd, buffers)), { length: 4, address: first.at, flags: 0, descriptors: [] })
      assert.equal(Buffer.concat(buffers).toString('utf8', 0, 4), 'data')
      await io.submit(sendmsg(first.fd, Buffer.alloc(100), { address: second.at }))
      const cut = await io.submit(recvmsg(second.fd, buffers))
      assert.deepEqual([cut.length, cut.flags & MessageFlag.MSG_TRUNC], [6, MessageFlag.MSG_TRUNC])
      const waiting = io.submit(recvmsg(second.fd, group))
      await io.submit(sendmsg(first.fd, Buffer.from('piece'), { address: second.at }))
      const { address, length, piece } = await waiting
      assert.deepEqual([piece.bytes.toString(), length, address], ['piece', 5, first.at])
      piece.release()
      // Again and again, the empty one included.
      const texts = ['1', '', '3', '4', '5', '6', '7', '8']
      for (const text of texts) await io.submit(sendmsg(first.fd, Buffer.from(text), { address: second.at }))
      const got: string[] = []
      for await (const message of io.iterate<ReceivedPiece>(recvmsg(second.fd, group, { multishot: true }))) {
        assert.deepEqual(message.address, first.at)
        got.push(message.piece.bytes.toString())
        message.piece.release()
        if (got.length === texts.length) break
      }
      assert.deepEqual(got, texts)
      await Promise.all(ends.map(({ fd }) => io.submit(close(fd))))
      while (io.statistics.inFlight > 0) await loopTurn()
      assert.equal(group.lent, 0)
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) onDriver(name, options, await reasonToSkip(options))

test('a group refuses sizes that no system takes', () => {
  assert.throws(() => new BufferGroup({ count: 3 }), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => new BufferGroup({ count: 65536 }), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => new BufferGroup({ size: 0 }), { code: 'ERR_OUT_OF_RANGE' })
})

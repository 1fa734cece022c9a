// Messages received again and again into a group whose first use this is: on a ring one operation of the kernel's, whose buffers
// have a header and an address before the bytes.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  bind, close, getsockname, MessageFlag, Proactor, recv, recvmsg, send, sendmsg, socket, SocketFamily, socketpair, SocketType,
  type AddressArgument, type ProactorOptions, type ReceivedPiece,
} from 'trueaio'
import { reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const { AF_INET, AF_INET6, AF_UNIX } = SocketFamily
const { SOCK_DGRAM, SOCK_STREAM } = SocketType
const SIZE = 32

interface End {
  readonly fd: number
  readonly at: AddressArgument
}

async function bound(io: Proactor, family: number, address: string): Promise<End> {
  const fd = await io.submit(socket(family, SOCK_DGRAM))
  await io.submit(bind(fd, { address, port: 0 }))
  return { fd, at: await io.submit(getsockname(fd)) as AddressArgument }
}

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  describe(`messages of many on ${name}`, () => {
    for (const [family, address] of [[AF_INET, '127.0.0.1'], [AF_INET6, '::1']] as const) {
      test(`of any length from 0 to the buffer's and beyond, from ${address}`, { skip }, async (t) => {
        await using io = new Proactor(options)
        let near: End, far: End
        try {
          near = await bound(io, family, address)
          far = await bound(io, family, address)
        } catch (error) {
          t.skip(`${address}: ${(error as Error).message}`)
          return
        }
        const group = io.bufferGroup({ count: 4, size: SIZE })
        const lengths = [1, 0, SIZE - 1, SIZE, SIZE + 1, 500, 0, 2, 3, 4, 5, 6]
        const got: number[] = []
        const sending = (async () => {
          for (const [index, length] of lengths.entries()) await io.submit(sendmsg(far.fd, Buffer.alloc(length, index + 1), { address: near.at }))
        })()
        for await (const { address: from, flags, length, piece } of io.iterate<ReceivedPiece>(recvmsg(near.fd, group, { multishot: true }))) {
          const index = got.length
          const sent = lengths[index] as number // as many come as were sent
          assert.deepEqual(from, far.at)
          assert.equal(length, Math.min(sent, SIZE))
          assert.deepEqual(piece.bytes, Buffer.alloc(length, index + 1))
          assert.equal((flags & MessageFlag.MSG_TRUNC) !== 0, sent > SIZE)
          piece.release()
          got.push(length)
          if (got.length === lengths.length) break
        }
        await sending
        assert.equal(group.lent, 0)
        // The same group serves receives of one shot, of messages and of bytes, and never gives more than a buffer.
        await io.submit(sendmsg(far.fd, Buffer.alloc(SIZE, 'a'), { address: near.at }))
        const one = await io.submit(recvmsg(near.fd, group))
        assert.deepEqual([one.piece.bytes.toString(), one.address], ['a'.repeat(SIZE), far.at])
        one.piece.release()
        const [left, right] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
        await io.submit(send(left, Buffer.alloc(3 * SIZE, 'b')))
        const taken: number[] = []
        for await (const piece of io.iterate(recv(right, group, { multishot: true }))) {
          taken.push(piece.bytes.length)
          piece.release()
          if (taken.length === 3) break
        }
        assert.deepEqual(taken, [SIZE, SIZE, SIZE])
        await Promise.all([near.fd, far.fd, left, right].map((fd) => io.submit(close(fd))))
      })
    }

    test('more than the group has buffers wait for those that come back, and none is lost or told twice', { skip }, async () => {
      await using io = new Proactor(options)
      const [near, far] = [await bound(io, AF_INET, '127.0.0.1'), await bound(io, AF_INET, '127.0.0.1')]
      const group = io.bufferGroup({ count: 2, size: 64 })
      const held: ReceivedPiece[] = []
      const got: string[] = []
      for (let index = 0; index < 40; index++) await io.submit(sendmsg(far.fd, Buffer.from(String(index)), { address: near.at }))
      for await (const message of io.iterate<ReceivedPiece>(recvmsg(near.fd, group, { multishot: true }))) {
        got.push(message.piece.bytes.toString())
        held.push(message)
        if (held.length === 2) for (const one of held.splice(0)) one.piece.release()
        if (got.length === 40) break
      }
      assert.deepEqual(got, Array.from({ length: 40 }, (_, index) => String(index)))
      for (const one of held) one.piece.release()
      await Promise.all([near.fd, far.fd].map((fd) => io.submit(close(fd))))
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) onDriver(name, options, await reasonToSkip(options))

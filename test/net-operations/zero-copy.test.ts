// Sends without a copy, on every driver: those that have none send a copy. The memory is lent until the kernel does not read it any more.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  accept, AbortError, bind, chain, close, connect, getsockname, listen, Proactor, recv, send, shutdown, Shutdown, socket, SocketFamily, socketpair, SocketType,
  type AddressArgument, type ProactorOptions,
} from 'trueaio'
import { reasonToSkip, simulatedNetwork, SOCKET_DRIVERS } from './drivers.js'

const { AF_INET, AF_UNIX } = SocketFamily
const { SOCK_STREAM } = SocketType
const zeroCopy = true

async function connected(io: Proactor): Promise<readonly [near: number, far: number]> {
  const server = await io.submit(socket(AF_INET, SOCK_STREAM))
  await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
  await io.submit(listen(server))
  const at = await io.submit(getsockname(server)) as AddressArgument
  const near = await io.submit(socket(AF_INET, SOCK_STREAM))
  const [far] = await Promise.all([io.submit(accept(server)), io.submit(connect(near, at))])
  await io.submit(close(server))
  return [near, far]
}

async function receiveAll(io: Proactor, fd: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (;;) {
    const buffer = Buffer.alloc(2 ** 18)
    const bytes = await io.submit(recv(fd, buffer))
    if (bytes === 0) return Buffer.concat(pieces)
    pieces.push(buffer.subarray(0, bytes))
  }
}

/** @param large bytes that no socket takes at once */
async function onDriver(name: string, options: ProactorOptions, large: number): Promise<void> {
  const skip = await reasonToSkip(options)
  describe(`sends without a copy on ${name}`, { skip }, () => {
    test('all bytes come, in order, and the memory is the sender’s when the send has ended', async () => {
      await using io = new Proactor(options)
      const [near, far] = await connected(io)
      const data = Buffer.alloc(large >> 4)
      const expected: Buffer[] = []
      const receiving = receiveAll(io, far)
      for (let round = 0; round < 4; round++) {
        data.fill(`${String(round)} in line `)
        expected.push(Buffer.from(data))
        let sent = 0
        // A simulated network sends short.
        while (sent < data.length) sent += await io.submit(send(near, data.subarray(sent), { zeroCopy }))
        data.fill(0)
      }
      await io.submit(shutdown(near, Shutdown.SHUT_WR))
      assert.ok((await receiving).equals(Buffer.concat(expected)))
      for (const fd of [near, far]) await io.submit(close(fd))
    })

    test('small ones, and those of a socket that has no such sends', async () => {
      await using io = new Proactor(options)
      const [first, second] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      assert.equal(await io.submit(send(first, Buffer.from('small'), { zeroCopy })), 5)
      assert.equal(await io.submit(recv(second, Buffer.alloc(9))), 5)
      const sending = io.submit(send(first, Buffer.alloc(40_000, 'x'), { zeroCopy }))
      let got = 0
      while (got < 40_000) got += await io.submit(recv(second, Buffer.alloc(50_000)))
      assert.equal(await sending, 40_000)
      // In a chain a copy is sent member by member.
      const [sent] = await io.submit(chain(send(first, Buffer.alloc(20_000), { zeroCopy }), send(first, Buffer.from('y'))))
      assert.equal(sent, 20_000)
      for (const fd of [first, second]) await io.submit(close(fd))
    })

    test('one that is aborted ends at once; its memory comes back with the peer', async () => {
      await using io = new Proactor(options)
      const [near, far] = await connected(io)
      const stop = new AbortController()
      const sending = io.submit(send(near, Buffer.alloc(large), { zeroCopy }), { signal: stop.signal })
      setImmediate(() => stop.abort())
      // How far it came, as of any send that was stopped half way; or that nobody knows yet.
      const outcome: unknown = await sending.catch((error: unknown) => error)
      assert.ok(outcome instanceof AbortError || (typeof outcome === 'number' && outcome > 0 && outcome < large), String(outcome))
      for (const fd of [far, near]) await io.submit(close(fd))
      for (let looks = 0; looks < 500 && io.statistics.inFlight > 0; looks++) await wait(10)
      assert.equal(io.statistics.inFlight, 0)
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) await onDriver(name, options, 48_000_016)
await onDriver('simulated', simulatedNetwork(), 2_000_016)

test('explain tells it where a ring does it', { skip: await reasonToSkip({ driver: 'io-uring' }) }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  assert.match(io.explain(send(1, Buffer.alloc(2 ** 14), { zeroCopy })), /IORING_OP_SEND(_ZC|$)/)
  assert.match(io.explain(send(1, Buffer.alloc(2 ** 14 - 1), { zeroCopy })), /IORING_OP_SEND$/)
})

// The network of the simulated driver: connections between proactors, latency, short transfers, resets, half-closes, and datagrams that
// are lost or overtake each other; by seed, and the same each time.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  accept, bind, chain, close, connect, getpeername, getsockname, listen, Proactor, recv, recvmsg, send, sendmsg, Shutdown, shutdown, socket, SocketFamily, socketpair, SocketType,
  type AddressArgument, type ReceivedPiece, type SystemError,
} from 'trueaio'
import { simulated, type SimulatedDriver, type SimulatedOptions } from 'trueaio/simulated'

const { AF_INET, AF_UNIX } = SocketFamily
const { SOCK_DGRAM, SOCK_STREAM } = SocketType
const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

function network(options: SimulatedOptions = {}): SimulatedDriver {
  return simulated({ seed: SEED, cancelTooLateRate: 0, cancelUnstoppableRate: 0, ...options })
}

async function listener(io: Proactor): Promise<{ server: number; at: AddressArgument }> {
  const server = await io.submit(socket(AF_INET, SOCK_STREAM))
  await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
  await io.submit(listen(server))
  return { server, at: await io.submit(getsockname(server)) as AddressArgument }
}

async function receiveAll(io: Proactor, fd: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (;;) {
    const buffer = Buffer.alloc(5000)
    const bytes = await io.submit(recv(fd, buffer))
    if (bytes === 0) return Buffer.concat(pieces)
    pieces.push(buffer.subarray(0, bytes))
  }
}

async function sendAll(io: Proactor, fd: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await io.submit(send(fd, bytes.subarray(at)))
}

describe(`a simulated network, seed ${String(SEED)}`, () => {
  test('two proactors of one simulation are connected, and half-close each by itself', async () => {
    const driver = network({ shortRate: 0.3 })
    const [near, far] = [new Proactor({ driver }), new Proactor({ driver })]
    const { server, at } = await listener(far)
    const client = await near.submit(socket(AF_INET, SOCK_STREAM))
    const [peer] = await Promise.all([far.submit(accept(server)), near.submit(connect(client, at))])
    assert.deepEqual(await far.submit(getpeername(peer)), await near.submit(getsockname(client)))
    const question = Buffer.alloc(300_000, 'question ')
    const answer = Buffer.alloc(200_001, 'answer ')
    const asked = sendAll(near, client, question).then(() => near.submit(shutdown(client, Shutdown.SHUT_WR)))
    const got = await receiveAll(far, peer)
    await asked
    assert.ok(got.equals(question))
    const answered = sendAll(far, peer, answer).then(() => far.submit(close(peer)))
    assert.ok((await receiveAll(near, client)).equals(answer))
    await answered
    await near.submit(close(client))
    await far.submit(close(server))
    await Promise.all([near.close(), far.close()])
  })

  test('a receive waits for what is not there yet, and can be cancelled', async () => {
    const io = new Proactor({ driver: network() })
    const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
    await assert.rejects(io.submit(recv(near, Buffer.alloc(1)), { timeout: 20 }), { code: 'ETIMEDOUT' })
    const buffer = Buffer.alloc(8)
    const receiving = io.submit(recv(near, buffer))
    await io.submit(send(far, Buffer.from('late')))
    assert.equal(await receiving, 4)
    const controller = new AbortController()
    const sending = io.submit(send(far, Buffer.alloc(1_000_000)), { signal: controller.signal })
    await io.submit(recv(near, buffer))
    controller.abort()
    const stuck = await sending
    assert.ok(stuck > 0 && stuck < 1_000_000, String(stuck))
    await Promise.all([io.submit(close(near)), io.submit(close(far))])
    await io.close()
  })

  test('chains, multishots and runSync work as on a real network', async () => {
    const io = new Proactor({ driver: network() })
    const { server, at } = await listener(io)
    const client = await io.submit(socket(AF_INET, SOCK_STREAM))
    const question = Buffer.alloc(4)
    const serving = io.submit(chain(accept(server), recv(chain.opened, question), send(chain.opened, Buffer.from('answer')), close(chain.opened)))
    const answer = Buffer.alloc(10)
    const [, , length] = await io.submit(chain(connect(client, at), send(client, Buffer.from('ask?')), recv(client, answer)))
    await serving
    assert.equal(answer.toString('utf8', 0, length), 'answer')
    const clients = await Promise.all([0, 1, 2].map(() => io.submit(socket(AF_INET, SOCK_STREAM))))
    const far: number[] = []
    const connecting = Promise.all(clients.map((fd) => io.submit(connect(fd, at))))
    for await (const fd of io.iterate(accept(server, { multishot: true }))) if (far.push(fd) === 3) break
    await connecting
    const pair = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
    const [sent, received] = io.runSync([send(pair[0], Buffer.from('x')), recv(pair[1], Buffer.alloc(2))])
    assert.deepEqual([sent.status, received.status], ['fulfilled', 'fulfilled'])
    await Promise.all([server, client, ...clients, ...far, ...pair].map((fd) => io.submit(close(fd))))
    await io.close()
  })

  test('a group lends pieces; datagrams keep their addresses', async () => {
    const io = new Proactor({ driver: network() })
    const group = io.bufferGroup({ count: 2, size: 32 })
    const fds = await Promise.all([0, 1].map(() => io.submit(socket(AF_INET, SOCK_DGRAM))))
    const [first, second] = fds as [number, number]
    await io.submit(bind(second, { address: '127.0.0.1', port: 5000 }))
    for (const text of ['one', 'two', 'three']) await io.submit(sendmsg(first, Buffer.from(text), { address: { address: '127.0.0.1', port: 5000 } }))
    const got: string[] = []
    for await (const { address, piece } of io.iterate<ReceivedPiece>(recvmsg(second, group, { multishot: true }))) {
      assert.deepEqual(address, await io.submit(getsockname(first)))
      got.push(piece.bytes.toString())
      piece.release()
      if (got.length === 3) break
    }
    assert.deepEqual(got, ['one', 'two', 'three'])
    await Promise.all(fds.map((fd) => io.submit(close(fd))))
    await io.close()
    assert.equal(group.lent, 0)
  })

  test('nobody listening, an address in use, and an end that is gone', async () => {
    const io = new Proactor({ driver: network() })
    const { server, at } = await listener(io)
    const other = await io.submit(socket(AF_INET, SOCK_STREAM))
    await assert.rejects(io.submit(bind(other, at)), { code: 'EADDRINUSE' })
    await assert.rejects(io.submit(connect(other, { address: '127.0.0.1', port: 1 })), { message: 'connect ECONNREFUSED 127.0.0.1:1' })
    const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
    await io.submit(close(far))
    assert.equal(await io.submit(recv(near, Buffer.alloc(1))), 0)
    await assert.rejects(async () => {
      for (let left = 10; left > 0; left--) await io.submit(send(near, Buffer.from('x')))
    }, ({ code }: SystemError) => code === 'EPIPE' || code === 'ECONNRESET')
    await assert.rejects(io.submit(recv(server, Buffer.alloc(1))), { code: 'ENOTCONN' })
    await Promise.all([server, other, near].map((fd) => io.submit(close(fd))))
    await io.close()
  })

  /** What a run of datagrams came to: which arrived, in which order. */
  async function datagrams(options: SimulatedOptions): Promise<number[]> {
    const io = new Proactor({ driver: network(options) })
    const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_DGRAM))
    const arrived: number[] = []
    const reading = (async (): Promise<void> => {
      for (;;) {
        const buffer = Buffer.alloc(4)
        await io.submit(recv(far, buffer), { timeout: 300 })
        arrived.push(buffer.readInt32LE(0))
      }
    })().catch((error: unknown) => assert.equal((error as SystemError).code, 'ETIMEDOUT'))
    for (let index = 0; index < 100; index++) {
      const buffer = Buffer.alloc(4)
      buffer.writeInt32LE(index)
      await io.submit(send(near, buffer))
    }
    await reading
    await Promise.all([io.submit(close(near)), io.submit(close(far))])
    await io.close()
    return arrived
  }

  test('datagrams are lost and reordered as often as asked for', async () => {
    assert.deepEqual(await datagrams({}), Array.from({ length: 100 }, (_, index) => index))
    const lossy = await datagrams({ datagramLossRate: 0.5 })
    assert.ok(lossy.length > 10 && lossy.length < 90, String(lossy.length))
    assert.deepEqual([...lossy].sort((a, b) => a - b), lossy)
    const reordered = await datagrams({ datagramReorderRate: 0.5, delay: [0, 50] })
    assert.equal(reordered.length, 100)
    assert.notDeepEqual([...reordered].sort((a, b) => a - b), reordered)
  })

  test('a connection that is reset by chance is an error or an end at both sides, whatever the seed', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const io = new Proactor({ driver: simulated({ seed, resetRate: 0.05, shortRate: 0.2, cancelTooLateRate: 0, cancelUnstoppableRate: 0 }) })
      const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      const codes = ['ECONNRESET', 'EPIPE', 'ENOTCONN']
      const tolerate = (error: unknown): void => assert.ok(codes.includes((error as SystemError).code), `seed ${String(seed)}: ${String(error)}`)
      await Promise.all([
        sendAll(io, near, Buffer.alloc(200_000)).then(() => io.submit(shutdown(near, Shutdown.SHUT_WR))).catch(tolerate),
        receiveAll(io, far).then(() => undefined, tolerate),
      ])
      await Promise.all([io.submit(close(near)), io.submit(close(far))])
      await io.close()
    }
  })
})

// Sockets on the completion port: connections and datagrams of trueaio/net beside Node's own, cancelled waits, ends, and thousands at once.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as nodeConnect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { accept, bind, close, connect as connectTo, getpeername, getsockname, getsockopt, listen as listenOn, recv, send, setsockopt, shutdown, socket, SocketOption, SocketType, type Proactor } from 'trueaio'
import { connect, datagram, listen } from 'trueaio/net'
import { loadBinding } from '#src/native/load.js'
import { makeProactor, skip } from './subject.js'

const AF_INET = 2

async function withProactor(body: (io: Proactor) => Promise<void>): Promise<void> {
  const io = makeProactor()
  try {
    await body(io)
  } finally {
    await io.close()
  }
}

/** Two ends of one connection, as descriptors. */
async function makePair(io: Proactor): Promise<readonly [number, number, number]> {
  const listening = await io.submit(socket(AF_INET, SocketType.SOCK_STREAM))
  await io.submit(bind(listening, { address: '127.0.0.1', port: 0 }))
  await io.submit(listenOn(listening))
  const address = await io.submit(getsockname(listening))
  const one = await io.submit(socket(AF_INET, SocketType.SOCK_STREAM))
  const accepting = io.submit(accept(listening))
  await io.submit(connectTo(one, address as { address: string; port: number }))
  return [one, await accepting, listening]
}

test('operations: made, bound, connected, accepted; bytes both ways; options and names; the end', { skip }, async () => {
  await withProactor(async (io) => {
    const [one, other, listening] = await makePair(io)
    assert.match(io.explain(recv(one, Buffer.alloc(1))), /^iocp: WSARecv on the completion port$/)
    const into = Buffer.alloc(64)
    const receiving = io.submit(recv(other, into))
    assert.equal(await io.submit(send(one, Buffer.from('question'))), 8)
    assert.equal(await receiving, 8)
    assert.equal(into.toString('latin1', 0, 8), 'question')
    assert.equal(await io.submit(send(other, [Buffer.from('an'), Buffer.from('swer')])), 6)
    assert.equal(await io.submit(recv(one, into)), 6)
    assert.deepEqual(await io.submit(getpeername(one)), await io.submit(getsockname(other)))
    await io.submit(setsockopt(one, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1))
    assert.equal(await io.submit(getsockopt(one, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY)), 1)
    assert.equal(await io.submit(getsockopt(one, SocketOption.SOL_SOCKET, SocketOption.SO_ERROR)), 0)
    await assert.rejects(io.submit(setsockopt(one, SocketOption.IPPROTO_TCP, SocketOption.TCP_CORK, 1)), { code: 'ENOPROTOOPT' })
    await io.submit(shutdown(one, 1))
    assert.equal(await io.submit(recv(other, into)), 0)
    for (const fd of [one, other, listening]) await io.submit(close(fd))
    await assert.rejects(io.submit(send(one, into)), { code: 'EBADF' })
    await assert.rejects(io.submit(close(one)), { code: 'EBADF' })
  })
})

test('waits are cancelled: a receive has taken nothing, an accept leaves the listener as it was', { skip }, async () => {
  await withProactor(async (io) => {
    const [one, other, listening] = await makePair(io)
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController()
      const waits = [recv(one, Buffer.alloc(4)), accept(listening)].map((operation) => io.submit(operation, { signal: controller.signal }))
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      for (const { status } of await Promise.allSettled(waits)) assert.equal(status, 'rejected')
    }
    await assert.rejects(io.submit(recv(one, Buffer.alloc(4)), { timeout: 20 }), { code: 'ETIMEDOUT' })
    await io.submit(send(other, Buffer.from('late')))
    assert.equal(await io.submit(recv(one, Buffer.alloc(4))), 4)
    const receiving = io.submit(recv(one, Buffer.alloc(4)))
    await new Promise((resolve) => setImmediate(resolve))
    await io.submit(close(one)) // under way: it ends
    await receiving.then((bytes) => assert.equal(bytes, 0), (error: unknown) => assert.match(String((error as NodeJS.ErrnoException).code), /^E/))
    for (const fd of [other, listening]) await io.submit(close(fd))
    assert.equal(io.statistics.inFlight, 0)
  })
})

test('trueaio/net listens and connects, with Node on the other side and without', { skip }, async () => {
  await withProactor(async (io) => {
    await using server = await listen('127.0.0.1:0', { proactor: io })
    const { port } = server.address as { port: number }
    const serving = (async () => {
      for await (const connection of server) void (async () => {
        for await (const piece of connection.pieces({ copy: true })) await connection.send(piece.bytes)
        await connection.shutdown()
        await connection.close()
      })()
    })()
    const ours = await connect({ host: '127.0.0.1', port }, { proactor: io })
    const sent = Buffer.alloc(300_000).map((_, index) => index % 251)
    const received: Buffer[] = []
    const reading = (async () => { for await (const piece of ours.pieces({ copy: true })) received.push(Buffer.from(piece.bytes)) })()
    await ours.send(sent)
    await ours.shutdown()
    await reading
    assert.ok(Buffer.concat(received).equals(sent))
    await ours.close()
    const nodes = nodeConnect(port, '127.0.0.1')
    nodes.end('from node')
    const [echo] = await once(nodes, 'data') as [Buffer]
    assert.equal(echo.toString(), 'from node')
    nodes.destroy()
    await server.close()
    await serving
    const nodeServer = createServer((peer: Socket) => void peer.pipe(peer)).listen(0, '127.0.0.1')
    await once(nodeServer, 'listening')
    const back = await connect({ host: '127.0.0.1', port: (nodeServer.address() as AddressInfo).port }, { proactor: io })
    await back.send(Buffer.from('to node'))
    assert.equal(String((await back.receive())?.bytes), 'to node')
    await back.close()
    nodeServer.close()
    await assert.rejects(connect({ host: '127.0.0.1', port: 1 }, { proactor: io }), { code: 'ECONNREFUSED', port: 1 })
  })
})

test('datagrams', { skip }, async () => {
  await withProactor(async (io) => {
    const one = await datagram('127.0.0.1:0:udp', { proactor: io })
    const other = await datagram('127.0.0.1:0:udp', { proactor: io })
    await one.send(Buffer.from('hello'), other.address)
    const message = await other.receive()
    assert.equal(String(message?.bytes), 'hello')
    assert.deepEqual((message?.address as { port: number }).port, (one.address as { port: number }).port)
    await one.close()
    await other.close()
  })
})

test('hundreds of connections at once, and no handle is left', { skip }, async () => {
  const count = (): number => loadBinding().binding?.handleCount?.() ?? assert.fail('the addon counts handles')
  const round = async (): Promise<void> => {
    await withProactor(async (io) => {
      const server = await listen('127.0.0.1:0', { proactor: io })
      const { port } = server.address as { port: number }
      const serving = (async () => { for await (const peer of server) void peer.receive().then(async (piece) => { await peer.send(Buffer.from(piece?.bytes ?? [])); await peer.close() }) })()
      await Promise.all(Array.from({ length: 200 }, async (_, index) => {
        const connection = await connect({ host: '127.0.0.1', port }, { proactor: io })
        await connection.send(Buffer.from(String(index)))
        assert.equal(String((await connection.receive())?.bytes), String(index))
        await connection.close()
      }))
      await server.close()
      await serving
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await round()
  const before = count()
  await round()
  await round()
  assert.ok(count() <= before + 20, `${String(count())} handles, ${String(before)} before`)
})

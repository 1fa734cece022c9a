// Sockets as sources: connections and pieces, one an event; the rest waits in the kernel.
import assert from 'node:assert/strict'
import { accept, bind, close, connect, getpeername, getsockname, listen, recv, send, Shutdown, shutdown, socket, SocketFamily, SocketType, type AddressArgument, type Proactor } from 'trueaio'
import { next, onEveryDriver } from './subjects.js'

const { AF_INET } = SocketFamily
const { SOCK_STREAM } = SocketType

async function listening(io: Proactor): Promise<{ readonly server: number, readonly at: AddressArgument }> {
  const server = await io.submit(socket(AF_INET, SOCK_STREAM))
  await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
  await io.submit(listen(server))
  return { server, at: await io.submit(getsockname(server)) as AddressArgument }
}

async function connected(io: Proactor, at: AddressArgument): Promise<number> {
  const fd = await io.submit(socket(AF_INET, SOCK_STREAM))
  await io.submit(connect(fd, at))
  return fd
}

const closeAll = (io: Proactor, fds: readonly number[]): Promise<unknown> => Promise.all(fds.map((fd) => io.submit(close(fd))))

onEveryDriver('sockets', (it) => {
  it('each connection is one event, and its descriptor the taker\'s', [], async ({ io, queue }) => {
    const { server, at } = await listening(io)
    const source = queue.accept(server, 'server')
    const clients = [await connected(io, at), await connected(io, at), await connected(io, at)]
    const peers: number[] = []
    for (const client of clients) {
      const event = await next(queue)
      assert.ok(event.kind === 'accept')
      assert.deepEqual([event.cookie, event.count, event.more, event.error], ['server', 1, true, undefined])
      const peer = event.result as number
      assert.ok(clients.length > 0 && client >= 0)
      peers.push(peer)
    }
    const ends = await Promise.all(clients.map((fd) => io.submit(getsockname(fd))))
    assert.deepEqual(await Promise.all(peers.map((fd) => io.submit(getpeername(fd)))), ends)
    assert.equal(source.remove(), true)
    await closeAll(io, [...clients, ...peers, server])
  })

  it('a connection whose event nobody takes is closed when its source is removed; the next stays in the backlog', [], async ({ io, queue }) => {
    const { server, at } = await listening(io)
    const source = queue.accept(server, 'server')
    const first = await connected(io, at)
    const second = await connected(io, at)
    while (queue.ready === 0) await new Promise((resolve) => setImmediate(resolve))
    source.remove()
    assert.equal(queue.ready, 0)
    assert.equal(await io.submit(recv(first, Buffer.alloc(1))), 0, 'its peer is closed')
    const peer = await io.submit(accept(server))
    assert.deepEqual(await io.submit(getpeername(peer)), await io.submit(getsockname(second)))
    await closeAll(io, [first, second, peer, server])
  })

  it('pieces come one by one until the peer ends, and a source that was disabled holds its piece back', [], async ({ io, queue }) => {
    const { server, at } = await listening(io)
    const client = await connected(io, at)
    const peer = await io.submit(accept(server))
    const group = io.bufferGroup({ count: 2, size: 4 })
    const source = queue.receive(peer, group, 'peer')
    await io.submit(send(client, Buffer.from('one two three')))
    await io.submit(shutdown(client, Shutdown.SHUT_WR))
    const texts: string[] = []
    for (let rounds = 0; ; rounds++) {
      if (rounds === 1) {
        source.disable()
        queue.timer(5, 'later')
        assert.equal((await next(queue)).cookie, 'later')
        source.enable()
      }
      const event = await next(queue)
      assert.ok(event.kind === 'receive' && event.result !== undefined)
      const { bytes } = event.result
      texts.push(bytes.toString())
      event.result.release()
      if (bytes.length > 0) continue
      assert.equal(event.more, false)
      break
    }
    assert.equal(texts.join(''), 'one two three')
    assert.deepEqual([source.live, group.lent, queue.sources], [false, 0, 0])
    await closeAll(io, [client, peer, server])
  })

  it('what a socket refuses comes as an event with the error, and removing gives the piece back', [], async ({ io, queue }) => {
    const { server, at } = await listening(io)
    const client = await connected(io, at)
    const peer = await io.submit(accept(server))
    queue.accept(client, 'no server')
    const failed = await next(queue)
    assert.deepEqual([failed.kind, (failed.error as NodeJS.ErrnoException | undefined)?.code, failed.more], ['accept', 'EINVAL', false])
    const group = io.bufferGroup({ count: 2, size: 16 })
    const source = queue.receive(peer, group, 'peer', { once: true })
    await io.submit(send(client, Buffer.from('unread')))
    while (queue.ready === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(group.lent, 1)
    source.remove()
    assert.deepEqual([group.lent, queue.ready], [0, 0])
    await closeAll(io, [client, peer, server])
  })
})

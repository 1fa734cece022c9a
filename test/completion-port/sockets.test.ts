// Sockets and completion ports: accept, connect, send and receive as overlapped operations, on every driver.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AbortError, bind, getsockname, listen, MessageFlag, Proactor, Shutdown, shutdown, socket, SocketFamily, SocketType, close, type AddressArgument } from 'trueaio'
import { CompletionPort, Overlapped, type OverlappedHandle } from 'trueaio/completion-port'
import { SUBJECTS } from '../work/subjects.js'

const { AF_INET } = SocketFamily
const { SOCK_STREAM } = SocketType

for (const { driver, inMemory, name } of SUBJECTS) {
  if (inMemory === true) continue // its descriptors are imagined: a port takes none that it cannot look at
  describe(`sockets of a port on ${name}`, () => {
    test('a server and its client, all of it by packets', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort<string>({ proactor: io })
      const listener = await io.submit(socket(AF_INET, SOCK_STREAM))
      await io.submit(bind(listener, { address: '127.0.0.1', port: 0 }))
      await io.submit(listen(listener))
      const at = await io.submit(getsockname(listener)) as AddressArgument
      const server = port.associate(listener, 'server')
      const client = port.associate(await io.submit(socket(AF_INET, SOCK_STREAM)), 'client')
      server.accept(new Overlapped())
      client.connect(at, new Overlapped())
      let peer: OverlappedHandle | undefined
      for (const packet of [await port.get(), await port.get()]) {
        assert.equal(packet.error, undefined)
        if (packet.key === 'server') peer = port.associate(packet.bytes, 'peer')
      }
      assert.ok(peer !== undefined)
      // Sends that were begun one behind the other arrive so.
      const texts = ['first ', 'second ', 'third']
      for (const text of texts) client.send([Buffer.from(text.slice(0, 3)), Buffer.from(text.slice(3))], new Overlapped())
      for (const text of texts) assert.ok([6, 7, 5].includes((await port.get()).bytes), text)
      const buffer = Buffer.alloc(64)
      const receiving = new Overlapped(0, 'mine')
      peer.receive(buffer, receiving, { flags: MessageFlag.MSG_PEEK })
      const peeked = await port.get()
      assert.ok(peeked.overlapped === receiving && peeked.key === 'peer' && peeked.bytes > 0)
      let got = ''
      while (got.length < texts.join('').length) {
        peer.receive(buffer, receiving)
        got += buffer.toString('utf8', 0, (await port.get()).bytes)
      }
      assert.equal(got, texts.join(''))
      await io.submit(shutdown(client.fd, Shutdown.SHUT_WR))
      peer.receive(buffer, receiving)
      assert.equal((await port.get()).bytes, 0, 'the client has ended')
      // What waits is cancelled by its packet.
      server.accept(receiving)
      assert.equal(server.cancel(receiving), true)
      assert.ok((await port.get()).error instanceof AbortError)
      client.receive(buffer, receiving, { timeout: 20 })
      assert.equal(((await port.get()).error as NodeJS.ErrnoException).code, 'ETIMEDOUT')
      for (const handle of [server, client, peer]) {
        await handle.close()
        await io.submit(close(handle.fd))
      }
    })

    test('a connection that is refused is a packet with Node\'s error', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort<string>({ proactor: io })
      const probe = await io.submit(socket(AF_INET, SOCK_STREAM))
      await io.submit(bind(probe, { address: '127.0.0.1', port: 0 }))
      const at = await io.submit(getsockname(probe)) as AddressArgument & { readonly port: number }
      await io.submit(close(probe))
      const client = port.associate(await io.submit(socket(AF_INET, SOCK_STREAM)), 'client')
      client.connect(at, new Overlapped())
      const { error } = await port.get()
      assert.deepEqual([(error as NodeJS.ErrnoException).code, (error as NodeJS.ErrnoException).syscall, (error as { port?: number }).port], ['ECONNREFUSED', 'connect', at.port])
      await client.close()
      await io.submit(close(client.fd))
    })
  })
}

// The proactor of open sockets is closed before they are: they are closed all the same, by the thread's own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import { datagram, listen, connect } from 'trueaio/net'
import { DRIVERS, portOf } from './subjects.js'

for (const [name, make] of DRIVERS) {
  describe(name, () => {
    test('connections, a server and a datagram socket are closed behind their proactor', async () => {
      const proactor = make()
      const server = await listen('127.0.0.1:0', { proactor })
      const port = portOf(server)
      const accepted = server.accept()
      const near = await connect({ host: '127.0.0.1', port }, { proactor })
      const far = await accepted
      assert.ok(far !== undefined)
      const peer = net.connect(port, '127.0.0.1')
      const open = await server.accept()
      assert.ok(open !== undefined)
      const socket = await datagram('127.0.0.1:0', { proactor })
      const ended = once(peer.resume(), 'end')
      await proactor.close()
      await Promise.all([near.close(), far.close(), open.close(), socket.close(), server.close()])
      await ended // its other end was closed
      peer.destroy()
      const refused = net.connect(port, '127.0.0.1')
      assert.equal((await once(refused, 'error') as [NodeJS.ErrnoException])[0].code, 'ECONNREFUSED')
    })
  })
}

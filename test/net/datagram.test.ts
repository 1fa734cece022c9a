// Datagrams: whole messages, with addresses, in order of arrival; what ends a wait; errors.
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import type { Proactor } from 'trueaio'
import { datagram, type DatagramSocket } from 'trueaio/net'
import { DRIVERS } from './subjects.js'

function portOf({ address }: DatagramSocket): number {
  if (address.family === 'Unix') throw new Error('a Unix socket has no port')
  return address.port
}

for (const [name, make] of DRIVERS) {
  describe(`datagrams on ${name}`, () => {
    let proactor: Proactor
    before(() => {
      proactor = make()
    })
    after(() => proactor.close())

    test('there and back, with a socket of node:dgram', async () => {
      await using ours = await datagram('127.0.0.1:0:udp', { proactor })
      const theirs = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(theirs, 'listening')
      theirs.send('question', portOf(ours), '127.0.0.1')
      const message = await ours.receive({ timeout: 10_000 })
      assert.equal(message?.bytes.toString(), 'question')
      assert.equal((message?.address as { port: number }).port, theirs.address().port)
      const answered = once(theirs, 'message')
      assert.equal(await ours.send(['an', Buffer.from('swer')], message?.address), 6)
      assert.equal((await answered as [Buffer])[0].toString(), 'answer')
      message?.release()
      theirs.close()
    })

    test('many messages, each whole and in order; an empty one, and the longest', async () => {
      await using receiver = await datagram('127.0.0.1:0', { proactor, receiveBufferBytes: 2 ** 22 })
      await using sender = await datagram('127.0.0.1:0', { proactor, peer: { host: '127.0.0.1', port: portOf(receiver) } })
      assert.equal((sender.remoteAddress as { port: number }).port, portOf(receiver))
      const sizes = [0, 1, 65_507, ...Array.from({ length: 200 }, (_, index) => index)]
      const sending = (async () => {
        for (const size of sizes) await sender.send(Buffer.alloc(size, size))
      })()
      const seen: number[] = []
      for await (const message of receiver) {
        seen.push(message.bytes.length)
        assert.ok(!message.isTruncated)
        assert.ok(message.bytes.every((byte) => byte === (message.bytes.length & 0xff)))
        message.release()
        if (seen.length === sizes.length) break
      }
      await sending
      assert.deepEqual(seen, sizes)
    })

    test('a wait ends by its signal, its deadline and the close; what comes then is the next one’s', async () => {
      const socket = await datagram(':0', { proactor })
      await assert.rejects(socket.receive({ timeout: 20 }), { code: 'ETIMEDOUT' })
      const stop = new AbortController()
      const waiting = socket.receive({ signal: stop.signal })
      stop.abort()
      await assert.rejects(waiting, { name: 'AbortError' })
      await socket.send('kept', { host: 'localhost', port: portOf(socket), family: 4 })
      assert.equal((await socket.receive({ timeout: 10_000 }))?.bytes.toString(), 'kept')
      const last = socket.receive()
      await socket.close()
      assert.equal(await last, undefined)
      assert.equal(await socket.receive(), undefined)
      await assert.rejects(socket.send('x', ':1'), { code: 'ERR_TRUEAIO_CLOSED' })
    })

    test('errors: too long, no address, nobody there', async () => {
      await using socket = await datagram('127.0.0.1:0', { proactor })
      await assert.rejects(socket.send(Buffer.alloc(70_000), { host: '127.0.0.1', port: 9 }), { code: 'EMSGSIZE', syscall: 'sendmsg', address: '127.0.0.1', port: 9 })
      await assert.rejects(socket.send('x'), { code: 'EDESTADDRREQ' })
      await assert.rejects(datagram({ host: '127.0.0.1', port: portOf(socket) }, { proactor }), { code: 'EADDRINUSE', syscall: 'bind', address: '127.0.0.1', port: portOf(socket) })
      const gone = await datagram('127.0.0.1:0', { proactor })
      await using lonely = await datagram('127.0.0.1:0', { proactor, peer: { host: '127.0.0.1', port: portOf(gone) } })
      await gone.close()
      await lonely.send('anybody?')
      // What ICMP says comes to the next call, and the socket goes on.
      await assert.rejects(lonely.receive({ timeout: 10_000 }), { code: 'ECONNREFUSED' })
      await assert.rejects(lonely.receive({ timeout: 20 }), { code: 'ETIMEDOUT' })
    })
  })
}

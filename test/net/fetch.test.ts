// undici, which is what Node's fetch is made of, on connections of trueaio/net: its connector takes any stream that behaves like a socket of Node's.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { attach, createConnection, listen } from 'trueaio/net'
import { Agent, fetch, request, type buildConnector } from 'undici'

const opened: string[] = []

/** As undici's own for http, with our stream. */
const connector: buildConnector.connector = ({ hostname, port }, callback) => {
  const stream = createConnection({ host: hostname, port, noDelay: true })
  const done = (error: Error | null): void => {
    stream.off('error', done)
    opened.push(hostname)
    if (error === null) callback(null, stream as unknown as net.Socket)
    else callback(error, null)
  }
  stream.once('connect', () => done(null)).once('error', done)
}

/** Each server of Node's is asked once listening by itself, and once on our connections. */
for (const isAttached of [false, true]) {
  describe(`undici against ${isAttached ? 'node:http on attach' : 'node:http'}`, () => {
    const dispatcher = new Agent({ connect: connector, connections: 4, pipelining: 2 })
    const server = http.createServer((asked, answer) => {
      if (asked.url === '/never') return
      if (asked.url === '/large') answer.end(Buffer.alloc(8 * 2 ** 20, 'ab'))
      else if (asked.url === '/cut') {
        answer.writeHead(200, { 'content-length': '100' })
        answer.write('half', () => asked.socket.destroy())
      } else asked.pipe(answer)
    })
    let origin = ''
    before(async () => {
      if (isAttached) void attach(server, await listen('127.0.0.1:0'))
      else server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      origin = `http://127.0.0.1:${String((server.address() as net.AddressInfo).port)}`
    })
    after(async () => {
      await dispatcher.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })

    test('200 requests share 4 connections', async () => {
      opened.length = 0
      const texts = await Promise.all(Array.from({ length: 200 }, async (_, index) => {
        const answer = await fetch(`${origin}/echo`, { method: 'POST', body: `number ${String(index)}`, dispatcher })
        return answer.text()
      }))
      assert.deepEqual(texts, Array.from({ length: 200 }, (_, index) => `number ${String(index)}`))
      assert.ok(opened.length <= 4, String(opened.length))
    })

    test('a large body each way, as streams', async () => {
      const body = Buffer.alloc(3_000_001, 'xyz')
      const { body: echoed } = await request(`${origin}/echo`, { method: 'POST', body, dispatcher })
      assert.ok(Buffer.from(await echoed.arrayBuffer()).equals(body))
      let bytes = 0
      const { body: stream } = await fetch(`${origin}/large`, { dispatcher })
      for await (const part of stream ?? []) bytes += (part as Uint8Array).length
      assert.equal(bytes, 8 * 2 ** 20)
    })

    test('an abort, a body that is cut, and nobody who listens', async () => {
      const stop = new AbortController()
      const waiting = fetch(`${origin}/never`, { signal: stop.signal, dispatcher })
      setTimeout(() => stop.abort(), 20)
      await assert.rejects(waiting, { name: 'AbortError' })
      const { body } = await request(`${origin}/cut`, { dispatcher })
      await assert.rejects(body.text(), (error: NodeJS.ErrnoException) => error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET')
      const free = http.createServer().listen(0, '127.0.0.1')
      await once(free, 'listening')
      const { port } = free.address() as net.AddressInfo
      await new Promise((resolve) => free.close(resolve))
      await assert.rejects(request(`http://127.0.0.1:${String(port)}/`, { dispatcher }), { code: 'ECONNREFUSED', port })
    })
  })
}

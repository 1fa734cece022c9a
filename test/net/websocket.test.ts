// A WebSocket server and client from npm (ws), unchanged, on connections of trueaio/net.
import assert from 'node:assert/strict'
import { once, type EventEmitter } from 'node:events'
import http from 'node:http'
import { createRequire } from 'node:module'
import type net from 'node:net'
import { test } from 'node:test'
import { attach, createConnection, listen } from 'trueaio/net'

interface WebSocket extends EventEmitter {
  send(data: string | Buffer): void
  close(code?: number): void
  ping(): void
}

interface Ws {
  new (address: string, options?: object): WebSocket
  readonly WebSocketServer: new (options: { readonly server: http.Server }) => EventEmitter & { close(): void }
}

const Client = createRequire(import.meta.url)('ws') as Ws

test('text, large binary messages, pings and the closing handshake', async () => {
  const server = http.createServer()
  const sockets = new Client.WebSocketServer({ server })
  sockets.on('connection', (socket: WebSocket) => socket.on('message', (data: Buffer, isBinary: boolean) => socket.send(isBinary ? data : data.toString())))
  void attach(server, await listen('127.0.0.1:0'))
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  for (const options of [{}, { createConnection }]) {
    const client = new Client(`ws://127.0.0.1:${String(port)}/`, options)
    await once(client, 'open')
    const heard: string[] = []
    const all = new Promise<void>((resolve) => {
      client.on('message', (data: Buffer) => {
        if (heard.push(data.toString()) === 100) resolve()
      })
    })
    for (let index = 0; index < 100; index++) client.send(String(index))
    await all
    client.removeAllListeners('message')
    assert.deepEqual(heard, Array.from({ length: 100 }, (_, index) => String(index)))
    const large = Buffer.alloc(4 * 2 ** 20, 'w')
    client.send(large)
    const [back] = await once(client, 'message') as [Buffer]
    assert.ok(back.equals(large))
    client.ping()
    await once(client, 'pong')
    client.close(1000)
    const [code] = await once(client, 'close') as [number]
    assert.equal(code, 1000)
  }
  sockets.close()
  server.close()
  await once(server, 'close')
})

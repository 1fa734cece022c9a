// Parts of files among a stream's writes, on every driver that has sockets: their order, their ends, and what ends them.
import assert from 'node:assert/strict'
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Proactor } from 'trueaio'
import { attach, SocketStream, type Server } from 'trueaio/net'
import { DRIVERS, listening, nodeClient, portOf } from './subjects.js'

const folder = mkdtempSync(join(tmpdir(), 'trueaio-stream-files-'))
const small = join(folder, 'small')
const large = join(folder, 'large')
const LARGE_BYTES = 3 * 2 ** 20 + 17
const largeBytes = Buffer.alloc(LARGE_BYTES, 'a line that shows where it stands, more or less\n')
writeFileSync(small, '0123456789')
writeFileSync(large, largeBytes)
after(() => rmSync(folder, { recursive: true }))

async function pair(server: Server): Promise<readonly [SocketStream, net.Socket]> {
  const client = await nodeClient(portOf(server))
  const connection = await server.accept()
  assert.ok(connection)
  return [connection.duplex().resume(), client]
}

async function all(client: net.Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of client) parts.push(part as Buffer)
  client.end()
  return Buffer.concat(parts)
}

for (const [name, make] of DRIVERS) {
  describe(`files in a stream on ${name}`, () => {
    let proactor: Proactor
    before(() => {
      proactor = make()
    })
    after(() => proactor.close())

    test('stand in line with what is written, corked or not', async () => {
      const server = await listening({ proactor })
      const [stream, client] = await pair(server)
      const file = openSync(small, 'r')
      const whole = openSync(large, 'r')
      const received = all(client)
      stream.write('a')
      const counts = [stream.sendFile(file, { offset: 2, length: 3 })]
      stream.write('b')
      stream.cork()
      stream.write('c')
      counts.push(stream.sendFile(file, { offset: 8 }), stream.sendFile(file, { length: 0 }), stream.sendFile(whole))
      stream.write('d')
      stream.write(Buffer.alloc(0))
      counts.push(stream.sendFile(file, { offset: 9, length: 5 }), stream.sendFile(file, { offset: 100 }))
      stream.uncork()
      assert.deepEqual(await Promise.all(counts), [3, 2, 0, LARGE_BYTES, 1, 0])
      stream.end('e')
      assert.ok(Buffer.concat([Buffer.from('a234bc89'), largeBytes, Buffer.from('d9e')]).equals(await received))
      closeSync(file)
      closeSync(whole)
    })

    test('destroyed before a slow peer has taken it: rejects once the file is nobody’s any more', async () => {
      const server = await listening({ proactor })
      const [stream, client] = await pair(server)
      client.pause()
      const file = openSync(large, 'r')
      const sendings = [1, 2, 3, 4, 5].map(() => stream.sendFile(file))
      const outcomes = Promise.allSettled(sendings)
      while (stream.bytesWritten < 100_000) await new Promise(setImmediate)
      stream.on('error', () => undefined)
      stream.destroy()
      const last = (await outcomes).at(-1)
      assert.ok(last?.status === 'rejected')
      assert.equal((last.reason as NodeJS.ErrnoException).code, 'ERR_STREAM_DESTROYED')
      assert.equal(fstatSync(file).size, LARGE_BYTES)
      closeSync(file)
      client.destroy()
    })

    test('a peer that goes away is the error of the stream and of the file', async () => {
      const server = await listening({ proactor })
      const [stream, client] = await pair(server)
      client.pause()
      const file = openSync(large, 'r')
      const errors: unknown[] = []
      stream.on('error', (error) => errors.push(error))
      const closed = new Promise((resolve) => stream.once('close', resolve))
      const outcomes = Promise.allSettled([1, 2, 3, 4, 5].map(() => stream.sendFile(file)))
      while (stream.bytesWritten < 100_000) await new Promise(setImmediate)
      client.resetAndDestroy()
      await closed
      const last = (await outcomes).at(-1)
      assert.ok(last?.status === 'rejected')
      assert.match((last.reason as NodeJS.ErrnoException).code ?? '', /^(EPIPE|ECONNRESET|ERR_STREAM_DESTROYED)$/)
      assert.equal(errors.length, 1)
      closeSync(file)
    })

    test('the body of a response of node:http', async () => {
      const server = await listening({ proactor })
      const file = openSync(large, 'r')
      const http = createServer((_, response) => {
        response.writeHead(200, { 'content-length': LARGE_BYTES })
        response.flushHeaders()
        void (response.socket as unknown as SocketStream).sendFile(file).then(() => response.end(), () => undefined)
      })
      void attach(http, server)
      for (let round = 0; round < 3; round++) {
        const answer = await fetch(`http://127.0.0.1:${String(portOf(server))}/`)
        assert.ok(largeBytes.equals(Buffer.from(await answer.arrayBuffer())))
      }
      http.closeAllConnections()
      http.close()
      closeSync(file)
    })

    test('bad arguments are refused at once', async () => {
      const server = await listening({ proactor })
      const [stream, client] = await pair(server)
      for (const options of [{ offset: -1 }, { offset: 0.5 }, { length: -1 }, { length: '1' as unknown as number }]) {
        assert.throws(() => void stream.sendFile(0, options), { code: /^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/ })
      }
      stream.destroy()
      client.destroy()
    })
  })
}

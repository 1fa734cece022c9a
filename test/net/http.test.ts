// Node's own servers on connections of trueaio/net: http with everything that makes it hard, https, http2; and its clients over createConnection.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { after, before, describe, test } from 'node:test'
import { attach, createConnection, createSecureConnection, listen } from 'trueaio/net'
import { makeCertificate } from './certificate.js'
import { nodeClient } from './subjects.js'

const certificate = makeCertificate()
const withoutCertificate = certificate === undefined ? 'no openssl here' : false
const withoutCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'no curl here'

const servers: net.Server[] = []
after(() => {
  for (const server of servers) {
    server.close()
    if (server instanceof http.Server) server.closeAllConnections()
  }
})

/** Attaches a server, which is closed when the file's tests are over. */
async function serving(server: net.Server): Promise<number> {
  const ours = await listen('127.0.0.1:0')
  void attach(server, ours)
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as net.AddressInfo).port
}

/** Echoes what it gets, with its method and path before. */
function echo(request: http.IncomingMessage, response: http.ServerResponse): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    response.setHeader('x-length', Buffer.concat(parts).length)
    response.end(`${String(request.method)} ${String(request.url)} ${Buffer.concat(parts).toString()}`)
  })
}

/** What a raw client reads until so many responses of a text are there, or the end. */
function reading(client: net.Socket, text: string, count: number): Promise<string> {
  return new Promise((resolve) => {
    let all = ''
    const look = (): void => {
      if (all.split(text).length - 1 >= count) resolve(all)
    }
    client.setEncoding('latin1')
    client.on('data', (part: string) => {
      all += part
      look()
    })
    client.on('end', () => resolve(all))
  })
}

describe('http through attach', () => {
  let port: number
  const server = http.createServer(echo)
  before(async () => {
    port = await serving(server)
  })

  test('a request of node:http and one of fetch', async () => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/a`, { method: 'POST', body: 'body' })
    assert.equal(await response.text(), 'POST /a body')
    assert.ok(server.listening)
  })

  test('keep-alive: many requests of one agent over one connection', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    let connections = 0
    const count = (): number => connections++
    server.on('connection', count)
    for (let index = 0; index < 20; index++) {
      const request = http.request({ port, host: '127.0.0.1', path: `/${String(index)}`, method: 'POST', agent })
      request.end(String(index))
      const [response] = await once(request, 'response') as [http.IncomingMessage]
      response.setEncoding('utf8')
      let text = ''
      for await (const part of response) text += part as string
      assert.equal(text, `POST /${String(index)} ${String(index)}`)
    }
    server.off('connection', count)
    assert.equal(connections, 1)
    agent.destroy()
  })

  test('pipelined requests are answered in order', async () => {
    const client = await nodeClient(port)
    const all = reading(client, 'GET /', 100)
    client.write(Array.from({ length: 100 }, (_, index) => `GET /${String(index)} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
    const answers = [...(await all).matchAll(/GET \/(\d+) /g)].map(([, index]) => Number(index))
    assert.deepEqual(answers, Array.from({ length: 100 }, (_, index) => index))
    client.destroy()
  })

  test('a request cut at every byte', async () => {
    const request = 'POST /cut HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n3\r\n123\r\n0\r\n\r\n'
    const client = await nodeClient(port, { noDelay: true })
    for (let cut = 1; cut < request.length; cut++) {
      const answer = reading(client, 'body123', 1)
      client.write(request.slice(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      client.write(request.slice(cut))
      assert.match(await answer, /POST \/cut body123/)
      client.removeAllListeners('data')
      client.removeAllListeners('end')
    }
    client.destroy()
  })

  test('a request one byte at a time', async () => {
    const request = 'POST /bytes HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345'
    const client = await nodeClient(port, { noDelay: true })
    const answer = reading(client, 'never', 1)
    for (const byte of request) {
      client.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.match(await answer, /POST \/bytes 12345/)
  })

  test('an upload and a download of 16 MiB', async () => {
    const size = 16 * 2 ** 20
    const large = http.createServer((request, response) => {
      let bytes = 0
      request.on('data', (part: Buffer) => (bytes += part.length))
      request.on('end', () => {
        response.write(`${String(bytes)}\n`)
        response.end(Buffer.alloc(size, 'y'))
      })
    })
    const at = await serving(large)
    const response = await fetch(`http://127.0.0.1:${String(at)}/`, { method: 'PUT', body: Buffer.alloc(size) })
    const body = Buffer.from(await response.arrayBuffer())
    assert.equal(body.length, size + String(size).length + 1)
    assert.ok(body.toString('latin1', 0, 9).startsWith(String(size)))
  })

  test('a client that reads nothing holds the writer back, and leaves nothing when it goes', async () => {
    let written = 0
    const endless = http.createServer((_, response) => {
      const chunk = Buffer.alloc(65536)
      const write = (): void => {
        do written += chunk.length
        while (!response.destroyed && response.write(chunk))
        response.once('drain', write)
      }
      write()
    })
    const at = await serving(endless)
    const client = await nodeClient(at)
    client.pause()
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    let before = -1
    while (before !== written || written === 0) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    assert.ok(written < 32 * 2 ** 20, String(written))
    client.destroy()
    while (await new Promise((resolve) => endless.getConnections((_, count) => resolve(count))) !== 0) await new Promise((resolve) => setTimeout(resolve, 10))
  })

  test('who sends its head too slowly is answered 408, as Node has it', async () => {
    const strict = http.createServer({ headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 }, echo)
    const at = await serving(strict)
    const client = await nodeClient(at)
    const answer = reading(client, 'never', 1)
    client.write('GET / HTTP/1.1\r\nHost: ')
    assert.match(await answer, /^HTTP\/1\.1 408 /)
  })

  test('a malformed request is answered 400; one with too much of a head 431', async () => {
    for (const [request, status] of [['NONSENSE\r\n\r\n', '400'], [`GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, '431']] as const) {
      const client = await nodeClient(port)
      const answer = reading(client, 'never', 1)
      client.write(request)
      assert.match(await answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    }
  })

  test('100-continue, upgrade, and a response that is destroyed half way', async () => {
    const special = http.createServer((request, response) => {
      if (request.url === '/half') {
        response.write('half')
        setImmediate(() => response.destroy())
      } else echo(request, response)
    })
    special.on('upgrade', (_: http.IncomingMessage, socket: net.Socket, head: Buffer) => {
      socket.write('HTTP/1.1 101 Switching\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
      socket.write(head)
      socket.pipe(socket)
    })
    const at = await serving(special)
    const waiting = http.request({ port: at, host: '127.0.0.1', method: 'POST', headers: { expect: '100-continue', 'content-length': 2 } })
    waiting.on('continue', () => waiting.end('ok'))
    waiting.flushHeaders()
    const [continued] = await once(waiting, 'response') as [http.IncomingMessage]
    assert.equal(continued.statusCode, 200)
    continued.resume()
    await once(continued, 'end')

    const upgrading = http.request({ port: at, host: '127.0.0.1', headers: { connection: 'upgrade', upgrade: 'echo' } })
    upgrading.end()
    const [, socket] = await once(upgrading, 'upgrade') as [unknown, net.Socket]
    socket.write('over it')
    const [part] = await once(socket, 'data') as [Buffer]
    assert.equal(part.toString(), 'over it')
    socket.destroy()

    await assert.rejects(fetch(`http://127.0.0.1:${String(at)}/half`).then((response) => response.text()))
  })

  test('close: idle connections are closed, busy ones are answered first', async () => {
    let release: () => void = () => undefined
    const closing = http.createServer((request, response) => {
      if (request.url === '/quick') response.end('quick')
      else release = () => response.end('late')
    })
    const at = await serving(closing)
    const idle = await nodeClient(at)
    const quick = reading(idle, 'quick', 1)
    idle.write('GET /quick HTTP/1.1\r\nHost: x\r\n\r\n')
    await quick
    const busy = fetch(`http://127.0.0.1:${String(at)}/`)
    await once(closing, 'request')
    const closed = new Promise((resolve) => closing.close(resolve)) // closes idle connections, too
    await new Promise((resolve) => idle.once('end', resolve))
    idle.destroy()
    assert.ok(!closing.listening)
    release()
    assert.equal(await (await busy).text(), 'late')
    closing.closeIdleConnections()
    await closed
    await assert.rejects(fetch(`http://127.0.0.1:${String(at)}/`))
  })

  test('curl', { skip: withoutCurl }, async () => {
    const child = spawn('curl', ['-s', '--data', 'from curl', `http://127.0.0.1:${String(port)}/[1-5]`])
    child.stdout.setEncoding('utf8')
    let text = ''
    for await (const part of child.stdout) text += part as string
    assert.equal(text, '12345'.replaceAll(/\d/g, 'POST /$& from curl'))
  })

  test('clients: http.request and an Agent over createConnection', async () => {
    const plain = http.createServer(echo)
    plain.listen(0, '127.0.0.1')
    await once(plain, 'listening')
    const at = (plain.address() as net.AddressInfo).port
    const create = createConnection as unknown as NonNullable<http.RequestOptions['createConnection']>
    const agent = new http.Agent({ keepAlive: true, maxSockets: 2 })
    Object.assign(agent, { createConnection: create })
    for (const options of [{ createConnection: create }, { agent }, { agent }]) {
      const request = http.request({ port: at, host: '127.0.0.1', path: '/client', method: 'POST', ...options })
      request.end('ours')
      const [response] = await once(request, 'response') as [http.IncomingMessage]
      const parts: Buffer[] = []
      for await (const part of response) parts.push(part as Buffer)
      assert.equal(Buffer.concat(parts).toString(), 'POST /client ours')
    }
    agent.destroy()
    plain.close()
  })
})

describe('https, tls and http2 through attach', { skip: withoutCertificate }, () => {
  const { key, cert } = certificate ?? { key: '', cert: '' }

  test('https, and a client over createSecureConnection', async () => {
    const server = https.createServer({ key, cert }, echo)
    const port = await serving(server)
    for (const create of [undefined, createSecureConnection]) {
      const own = create === undefined ? {} : { createConnection: create as unknown as NonNullable<http.RequestOptions['createConnection']> }
      const request = https.request({ port, host: '127.0.0.1', ca: cert, path: '/tls', method: 'PUT', agent: false, ...own })
      request.end('secret')
      const [response] = await once(request, 'response') as [http.IncomingMessage]
      const parts: Buffer[] = []
      for await (const part of response) parts.push(part as Buffer)
      assert.equal(Buffer.concat(parts).toString(), 'PUT /tls secret')
    }
  })

  test('tls: both directions, large, and its end', async () => {
    const server = tls.createServer({ key, cert }, (socket) => socket.pipe(socket))
    const port = await serving(server)
    const client = tls.connect({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' })
    await once(client, 'secureConnect')
    const size = 4 * 2 ** 20
    client.end(Buffer.alloc(size, 'z'))
    let bytes = 0
    client.on('data', (part: Buffer) => (bytes += part.length))
    await once(client, 'close')
    assert.equal(bytes, size)
  })

  test('http2, secure and plain', async () => {
    for (const [server, scheme] of [[http2.createSecureServer({ key, cert }), 'https'], [http2.createServer(), 'http']] as const) {
      server.on('stream', (stream, headers) => {
        stream.respond({ ':status': 200 })
        stream.end(`over ${String(headers[':path'])}`)
      })
      const port = await serving(server)
      const session = http2.connect(`${scheme}://localhost:${String(port)}`, { ca: cert, createConnection: scheme === 'http' ? () => net.connect(port, '127.0.0.1') : () => tls.connect({ port, host: '127.0.0.1', ca: cert, servername: 'localhost', ALPNProtocols: ['h2'] }) })
      const texts = await Promise.all(Array.from({ length: 50 }, async (_, index) => {
        const stream = session.request({ ':path': `/${String(index)}` })
        stream.setEncoding('utf8')
        let text = ''
        for await (const part of stream) text += part as string
        return text
      }))
      assert.deepEqual(texts, Array.from({ length: 50 }, (_, index) => `over /${String(index)}`))
      session.close()
      await once(session, 'close')
    }
  })
})

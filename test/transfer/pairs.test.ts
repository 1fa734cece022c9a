// Every pair of ends: what goes in comes out, whatever the two are; and when one of them fails, the error says which.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, createReadStream, createWriteStream, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { PassThrough, Readable, Writable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { datagram, listen, type Connection, type Server } from 'trueaio/net'
import { transfer } from 'trueaio/transfer'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const folder = folderOf('transfer-pairs')
const bytes = bytesOf(2_500_003)
writeFileSync(folder.at('source'), bytes)
let server: Server
let address: string
before(async () => {
  server = await listen('127.0.0.1:0')
  if (server.address.family === 'Unix') throw new Error('a port was asked for')
  address = `127.0.0.1:${String(server.address.port)}:tcp`
})
after(async () => {
  await server.close()
  folder.remove()
})

async function accepted(from: Server): Promise<Connection> {
  const peer = await from.accept()
  assert.ok(peer !== undefined)
  return peer
}

/** What the next peer of the server sends, to its end. */
async function received(): Promise<Buffer> {
  const peer = await accepted(server)
  const parts: Buffer[] = []
  for await (const { bytes: part } of peer.pieces({ copy: true })) parts.push(part)
  await peer.close()
  return Buffer.concat(parts)
}

/** Sends all to the next peer of the server, and ends. */
async function sent(data: Buffer): Promise<void> {
  const peer = await accepted(server)
  await peer.send(data)
  await peer.shutdown()
  await peer.receive()
  await peer.close()
}

function there(name: string): boolean {
  return readFileSync(folder.at(name)).equals(bytes)
}

describe('the five forms', () => {
  test('memory to memory, memory to socket, file to socket, file to an address, file to file', async () => {
    const memory = Buffer.alloc(bytes.length)
    await transfer({ memory: bytes }, { memory })
    assert.ok(memory.equals(bytes))
    for (const source of [{ memory: bytes }, folder.at('source')]) {
      const [back] = await Promise.all([received(), transfer(source, address)])
      assert.ok(back.equals(bytes))
    }
    await transfer(folder.at('source'), folder.at('copy'))
    assert.ok(there('copy'))
  })

  test('a connection given as the target stays open, unless asked otherwise', async () => {
    const client = net.connect({ port: Number(address.split(':')[1]), host: '127.0.0.1' })
    const peer = await accepted(server)
    const got: Buffer[] = []
    client.on('data', (part) => got.push(part))
    await transfer(folder.at('source'), peer)
    await transfer({ memory: Buffer.from('more') }, peer, { end: true })
    await once(client, 'end')
    assert.ok(Buffer.concat(got).equals(Buffer.concat([bytes, Buffer.from('more')])))
    client.destroy()
    await peer.close()
  })
})

describe('sockets', () => {
  test('socket to file, to memory and through a hash-free pump', async () => {
    await Promise.all([sent(bytes), transfer(address, folder.at('received'))])
    assert.ok(there('received'))
    const memory = Buffer.alloc(bytes.length)
    await Promise.all([sent(bytes), transfer(address, { memory })])
    assert.ok(memory.equals(bytes))
    await Promise.all([sent(bytes), transfer(address, folder.at('paced'), { rate: '100MB/s' })])
    assert.ok(there('paced'))
  })

  test('socket to socket', async () => {
    const giving = sent(bytes)
    const from = transfer(address, new PassThrough().resume())
    await giving
    await from
    const second = await listen('127.0.0.1:0')
    if (second.address.family === 'Unix') throw new Error('a port was asked for')
    const taking = (async () => {
      const peer = await accepted(second)
      const parts: Buffer[] = []
      for await (const { bytes: part } of peer.pieces({ copy: true })) parts.push(part)
      await peer.close()
      return Buffer.concat(parts)
    })()
    const { devices } = await Promise.all([transfer(address, `127.0.0.1:${String(second.address.port)}:tcp`), sent(bytes)]).then(([result]) => result)
    assert.deepEqual(devices, ['splice through a pipe'])
    assert.ok((await taking).equals(bytes))
    await second.close()
  })

  test('unix:', async () => {
    const other = await listen(folder.at('socket'))
    const taking = accepted(other).then(async (peer) => {
      const parts: Buffer[] = []
      for await (const { bytes: part } of peer.pieces({ copy: true })) parts.push(part)
      await peer.close()
      return Buffer.concat(parts)
    })
    await transfer(folder.at('source'), `unix:${folder.at('socket')}`)
    assert.ok((await taking).equals(bytes))
    await other.close()
  })

  test('datagrams, to an empty one', async () => {
    const free = await datagram('127.0.0.1:0')
    if (free.address.family === 'Unix') throw new Error('a port was asked for')
    const place = `127.0.0.1:${String(free.address.port)}:udp`
    const taken: Buffer[] = []
    const taking = (async () => {
      for await (const message of free) {
        taken.push(Buffer.from(message.bytes))
        const { length } = message.bytes
        message.release()
        if (length === 0) break
      }
    })()
    await transfer({ memory: bytes.subarray(0, 5000) }, place)
    await taking
    await free.close()
    assert.equal(taken.length, 6)
    assert.ok(Buffer.concat(taken).equals(bytes.subarray(0, 5000)))
    const memory = Buffer.alloc(3000)
    const job = transfer(place, { memory })
    let repeat = true
    job.then(() => (repeat = false), () => (repeat = false))
    while (repeat) await transfer({ memory: Buffer.from('x') }, place).catch((error: unknown) => assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED')) // until it is bound
    assert.ok(memory.toString('latin1').startsWith('x'))
  })

  test('a peer that resets is an error, and no file is there', async () => {
    const resetting = accepted(server).then(async (peer) => {
      await peer.send('some')
      await peer.reset()
    })
    await assert.rejects(transfer(address, folder.at('reset')).then(), { code: 'ECONNRESET', end: `source ${address}` })
    await resetting
    assert.ok(!existsSync(folder.at('reset')))
    await assert.rejects(transfer(folder.at('source'), '127.0.0.1:1:tcp').then(), { code: 'ECONNREFUSED', end: 'target 127.0.0.1:1:tcp', step: 'open' })
  })
})

describe('pipes', () => {
  test('pipe to file, file to pipe, pipe to pipe', async () => {
    for (const name of ['in', 'out']) execFileSync('mkfifo', [folder.at(name)])
    const [first] = await Promise.all([transfer(folder.at('in'), folder.at('from-pipe')), transfer(folder.at('source'), folder.at('in'))])
    assert.deepEqual(first.devices, ['splice'])
    assert.ok(there('from-pipe'))
    await Promise.all([transfer(folder.at('in'), folder.at('out')), transfer({ memory: bytes }, folder.at('in')), transfer(folder.at('out'), folder.at('from-both'))])
    assert.ok(there('from-both'))
  })

  test('standard input to standard output', async () => {
    const program = "import { transfer } from 'trueaio/transfer'; await transfer('-', '-')"
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(bytes)
    const parts: Buffer[] = []
    for await (const part of child.stdout) parts.push(part as Buffer)
    assert.ok(Buffer.concat(parts).equals(bytes))
  })

  test('a device is written in place', async () => {
    assert.equal((await transfer(folder.at('source'), '/dev/null')).bytes, bytes.length)
    const target = openSync(folder.at('zeros'), 'w')
    assert.equal((await transfer({ file: '/dev/zero', length: 100_000 }, { fd: target })).bytes, 100_000)
    assert.ok(readFileSync(folder.at('zeros')).equals(Buffer.alloc(100_000)))
    closeSync(target)
  })
})

describe('streams', () => {
  test("Node's", async () => {
    await transfer(createReadStream(folder.at('source')), folder.at('from-stream'))
    assert.ok(there('from-stream'))
    await transfer(folder.at('source'), createWriteStream(folder.at('to-stream')))
    assert.ok(there('to-stream'))
    // What is handed on without a copy must not be a slab's.
    const through = new PassThrough({ highWaterMark: bytes.length * 2 })
    await transfer(folder.at('source'), through)
    const parts: Buffer[] = []
    for await (const part of through) parts.push(part as Buffer)
    assert.ok(Buffer.concat(parts).equals(bytes))
  })

  test('web streams', async () => {
    await transfer(new Blob([bytes]).stream(), folder.at('from-web'))
    assert.ok(there('from-web'))
    const parts: Uint8Array[] = []
    await transfer(folder.at('source'), new WritableStream<Uint8Array>({ write: (chunk) => void parts.push(chunk) }))
    assert.ok(Buffer.concat(parts).equals(bytes))
  })

  test('iterables of bytes and text', async () => {
    await transfer(['one ', Buffer.from('two '), new Uint8Array([0x33])], folder.at('joined'))
    assert.equal(readFileSync(folder.at('joined'), 'utf8'), 'one two 3')
    await transfer((async function* () {
      for (let at = 0; at < bytes.length; at += 10_000) yield await Promise.resolve(bytes.subarray(at, at + 10_000))
    })(), folder.at('generated'))
    assert.ok(there('generated'))
    await assert.rejects(transfer([1] as never, folder.at('numbers')).then(), { code: 'ERR_INVALID_ARG_TYPE', end: 'source iterable' })
    assert.ok(!existsSync(folder.at('numbers')))
  })

  test('what fails in the middle is an error, and the other side is given up', async () => {
    const failing = new Readable({ read() { this.destroy(new Error('no more')) } })
    await assert.rejects(transfer(failing, folder.at('failed')).then(), { message: /no more/, step: 'read' })
    const refusing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) })
    const source = createReadStream(folder.at('source'))
    await assert.rejects(transfer(source, refusing).then(), { message: /full/, step: 'write', end: 'target stream Writable' })
    assert.ok(source.destroyed)
    for (let turns = 0; turns < 12; turns++) {
      const controller = new AbortController()
      const early = transfer(new Readable({ read: () => undefined }), folder.at('never'), { signal: controller.signal })
      early.catch(() => undefined)
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      controller.abort() // wherever it is: nothing is thrown past the transfer
      await early.closed
    }
    const never = new Readable({ read: () => undefined })
    const job = transfer(never, folder.at('never'), { timeout: 20 })
    await assert.rejects(job.then(), { code: 'ETIMEDOUT' })
    await job.closed
    assert.ok(never.destroyed)
    assert.deepEqual(folder.others().filter((name) => name.endsWith('.partial')), [])
  })
})

describe('http', () => {
  let place: string
  const stored = new Map<string, Buffer>()
  const web = http.createServer((request, response) => {
    const { url = '', method } = request
    if (url === '/refuse') {
      // It goes on reading: what closes at once may reset the connection before its answer is read.
      request.resume()
      response.writeHead(500).end('no')
      return
    }
    if (url === '/moved') {
      response.writeHead(302, { location: '/whole' }).end()
      return
    }
    if (method === 'PUT') {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        stored.set(url, Buffer.concat(parts))
        response.writeHead(201).end()
      })
      return
    }
    if (url === '/cut') {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
      return
    }
    response.writeHead(200, url === '/chunked' ? {} : { 'content-length': bytes.length })
    response.end(bytes)
  })
  before(async () => {
    web.listen(0, '127.0.0.1')
    await once(web, 'listening')
    place = `http://127.0.0.1:${String((web.address() as net.AddressInfo).port)}`
  })
  after(() => {
    web.closeAllConnections()
    web.close()
  })

  test('http to file, file to http', async () => {
    for (const name of ['whole', 'chunked', 'moved']) {
      const job = transfer(`${place}/${name}`, folder.at(`http-${name}`))
      await job
      assert.equal(job.total, name === 'chunked' ? undefined : bytes.length)
      assert.ok(there(`http-${name}`))
    }
    await transfer(folder.at('source'), { url: `${place}/put`, headers: { 'x-mine': '1' } })
    assert.ok(stored.get('/put')?.equals(bytes))
    await transfer(['a', 'b'], new URL(`${place}/text`))
    assert.equal(stored.get('/text')?.toString(), 'ab')
  })

  test('a status, a body that is cut short and a server that refuses are errors', async () => {
    await assert.rejects(transfer(`${place}/refuse`, folder.at('refused')).then(), { code: 'ERR_TRUEAIO_HTTP_STATUS', status: 500, end: `source ${place}/refuse` })
    await assert.rejects(transfer(`${place}/cut`, folder.at('cut')).then(), { code: 'ECONNRESET' })
    await assert.rejects(transfer(folder.at('source'), `${place}/refuse`).then(), { code: 'ERR_TRUEAIO_HTTP_STATUS', status: 500, end: `target ${place}/refuse` })
    assert.ok(!existsSync(folder.at('refused')) && !existsSync(folder.at('cut')))
    assert.throws(() => transfer('gopher://x/y', 'z'), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})

test('nothing is left of all that', () => {
  const names = folder.others()
  assert.deepEqual(names.filter((name) => name.endsWith('.partial')), [])
  assertClean(folder, ...names)
})

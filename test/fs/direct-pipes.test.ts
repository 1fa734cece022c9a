// Pipes whose two ends the drop-in knows: the kernel moves the bytes, or one buffer serves again. Bytes, events, counts and errors
// are those of Node's streams; where anybody looks at the chunks, they are read and pushed as before.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createHash } from 'node:crypto'
import { once, type EventEmitter } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, describe, test, type TestContext } from 'node:test'
import { createGunzip, createGzip } from 'node:zlib'
import ourFs from 'trueaio/fs'
import { sameWithCallbacks, type Case, type FsModule } from './twin.js'

const BYTES = 5 * 2 ** 20 + 17
const directory = fs.mkdtempSync(join(tmpdir(), 'trueaio-pipes-'))
const source = join(directory, 'source')
const content = Buffer.alloc(BYTES)
for (let at = 0; at + 4 <= BYTES; at += 4) content.writeUInt32LE(Math.imul(at + 1, 2654435761) >>> 0, at)
fs.writeFileSync(source, content)
after(() => fs.rmSync(directory, { recursive: true, force: true }))

interface PipeMessage { readonly source: unknown; readonly way: string; readonly reason: string | undefined }

/** What the diagnostics channel says while `work` runs. */
async function ways(work: () => unknown): Promise<string[]> {
  const seen: string[] = []
  const listener = (message: unknown): void => {
    const { way, reason } = message as PipeMessage
    seen.push(reason === undefined ? way : `${way} ended: ${reason}`)
  }
  subscribe('trueaio:pipe', listener)
  try {
    await work()
  } finally {
    unsubscribe('trueaio:pipe', listener)
  }
  return seen
}

/** A stream whose `write` the program has changed. */
function counting(stream: fs.WriteStream): fs.WriteStream {
  const write = (...given: unknown[]): boolean => Reflect.apply(Reflect.get(Writable.prototype, 'write'), stream, given) as boolean
  return Object.assign(stream, { write })
}

async function closed(stream: Readable | Writable): Promise<void> {
  if (stream.closed) return
  const emitter: EventEmitter = stream
  await new Promise((resolve) => emitter.on('close', resolve))
}

/** Events of both ends in their order within each end, and counts. */
async function pipeEvents(from: fs.ReadStream, to: fs.WriteStream): Promise<unknown[]> {
  const events: Record<string, unknown[]> = { from: [], to: [] }
  const ends: readonly [string, EventEmitter][] = [['from', from], ['to', to]]
  for (const [end, emitter] of ends) {
    for (const name of ['open', 'ready', 'end', 'finish', 'close', 'pipe', 'unpipe', 'error']) {
      emitter.on(name, (value: unknown) => events[end]?.push(value instanceof Error ? value : name))
    }
  }
  from.pipe(to)
  await Promise.all([once(from, 'close'), once(to, 'close')])
  return [events, from.bytesRead, to.bytesWritten]
}

const put = (at: (name: string) => string): string => {
  fs.copyFileSync(source, at('big'))
  return at('big')
}
const sum = (path: string): string => createHash('sha1').update(fs.readFileSync(path)).digest('hex')

describe('file to file, as with Node', () => {
  const cases: Readonly<Record<string, Case<FsModule>>> = {
    'the whole': async (io, at) => [await pipeEvents(io.createReadStream(put(at)), io.createWriteStream(at('copy'))), sum(at('copy'))],
    'a part, into the middle': async (io, at) => {
      fs.writeFileSync(at('copy'), Buffer.alloc(200_000, 'x'))
      return [await pipeEvents(io.createReadStream(put(at), { start: 70_001, end: 3_000_000 }), io.createWriteStream(at('copy'), { flags: 'r+', start: 1000 })), sum(at('copy'))]
    },
    'appended': async (io, at) => {
      fs.writeFileSync(at('copy'), 'before')
      return [await pipeEvents(io.createReadStream(put(at)), io.createWriteStream(at('copy'), { flags: 'a' })), sum(at('copy'))]
    },
    'one after the other, by descriptor and position': async (io, at) => {
      const fd = fs.openSync(at('copy'), 'w')
      for (let round = 0; round < 2; round++) await pipeline(io.createReadStream(put(at), { end: 999_999 }), io.createWriteStream('', { fd, autoClose: false }))
      fs.writeSync(fd, 'tail')
      fs.closeSync(fd)
      return sum(at('copy'))
    },
    'nothing at all': async (io, at) => pipeEvents(io.createReadStream(at('empty')), io.createWriteStream(at('copy'))),
    'what cannot be opened': async (io, at) => {
      const from = io.createReadStream(put(at))
      const failed = await pipeline(from, io.createWriteStream(at('no/such/folder'))).then(() => 'ok', (error: unknown) => error)
      return [failed, from.destroyed]
    },
    'what the program writes before and after': async (io, at) => {
      const to = io.createWriteStream(at('copy'))
      to.write('head ')
      const from = io.createReadStream(put(at))
      from.pipe(to, { end: false })
      await once(from, 'end')
      to.end(' tail')
      await once(to, 'close')
      return [sum(at('copy')), to.bytesWritten]
    },
    'a listener for the chunks': async (io, at) => {
      const from = io.createReadStream(put(at))
      let bytes = 0
      from.on('data', (chunk) => (bytes += chunk.length))
      await pipeline(from, io.createWriteStream(at('copy')))
      return [bytes, sum(at('copy'))]
    },
    'two destinations': async (io, at) => {
      const from = io.createReadStream(put(at))
      const ends = ['one', 'two'].map((name) => io.createWriteStream(at(name)))
      for (const end of ends) from.pipe(end)
      await Promise.all(ends.map((end) => once(end, 'close')))
      return [sum(at('one')), sum(at('two'))]
    },
    'a source that has grown meanwhile': async (io, at) => {
      const from = io.createReadStream(put(at))
      from.once('ready', () => fs.appendFileSync(at('big'), 'more'))
      await pipeline(from, io.createWriteStream(at('copy')))
      return [from.bytesRead, sum(at('copy'))]
    },
    'a chain of streams': async (io, at) => {
      await pipeline(io.createReadStream(put(at)), createGzip(), createGunzip(), io.createWriteStream(at('copy')))
      return sum(at('copy'))
    },
  }
  for (const [title, run] of Object.entries(cases)) test(title, () => sameWithCallbacks(run))
})

test('file to file goes by copy_file_range, and not where somebody looks', async () => {
  const copy = join(directory, 'copy')
  assert.deepEqual(await ways(() => pipeline(ourFs.createReadStream(source), ourFs.createWriteStream(copy))), ['copy_file_range'])
  assert.deepEqual(fs.readFileSync(copy), content)
  const others: readonly (() => unknown)[] = [
    () => pipeline(ourFs.createReadStream(source, { zeroCopy: false } as object), ourFs.createWriteStream(copy)),
    () => pipeline(ourFs.createReadStream(source), ourFs.createWriteStream(copy, { zeroCopy: false } as object)),
    () => pipeline(ourFs.createReadStream(source), ourFs.createWriteStream(copy, { flags: 'a' })),
    () => pipeline(ourFs.createReadStream(source).on('data', () => { /* looks */ }), ourFs.createWriteStream(copy)),
    () => pipeline(ourFs.createReadStream(source), new PassThrough(), ourFs.createWriteStream(copy)),
    () => pipeline(ourFs.createReadStream(source), counting(ourFs.createWriteStream(copy))),
  ]
  for (const [index, work] of others.entries()) assert.deepEqual(await ways(work), [], `way ${String(index)}`)
})

test('a file system that fills up: the error of write, the bytes that went are counted and there', { skip: process.getuid?.() === 0 ? false : 'mounts need root' }, async (t) => {
  const { execFileSync } = await import('node:child_process')
  const small = join(directory, 'small')
  fs.mkdirSync(small)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', small], { stdio: 'pipe' })
  } catch (error) {
    t.skip(`no mount here: ${(error as Error).message}`)
    return
  }
  try {
    const to = ourFs.createWriteStream(join(small, 'copy'))
    await assert.rejects(pipeline(ourFs.createReadStream(source), to), { code: 'ENOSPC', syscall: 'write' })
    const there = fs.readFileSync(join(small, 'copy'))
    assert.ok(there.length >= to.bytesWritten && to.bytesWritten >= 2 * 2 ** 20, `${String(to.bytesWritten)} told of ${String(there.length)}`)
    assert.deepEqual(there, content.subarray(0, there.length))
  } finally {
    execFileSync('umount', ['-l', small])
  }
})

test('either end destroyed in the middle: no descriptor stays open, nothing is written afterwards', async () => {
  const open = (): number => fs.readdirSync('/proc/self/fd').length
  for (const end of ['from', 'to'] as const) {
    await pipeline(ourFs.createReadStream(source), ourFs.createWriteStream(join(directory, 'warm')))
    const before = open()
    for (let round = 0; round < 20; round++) {
      const ends = { from: ourFs.createReadStream(source), to: ourFs.createWriteStream(join(directory, `cut-${String(round)}`)) }
      const done = pipeline(ends.from, ends.to).catch((error: unknown) => error)
      await once(ends.to, 'open')
      for (let turns = 0; turns < round % 5; turns++) await new Promise((resolve) => setImmediate(resolve))
      ends[end].destroy()
      await done
      for (const stream of [ends.from, ends.to]) await closed(stream)
      const there = fs.readFileSync(join(directory, `cut-${String(round)}`))
      assert.deepEqual(there, content.subarray(0, there.length))
    }
    assert.equal(open(), before, `descriptors after ${end}`)
  }
})

async function received(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A server on the loopback, gone after the test. @returns its port */
async function listen(t: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as net.AddressInfo).port
}

test('file to socket: all of it, counted, and then what the program writes', async (t) => {
  let told: ((bytesWritten: number) => void) | undefined
  const bytesWritten = new Promise<number>((resolve) => (told = resolve))
  const port = await listen(t, net.createServer((socket) => {
    socket.write('head')
    const from = ourFs.createReadStream(source)
    from.pipe(socket, { end: false })
    from.on('end', () => socket.end('tail'))
    socket.on('close', () => told?.(socket.bytesWritten))
  }))
  let bytes: Buffer | undefined
  const seen = await ways(async () => {
    bytes = await received(net.connect(port, '127.0.0.1'))
  })
  assert.deepEqual(seen, ['sendfile'])
  assert.deepEqual(bytes, Buffer.concat([Buffer.from('head'), content, Buffer.from('tail')]))
  assert.equal(await bytesWritten, BYTES + 8)
})

test('file to an http response with a length: three in a row on one connection, a slow reader, HEAD, and one without a length', async (t) => {
  const port = await listen(t, http.createServer((request, response) => {
    if (request.url !== '/chunked') response.setHeader('content-length', BYTES)
    ourFs.createReadStream(source).pipe(response)
  }))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const get = async (path: string, method = 'GET'): Promise<Buffer> => {
    const request = http.request({ port, host: '127.0.0.1', agent, path, method }).end()
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    if (path === '/slow') {
      response.pause()
      for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
    }
    return received(response)
  }
  for (const path of ['/', '/slow', '/']) {
    assert.deepEqual(await ways(async () => assert.deepEqual(await get(path), content)), ['sendfile'])
  }
  assert.deepEqual(await ways(async () => assert.equal((await get('/', 'HEAD')).length, 0)), [])
  assert.deepEqual(await ways(async () => assert.deepEqual(await get('/chunked'), content)), [])
})

test('a client that goes away in the middle: an error or an end as with Node, and the next connection gets its own bytes', async (t) => {
  const port = await listen(t, http.createServer((_, response) => {
    response.setHeader('content-length', BYTES)
    pipeline(ourFs.createReadStream(source), response).catch(() => undefined) // the client has gone
  }))
  for (let round = 0; round < 30; round++) {
    const client = net.connect(port, '127.0.0.1')
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(client, 'data')
    if (round % 2 === 0) client.resetAndDestroy()
    else client.destroy()
    const [response] = await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response') as [http.IncomingMessage]
    assert.deepEqual(await received(response), content)
  }
})

test('a response that its handler ends while a piece is on its way: nothing of the file comes into the next one', async (t) => {
  let count = 0
  const port = await listen(t, http.createServer((_, response) => {
    if (count++ % 2 === 1) {
      response.end('next')
      return
    }
    response.setHeader('content-length', BYTES)
    const from = ourFs.createReadStream(source)
    from.pipe(response)
    from.once('ready', () => setImmediate(() => response.end()))
    response.on('error', () => undefined) // write after end, as with Node
  }))
  const client = net.connect(port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const bytes = await received(client)
  const next = bytes.lastIndexOf('HTTP/1.1 200 OK')
  const head = bytes.indexOf('\r\n\r\n') + 4
  assert.ok(next > 0 && bytes.subarray(next).toString('latin1').endsWith('next'))
  assert.deepEqual(bytes.subarray(head, next), content.subarray(0, next - head))
})

describe('into a hash and a compressor', () => {
  test('the digest is right, and buffers serve again', async (t) => {
    const allocate = t.mock.method(Buffer, 'allocUnsafeSlow')
    const hash = createHash('sha256')
    await pipeline(ourFs.createReadStream(source, { highWaterMark: 16384 }), hash)
    assert.equal(hash.digest('hex'), createHash('sha256').update(content).digest('hex'))
    assert.ok(allocate.mock.callCount() < 20, `${String(allocate.mock.callCount())} buffers`)
  })

  test('gzip and back, and buffers serve again', async (t) => {
    const allocate = t.mock.method(Buffer, 'allocUnsafeSlow')
    const gunzip = createGunzip()
    ourFs.createReadStream(source, { highWaterMark: 16384 }).pipe(createGzip({ level: 1 })).pipe(gunzip)
    assert.deepEqual(await received(gunzip), content)
    const ofTheSize = allocate.mock.calls.filter(({ arguments: [bytes] }) => bytes === 16384).length
    assert.ok(ofTheSize < 40, `${String(ofTheSize)} buffers`)
  })

  test('a listener that comes in the middle keeps what it gets', async () => {
    for (let start = 0; start < 8; start++) {
      const from = ourFs.createReadStream(source, { highWaterMark: 16384 })
      const gzip = createGzip({ level: 1 })
      gzip.resume()
      from.pipe(gzip)
      const kept: Buffer[] = []
      let first = 0
      await once(from, 'ready')
      for (let turns = 0; turns < start * 4; turns++) await new Promise((resolve) => setImmediate(resolve))
      from.on('data', (chunk: Buffer | string) => {
        if (kept.length === 0) first = from.bytesRead
        kept.push(chunk as Buffer)
      })
      await once(from, 'end')
      const all = Buffer.concat(kept)
      assert.deepEqual(all, content.subarray(BYTES - all.length), `from ${String(first)} on`)
    }
  })
})

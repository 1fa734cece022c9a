// Named pipes on the completion port: both directions at once, cancelled reads, the other side's end.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { close, open, read, statx, write, type Proactor } from 'trueaio'
import { makePipe, makeProactor, skip, type NamedPipe } from './subject.js'

async function withPipe(body: (io: Proactor, pipe: NamedPipe) => Promise<void>): Promise<void> {
  const io = makeProactor()
  const pipe = await makePipe(io)
  try {
    await body(io, pipe)
  } finally {
    await io.submit(close(pipe.fd))
    pipe.other.destroy()
    pipe.server.close()
    await io.close()
  }
}

test('a read waits for what is written later, and a write passes it', { skip }, async () => {
  await withPipe(async (io, { fd, other }) => {
    const buffer = Buffer.alloc(16)
    const reading = io.submit(read(fd, buffer))
    assert.equal(await io.submit(write(fd, Buffer.from('question'))), 8)
    const [question] = await once(other, 'data') as [Buffer]
    assert.equal(question.toString(), 'question')
    other.write('answer')
    assert.equal(await reading, 6)
    assert.equal(buffer.toString('latin1', 0, 6), 'answer')
    assert.match(io.explain(read(fd, buffer)), /completion port: an overlapped pipe/)
  })
})

test('a cancelled read has taken nothing', { skip }, async () => {
  await withPipe(async (io, { fd, other }) => {
    const controller = new AbortController()
    const reading = io.submit(read(fd, Buffer.alloc(16)), { signal: controller.signal })
    await io.submit(statx('.'))
    controller.abort()
    await assert.rejects(reading, { name: 'AbortError' })
    await assert.rejects(io.submit(read(fd, Buffer.alloc(16)), { timeout: 30 }), { code: 'ETIMEDOUT' })
    other.write('late')
    const buffer = Buffer.alloc(16)
    assert.equal(await io.submit(read(fd, buffer)), 4)
    assert.equal(io.statistics.inFlight, 0)
  })
})

test('a hundred reads are cancelled at once, again and again', { skip }, async () => {
  await withPipe(async (io, { fd, other }) => {
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController()
      const readings = Array.from({ length: 100 }, () => io.submit(read(fd, Buffer.alloc(4)), { signal: controller.signal }))
      if (round % 2 === 0) await io.submit(statx('.'))
      controller.abort()
      for (const { status } of await Promise.allSettled(readings)) assert.equal(status, 'rejected')
    }
    other.write('last')
    assert.equal(await io.submit(read(fd, Buffer.alloc(4))), 4)
  })
})

test('the other side\'s end is the end of the file; a write then is EPIPE', { skip }, async () => {
  await withPipe(async (io, { fd, other }) => {
    const reading = io.submit(read(fd, Buffer.alloc(16)))
    other.end('bye')
    assert.equal(await reading, 3)
    assert.equal(await io.submit(read(fd, Buffer.alloc(16))), 0)
    await assert.rejects(io.submit(write(fd, Buffer.from('x'))), { code: 'EPIPE' })
  })
})

test('an offset in a pipe is ESPIPE', { skip }, async () => {
  await withPipe(async (io, { fd }) => {
    await assert.rejects(io.submit(read(fd, Buffer.alloc(16), 4)), { code: 'ESPIPE' })
    await assert.rejects(io.submit(write(fd, Buffer.alloc(16), 0)), { code: 'ESPIPE' })
  })
})

test('much comes whole and in order, both ways at once', { skip }, async () => {
  await withPipe(async (io, { fd, other }) => {
    const sent = Buffer.alloc(1 << 20).map((_, index) => index % 251)
    const received: Buffer[] = []
    other.on('data', (piece: Buffer) => received.push(piece))
    other.write(sent)
    const ours = Buffer.alloc(sent.length)
    const writing = (async () => {
      for (let at = 0; at < sent.length; at += 65536) assert.equal(await io.submit(write(fd, sent.subarray(at, at + 65536))), 65536)
    })()
    for (let at = 0; at < ours.length;) {
      const bytes = await io.submit(read(fd, ours.subarray(at, at + 30_000)))
      assert.ok(bytes > 0)
      at += bytes
    }
    await writing
    while (received.reduce((sum, piece) => sum + piece.length, 0) < sent.length) await once(other, 'data')
    assert.deepEqual(ours.equals(sent), true)
    assert.ok(Buffer.concat(received).equals(sent))
  })
})

test('a pipe that is not there is ENOENT', { skip }, async () => {
  const io = makeProactor()
  await assert.rejects(io.submit(open('\\\\.\\pipe\\trueaio-nobody', { flags: 2 })), { code: 'ENOENT' })
  await io.close()
})

// Moves by a thread of the pool: files and connections, digests on the way, and what fails in the middle of a trip is told of the end that it happened at.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { Opcode } from '#src/operation/opcode.js'
import { Proactor } from 'trueaio'
import { connect } from 'trueaio/net'
import { hash, operations, transfer, type TransferError } from 'trueaio/transfer'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const probe = new Proactor()
const skip = probe.offers(Opcode.MOVE_BYTES) ? false : 'there is no pool of threads here'
await probe.close()

const folder = folderOf('transfer-thread')
const bytes = bytesOf(5_000_003)
const digest = createHash('sha256').update(bytes).digest('hex')
writeFileSync(folder.at('source'), bytes)
after(() => folder.remove())

/** Answers each connection. */
async function serving(serve: (socket: net.Socket) => void): Promise<{ readonly address: string, readonly port: number, close(): Promise<void> }> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    address: `127.0.0.1:${String(port)}:tcp`, port,
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function collected(): { readonly serve: (socket: net.Socket) => void, readonly whole: Promise<Buffer> } {
  let resolve: (whole: Buffer) => void = () => undefined
  const whole = new Promise<Buffer>((done) => (resolve = done))
  return {
    whole,
    serve(socket): void {
      const parts: Buffer[] = []
      socket.on('data', (part) => parts.push(part))
      socket.on('end', () => resolve(Buffer.concat(parts)))
    },
  }
}

describe('a thread of the pool', { skip }, () => {
  for (const through of [[], [hash('sha256')]]) {
    test(`moves between files and TCP, ${through.length === 0 ? 'as they are' : 'with a digest on the way'}`, async () => {
      const expected = through.length === 0 ? {} : { sha256: digest }
      const asHex = (digests: Readonly<Record<string, Buffer>>): Record<string, string> => Object.fromEntries(Object.entries(digests).map(([name, value]) => [name, value.toString('hex')]))
      const taker = collected()
      const takes = await serving(taker.serve)
      const there = await transfer(folder.at('source'), takes.address, { through })
      assert.ok((await taker.whole).equals(bytes))
      await takes.close()
      const gives = await serving((socket) => socket.end(bytes))
      const back = await transfer(gives.address, folder.at('back'), { through })
      assert.ok(readFileSync(folder.at('back')).equals(bytes))
      await gives.close()
      const all = [there, back]
      if (through.length > 0) all.push(await transfer(folder.at('source'), folder.at('back'), { through }))
      for (const { devices, digests, bytes: moved, written } of all) {
        assert.equal(devices[0], 'pool thread')
        assert.deepEqual(asHex(digests), expected)
        assert.deepEqual([moved, written], [bytes.length, bytes.length])
      }
      assert.ok(readFileSync(folder.at('back')).equals(bytes))
      assertClean(folder, 'source', 'back')
    })
  }

  test('is a device of the registry, with what it has cost', () => {
    const rows = operations.table().filter(({ operation }) => operation === 'move')
    assert.deepEqual(rows.map(({ device }) => device), ['copy_file_range', 'pool thread', 'sendfile', 'splice', 'splice through a pipe', 'read and write'])
    const works = rows.find(({ device }) => device === 'pool thread')?.measured.map(({ work }) => work) ?? []
    for (const work of ['move file → socket', 'move socket → file', "move through='sha256' file → file"]) assert.ok(works.includes(work), works.join())
  })

  test('what a connection has received before is moved first', async () => {
    const gives = await serving((socket) => {
      socket.write('first ')
      socket.once('data', () => socket.end('second'))
    })
    const connection = await connect({ host: '127.0.0.1', port: gives.port })
    // It leaves what has come to whoever reads next.
    const controller = new AbortController()
    const waiting = connection.receive({ signal: controller.signal }).catch(() => undefined)
    controller.abort()
    await waiting
    await connection.send('more')
    await transfer(connection, folder.at('kept'))
    assert.match(readFileSync(folder.at('kept'), 'utf8'), /^(first )?second$/)
    await connection.close()
    await gives.close()
  })

  test('a slow peer gets and gives all of it', async () => {
    const taker = collected()
    const takes = await serving((socket) => {
      taker.serve(socket)
      const timer = setInterval(() => {
        if (socket.isPaused()) socket.resume()
        else socket.pause()
      }, 3)
      socket.on('close', () => clearInterval(timer))
    })
    await transfer(folder.at('source'), takes.address)
    assert.ok((await taker.whole).equals(bytes))
    await takes.close()
    const gives = await serving((socket) => {
      let at = 0
      const timer = setInterval(() => {
        socket.write(bytes.subarray(at, at += 100_000))
        if (at < bytes.length) return
        clearInterval(timer)
        socket.end()
      }, 3)
    })
    await transfer(gives.address, folder.at('slow'))
    assert.ok(readFileSync(folder.at('slow')).equals(bytes))
    await gives.close()
  })

  test('a peer that resets, at either end', async () => {
    const resets = await serving((socket) => {
      socket.once('data', () => socket.resetAndDestroy())
      socket.write('something')
    })
    for (const through of [[], [hash('md5')]]) {
      await assert.rejects(transfer(folder.at('source'), resets.address, { through }).then(), (error: TransferError) => /^(EPIPE|ECONNRESET)$/.test(error.code ?? '') && error.end === `target ${resets.address}` && error.step === 'write')
    }
    await resets.close()
    const breaks = await serving((socket) => socket.write('something', () => socket.resetAndDestroy()))
    await assert.rejects(transfer(breaks.address, folder.at('broken')).then(), (error: TransferError) => error.code === 'ECONNRESET' && error.end === `source ${breaks.address}` && error.step === 'read')
    await breaks.close()
    assert.deepEqual(folder.others('source', 'back', 'kept', 'slow'), [])
  })

  test('a source that has become shorter', async () => {
    writeFileSync(folder.at('cut'), bytes)
    const taker = collected()
    const takes = await serving((socket) => {
      socket.pause()
      taker.serve(socket)
      truncateSync(folder.at('cut'), 10)
      socket.resume()
    })
    await assert.rejects(transfer(folder.at('cut'), takes.address).then(), (error: TransferError) => error.code === 'EIO' && error.end === `source ${folder.at('cut')}`)
    await takes.close()
  })
})

describe('a full disk', { skip }, () => {
  const small = folderOf('transfer-thread-full')
  mkdirSync(small.at('mount'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', small.at('mount')]).status === 0
  after(() => {
    if (mounted) spawnSync('umount', ['-l', small.at('mount')])
    small.remove()
  })
  let gives: Awaited<ReturnType<typeof serving>>
  before(async () => {
    gives = await serving((socket) => socket.end(bytes))
  })
  after(() => gives.close())

  test('is the target’s error, and breaks no connection of the user’s', { skip: mounted ? false : 'no right to mount' }, async () => {
    const target = small.at('mount/target')
    writeFileSync(target, 'old')
    const connection = await connect({ host: '127.0.0.1', port: gives.port })
    await assert.rejects(transfer(connection, target).then(), (error: TransferError) => error.code === 'ENOSPC' && error.end === `target ${target}` && error.step === 'write' && (error.offset ?? 0) > 100_000)
    assert.equal(readFileSync(target, 'utf8'), 'old')
    const rest = await connection.receive()
    assert.ok((rest?.bytes.length ?? 0) > 0, 'the rest can be read')
    rest?.release()
    await connection.close()
    await assert.rejects(transfer(folder.at('source'), target, { through: [hash('sha256')] }).then(), (error: TransferError) => error.code === 'ENOSPC' && error.end === `target ${target}` && error.step === 'write')
    assert.equal(readFileSync(target, 'utf8'), 'old')
  })
})

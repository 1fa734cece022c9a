// Connections, on every driver that has sockets: bytes in both directions, their order, their ends, and what ends a wait.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Proactor } from 'trueaio'
import { connect, listen, type Connection } from 'trueaio/net'
import { DRIVERS, nodeClient, pair, portOf, textOf } from './subjects.js'

const folder = mkdtempSync(join(tmpdir(), 'trueaio-net-'))
after(() => rmSync(folder, { recursive: true }))

for (const [name, make] of DRIVERS) {
  describe(`connections on ${name}`, () => {
    let proactor: Proactor
    before(() => {
      proactor = make()
    })
    after(() => proactor.close())

    test('what one end sends the other receives, to its end', async () => {
      const [near, far] = await pair({ proactor })
      await near.send('hello, ')
      await near.send([Buffer.from('wor'), 'ld', new Uint8Array([0x21])])
      await near.shutdown()
      assert.equal(await textOf(far), 'hello, world!')
      // The other direction is still open.
      await far.send('and back')
      await far.close()
      assert.equal(await textOf(near), 'and back')
      await near.close()
      assert.ok(near.isClosed && far.isClosed)
      assert.equal(near.bytesSent, 13)
      assert.equal(far.bytesReceived, 13)
    })

    test('a timeout beyond what a timer holds is none: what comes later is waited for', async () => {
      for (const timeout of [2 ** 31, Infinity]) {
        await using server = await listen('127.0.0.1:0', { proactor })
        const accepted = server.accept({ timeout })
        await pause(20)
        await using near = await connect(portOf(server), { proactor, timeout })
        await using far = await accepted
        assert.ok(far)
        const received = far.receive({ timeout })
        const pieces = near.pieces({ timeout })
        const piece = pieces.next()
        await pause(20)
        await near.send('there', { timeout })
        await far.send('back', { timeout })
        assert.equal(String((await received)?.bytes), 'there')
        assert.equal(String((await piece).value?.bytes), 'back')
        await pieces.return()
      }
    })

    test('a send whose signal was aborted before sends nothing', async () => {
      const [near, far] = await pair({ proactor })
      await assert.rejects(near.send('never', { signal: AbortSignal.abort() }), { name: 'AbortError', code: 'ABORT_ERR' })
      await assert.rejects(near.sendFile(0, { signal: AbortSignal.abort() }), { name: 'AbortError', code: 'ABORT_ERR' })
      await near.send('this')
      await near.shutdown()
      assert.equal(await textOf(far), 'this')
      await Promise.all([near.close(), far.close()])
    })

    test('thousands of sends keep their order, and large ones go on until all is sent', async () => {
      const [near, far] = await pair({ proactor })
      const parts = Array.from({ length: 3000 }, (_, index) => `${String(index)},`)
      const large = Buffer.alloc(8 * 2 ** 20, 'x')
      const sends = [...parts.map((part) => near.send(part)), near.send(large), near.send('end'), near.shutdown()]
      const received = await textOf(far)
      await Promise.all(sends)
      assert.equal(received.length, parts.join('').length + large.length + 3)
      assert.ok(received.startsWith(parts.join('')) && received.endsWith('xxend'))
      await Promise.all([near.close(), far.close()])
    })

    test('addresses of both ends', async () => {
      const [near, far] = await pair({ proactor })
      assert.deepEqual(near.localAddress, far.remoteAddress)
      assert.deepEqual(near.remoteAddress, far.localAddress)
      assert.equal(near.localAddress?.family, 'IPv4')
      await Promise.all([near.close(), far.close()])
      assert.equal(near.localAddress, undefined)
      assert.equal(far.remoteAddress, undefined)
    })

    test('a wait for bytes ends by its signal and its deadline, and nothing is lost', async () => {
      const [near, far] = await pair({ proactor })
      const stop = new AbortController()
      const waiting = far.receive({ signal: stop.signal })
      stop.abort()
      await assert.rejects(waiting, { name: 'AbortError' })
      await assert.rejects(far.receive({ timeout: 20 }), { code: 'ETIMEDOUT' })
      await assert.rejects(far.pieces({ timeout: 20 }).next(), { code: 'ETIMEDOUT' })
      const [first, second] = [far.receive(), far.receive({ copy: true })]
      await near.send('a')
      const one = await first
      assert.equal(one?.bytes.toString(), 'a')
      one?.release()
      one?.release()
      await near.send('b')
      assert.equal((await second)?.bytes.toString(), 'b')
      // Who leaves while it waits leaves the bytes to the next.
      const pieces = far.pieces()
      const last = pieces.next()
      await pieces.return()
      assert.deepEqual(await last, { done: true, value: undefined })
      await near.send('c')
      assert.equal((await far.receive({ copy: true }))?.bytes.toString(), 'c')
      await Promise.all([near.close(), far.close()])
    })

    test('a send ends by its deadline when the peer takes nothing; in line it leaves no trace, in part it ends the sending side', async () => {
      const [near, far] = await pair({ proactor })
      const much = Buffer.alloc(64 * 2 ** 20)
      const blocked = near.send(much, { timeout: 100 })
      const inLine = near.send('never', { timeout: 20 })
      await assert.rejects(inLine, { code: 'ETIMEDOUT' })
      await assert.rejects(blocked, { code: 'ETIMEDOUT', syscall: 'send' })
      await assert.rejects(near.send('after'), { code: 'ETIMEDOUT' })
      await Promise.all([near.close(), far.close()])
    })

    test('close ends every wait with ERR_TRUEAIO_CLOSED', async () => {
      const [near, far] = await pair({ proactor })
      const waits = [far.receive(), far.pieces().next(), far.send(Buffer.alloc(64 * 2 ** 20)), far.send('x'), far.shutdown()]
      const settled = Promise.allSettled(waits)
      await far.close()
      for (const one of await settled) {
        assert.equal(one.status, 'rejected')
        assert.equal((one.reason as NodeJS.ErrnoException).code, 'ERR_TRUEAIO_CLOSED')
      }
      await assert.rejects(far.receive(), { code: 'ERR_TRUEAIO_CLOSED' })
      await assert.rejects(far.send('x'), { code: 'ERR_TRUEAIO_CLOSED' })
      await far.close()
      await near.close()
    })

    test('a reset reaches the peer', async () => {
      const [near, far] = await pair({ proactor })
      await near.reset()
      await assert.rejects(far.receive(), { code: 'ECONNRESET', syscall: 'recv' })
      await assert.rejects(async () => {
        for (;;) await far.send('x')
      }, { code: /EPIPE|ECONNRESET/ })
      await far.close()
    })

    test('a slow reader holds the sender back', async () => {
      const [near, far] = await pair({ proactor })
      let sent = 0
      const sending = (async () => {
        for (let count = 0; count < 64; count++) {
          await near.send(Buffer.alloc(2 ** 20))
          sent++
        }
        await near.shutdown()
      })()
      await far.receive({ copy: true })
      // Whatever the kernel's buffers take, it is far from all.
      for (let before = -1; before !== sent;) {
        before = sent
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      assert.ok(sent < 32, String(sent))
      let bytes = far.bytesReceived
      for await (const piece of far.pieces()) {
        bytes += piece.bytes.length
        piece.release()
      }
      await sending
      assert.equal(bytes, 64 * 2 ** 20)
      await Promise.all([near.close(), far.close()])
    })

    test('pieces that are held for long keep nobody from receiving', async () => {
      const server = await listen('127.0.0.1:0', { proactor })
      const held = []
      const connections: Connection[] = []
      for (let index = 0; index < 200; index++) {
        const accepted = server.accept()
        const near = await connect({ host: '127.0.0.1', port: portOf(server) }, { proactor })
        const far = await accepted as Connection
        connections.push(near, far)
        await near.send(String(index))
        held.push(await far.receive())
      }
      held.forEach((piece, index) => assert.equal(piece?.bytes.toString(), String(index)))
      for (const piece of held) piece?.release()
      await Promise.all(connections.map((connection) => connection.close()))
      await server.close()
    })

    test('sendFile: a part, the whole, behind and before other sends', async () => {
      const file = join(folder, name)
      const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index * 7))
      writeFileSync(file, content)
      const fd = openSync(file, 'r')
      const [near, far] = await pair({ proactor })
      const sends = [near.send('head'), near.sendFile(fd, { offset: 5, length: 10 }), near.send('middle'), near.sendFile(fd), near.sendFile(fd, { offset: 2_999_990, length: 100 }), near.send('tail'), near.shutdown()]
      const parts: Buffer[] = []
      for await (const piece of far.pieces({ copy: true })) parts.push(piece.bytes)
      assert.deepEqual((await Promise.all(sends)).slice(0, 6), [undefined, 10, undefined, 3_000_000, 10, undefined])
      const wanted = Buffer.concat([Buffer.from('head'), content.subarray(5, 15), Buffer.from('middle'), content, content.subarray(2_999_990), Buffer.from('tail')])
      assert.ok(Buffer.concat(parts).equals(wanted))
      closeSync(fd)
      await Promise.all([near.close(), far.close()])
    })

    test('Unix sockets, by path and abstract', async () => {
      for (const address of [join(folder, `${name}.sock`), `@trueaio-${name}-${String(process.pid)}`]) {
        const server = await listen(address, { proactor })
        const accepted = server.accept()
        const near = await connect(address, { proactor })
        const far = await accepted as Connection
        await near.setNoDelay()
        await near.send('over a path')
        await near.shutdown()
        assert.equal(await textOf(far), 'over a path')
        assert.equal(far.localAddress?.family, 'Unix')
        await Promise.all([near.close(), far.close(), server.close()])
        assert.ok(!existsSync(address))
      }
    })

    test('a server iterates; leaving the loop stops accepting, and another loop goes on', async () => {
      await using server = await listen('127.0.0.1:0', { proactor })
      const clients = [await nodeClient(portOf(server)), await nodeClient(portOf(server)), await nodeClient(portOf(server))]
      const seen: number[] = []
      for await (const connection of server) {
        seen.push((connection.remoteAddress as { port: number }).port)
        await connection.close()
        if (seen.length === 1) break
      }
      for await (const connection of server) {
        seen.push((connection.remoteAddress as { port: number }).port)
        await connection.close()
        if (seen.length === 3) break
      }
      assert.deepEqual(seen, clients.map(({ localPort }) => localPort))
      await assert.rejects(server.accept({ timeout: 20 }), { code: 'ETIMEDOUT', syscall: 'accept' })
      await assert.rejects(server.accept({ signal: AbortSignal.abort() }), { name: 'AbortError' })
      const waiting = server.accept()
      await server.close()
      assert.equal(await waiting, undefined)
      for (const client of clients) client.destroy()
    })

    test('errors of listen and connect are those of node:net', async () => {
      const server = await listen('127.0.0.1:0', { proactor })
      const port = portOf(server)
      const failure = async (act: () => Promise<unknown>): Promise<object> => {
        const error = await act().then(() => assert.fail(), (reason: unknown) => reason as NodeJS.ErrnoException & { address?: string, port?: number })
        const { code, errno, syscall, address, port: its, message } = error
        return { code, errno, syscall, address, port: its, message }
      }
      const ofNode = (emitter: net.Server | net.Socket): Promise<object> => failure(async () => { throw (await once(emitter, 'error') as [Error])[0] })
      assert.deepEqual(await failure(() => listen({ host: '127.0.0.1', port }, { proactor })), await ofNode(net.createServer().listen(port, '127.0.0.1')))
      await server.close()
      assert.deepEqual(await failure(() => connect({ host: '127.0.0.1', port }, { proactor })), await ofNode(net.connect(port, '127.0.0.1')))
      const path = join(folder, 'nobody')
      assert.deepEqual(await failure(() => connect({ path }, { proactor })), await ofNode(net.connect(path)))
      await assert.rejects(connect('nowhere.invalid:80', { proactor }), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
    })

    test('connect tries both families in turn, and ends by signal and deadline', async () => {
      const server = await listen('127.0.0.1:0', { proactor })
      const port = portOf(server)
      const lookup = (_: string, __: object, done: (error: null, addresses: { address: string, family: number }[]) => void): void => done(null, [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }])
      const connection = await connect({ host: 'both', port }, { proactor, lookup })
      assert.equal((connection.remoteAddress as { address: string }).address, '127.0.0.1')
      await connection.close()
      await server.close()
      await assert.rejects(connect({ host: 'both', port }, { proactor, lookup }), (error: AggregateError & { code: string }) => error.code === 'ECONNREFUSED' && error.errors.length === 2)
      await assert.rejects(connect('127.0.0.1:1', { proactor, signal: AbortSignal.abort() }), { name: 'AbortError' })
      const never = (): void => undefined
      await assert.rejects(connect({ host: 'never', port: 1 }, { proactor, lookup: never, timeout: 20 }), { code: 'ETIMEDOUT', syscall: 'connect', address: 'never', port: 1 })
      const stop = new AbortController()
      const waiting = connect({ host: 'never', port: 1 }, { proactor, lookup: never, signal: stop.signal })
      stop.abort()
      await assert.rejects(waiting, { name: 'AbortError' })
    })

    test('web streams', async () => {
      const [near, far] = await pair({ proactor })
      const piped = far.readable.pipeTo(far.writable) // an echo
      const writer = near.writable.getWriter()
      await writer.write('one ')
      await writer.write(Buffer.from('two'))
      await writer.close()
      const parts: Uint8Array[] = []
      for await (const part of near.readable) parts.push(part)
      assert.equal(Buffer.concat(parts).toString(), 'one two')
      await piped
      await Promise.all([near.close(), far.close()])
    })

    test('explain tells the way', async () => {
      const [near, far] = await pair({ proactor })
      const { receive, send } = near.explain()
      const driver = name === 'io-uring' ? 'io-uring' : 'thread-pool' // linux-aio leaves sockets to it
      assert.match(receive, new RegExp(`^one shot, into a slot of its own: ${driver}: `))
      assert.match(send, new RegExp(`^copy, one at a time: ${driver}: `))
      await Promise.all([near.close(), far.close()])
    })
  })
}

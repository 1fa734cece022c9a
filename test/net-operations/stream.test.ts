// Stream sockets on every driver that has them: connecting, accepting, sending and receiving, and how each fails.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import {
  accept, AbortError, bind, chain, close, connect, familyOf, getpeername, getsockname, getsockopt, listen, MessageFlag, Proactor, recv, send, setsockopt, Shutdown,
  shutdown, socket, SocketFamily, SocketOption, socketpair, SocketType, type AddressArgument, type ProactorOptions, type SystemError,
} from 'trueaio'
import { openSockets, reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const LOCAL = { address: '127.0.0.1', port: 0 }
const { AF_UNIX } = SocketFamily
const { SOCK_STREAM } = SocketType

/** A listener, and the address that leads to it. */
async function listener(io: Proactor, address: AddressArgument = LOCAL, backlog?: number): Promise<{ fd: number; at: AddressArgument }> {
  const fd = await io.submit(socket(familyOf(address), SOCK_STREAM))
  await io.submit(bind(fd, address))
  await io.submit(listen(fd, backlog))
  return { fd, at: await io.submit(getsockname(fd)) as AddressArgument }
}

/** Two ends of a connection. */
async function connected(io: Proactor, address: AddressArgument = LOCAL): Promise<{ near: number; far: number; server: number }> {
  const { fd: server, at } = await listener(io, address)
  const near = await io.submit(socket(familyOf(address), SOCK_STREAM))
  const [far] = await Promise.all([io.submit(accept(server)), io.submit(connect(near, at))])
  return { near, far, server }
}

async function closeAll(io: Proactor, ...descriptors: readonly number[]): Promise<void> {
  for (const fd of descriptors) await io.submit(close(fd))
}

async function receiveAll(io: Proactor, fd: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (;;) {
    const buffer = Buffer.alloc(65536)
    const bytes = await io.submit(recv(fd, buffer))
    if (bytes === 0) return Buffer.concat(pieces)
    pieces.push(buffer.subarray(0, bytes))
  }
}

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  const using = (what: string, behave: (io: Proactor) => Promise<void>): void => {
    test(what, { skip }, async () => {
      const io = new Proactor(options)
      try {
        await behave(io)
      } finally {
        await io.close()
      }
    })
  }

  describe(`stream sockets on ${name}`, () => {
    using('bytes go both ways, and the end of one side is 0 at the other', async (io) => {
      const { near, far, server } = await connected(io)
      const buffer = Buffer.alloc(16)
      const receiving = io.submit(recv(far, buffer))
      assert.equal(await io.submit(send(near, Buffer.from('question'))), 8)
      assert.equal(await receiving, 8)
      assert.equal(buffer.toString('utf8', 0, 8), 'question')
      await io.submit(send(far, [Buffer.from('ans'), Buffer.from('wer')]))
      assert.equal(await io.submit(recv(near, buffer, { length: 4 })), 4)
      assert.equal(await io.submit(recv(near, buffer.subarray(4))), 2)
      assert.equal(buffer.toString('utf8', 0, 6), 'answer')
      await io.submit(shutdown(near, Shutdown.SHUT_WR))
      assert.equal(await io.submit(recv(far, buffer)), 0)
      assert.equal(await io.submit(send(far, Buffer.from('still'))), 5)
      assert.equal(await io.submit(recv(near, buffer)), 5)
      await closeAll(io, near, far, server)
    })

    using('both ends tell both addresses', async (io) => {
      for (const address of [LOCAL, { address: '::1', port: 0 }]) {
        const { near, far, server } = await connected(io, address)
        assert.deepEqual(await io.submit(getpeername(far)), await io.submit(getsockname(near)))
        assert.deepEqual(await io.submit(getpeername(near)), await io.submit(getsockname(far)))
        assert.deepEqual({ ...await io.submit(getsockname(server)), port: 0 }, { family: address === LOCAL ? 'IPv4' : 'IPv6', ...address, scopeId: 0, flowLabel: 0 })
        await closeAll(io, near, far, server)
      }
    })

    using('a send larger than the socket takes goes on until all is sent', async (io) => {
      const { near, far, server } = await connected(io)
      const bytes = Buffer.alloc(3_000_001, 'some text to send ')
      const [one, list, received] = await Promise.all([
        io.submit(send(near, bytes)),
        io.submit(send(near, [bytes.subarray(0, 1_000_000), Buffer.alloc(0), bytes.subarray(1_000_000)])).then((sent) => io.submit(shutdown(near, Shutdown.SHUT_WR)).then(() => sent)),
        receiveAll(io, far),
      ])
      assert.deepEqual([one, list], [bytes.length, bytes.length])
      assert.ok(received.equals(Buffer.concat([bytes, bytes])))
      await closeAll(io, near, far, server)
    })

    using('a Unix socket by path, and an abstract one', async (io) => {
      const folder = mkdtempSync(join(tmpdir(), 'trueaio-socket-'))
      for (const path of [join(folder, 'socket'), `\0trueaio-${String(process.pid)}-${name}`]) {
        const { near, far, server } = await connected(io, { path })
        assert.deepEqual(await io.submit(getpeername(near)), { family: 'Unix', path })
        assert.deepEqual(await io.submit(getpeername(far)), { family: 'Unix', path: '' })
        await io.submit(send(near, Buffer.from('x')))
        assert.equal(await io.submit(recv(far, Buffer.alloc(4))), 1)
        await closeAll(io, near, far, server)
      }
      rmSync(folder, { recursive: true })
    })

    using('a Unix listener whose backlog is full answers EAGAIN, and takes who comes later', async (io) => {
      const address = { path: `\0trueaio-full-${String(process.pid)}-${name}` }
      const { fd: server } = await listener(io, address, 0)
      const clients = await Promise.all([0, 1, 2].map(() => io.submit(socket(AF_UNIX, SOCK_STREAM))))
      await io.submit(connect(clients[0] as number, address))
      await assert.rejects(io.submit(connect(clients[1] as number, address)), { code: 'EAGAIN', syscall: 'connect' })
      const far = await io.submit(accept(server))
      await io.submit(connect(clients[2] as number, address))
      await closeAll(io, server, far, ...clients)
    })

    using('a pair is connected from the start', async (io) => {
      const [first, second] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      assert.equal(await io.submit(send(first, Buffer.from('abc'))), 3)
      assert.equal(await io.submit(recv(second, Buffer.alloc(8))), 3)
      await closeAll(io, first, second)
    })

    using('options are set and told', async (io) => {
      const { near, far, server } = await connected(io)
      const { IPPROTO_TCP, SO_LINGER, SOL_SOCKET, TCP_NODELAY } = SocketOption
      assert.equal(await io.submit(getsockopt(near, IPPROTO_TCP, TCP_NODELAY)), 0)
      await io.submit(setsockopt(near, IPPROTO_TCP, TCP_NODELAY, 1))
      assert.notEqual(await io.submit(getsockopt(near, IPPROTO_TCP, TCP_NODELAY)), 0)
      await io.submit(setsockopt(near, SOL_SOCKET, SO_LINGER, Int32Array.of(1, 7)))
      const linger = new Int32Array(2)
      assert.equal(await io.submit(getsockopt(near, SOL_SOCKET, SO_LINGER, linger)), 8)
      assert.deepEqual([...linger], [1, 7])
      await assert.rejects(io.submit(setsockopt(near, IPPROTO_TCP, 9999, 1)), { code: 'ENOPROTOOPT', syscall: 'setsockopt' })
      await closeAll(io, near, far, server)
    })

    using('errors name the call, and the address where there is one', async (io) => {
      const { fd: gone, at } = await listener(io)
      await closeAll(io, gone)
      const { port } = at as { port: number }
      const near = await io.submit(socket(familyOf(LOCAL), SOCK_STREAM))
      await assert.rejects(io.submit(connect(near, at)), {
        message: `connect ECONNREFUSED 127.0.0.1:${String(port)}`, code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: '127.0.0.1', port,
      })
      const { fd: server, at: taken } = await listener(io)
      const other = await io.submit(socket(familyOf(LOCAL), SOCK_STREAM))
      await assert.rejects(io.submit(bind(other, taken)), { code: 'EADDRINUSE', syscall: 'bind', address: '127.0.0.1' })
      await assert.rejects(io.submit(connect(other, { path: '/nowhere/at/all' })), { code: 'EAFNOSUPPORT', address: '/nowhere/at/all' })
      const unix = await io.submit(socket(AF_UNIX, SOCK_STREAM))
      await assert.rejects(io.submit(connect(unix, { path: '/nowhere/at/all' })), { message: 'connect ENOENT /nowhere/at/all', code: 'ENOENT', address: '/nowhere/at/all' })
      await assert.rejects(io.submit(recv(other, Buffer.alloc(1))), { code: 'ENOTCONN', syscall: 'recv' })
      await assert.rejects(io.submit(accept(other)), { code: 'EINVAL', syscall: 'accept' })
      await closeAll(io, near, server, other, unix)
      await assert.rejects(io.submit(recv(near, Buffer.alloc(1))), { code: 'EBADF' })
    })

    using('sending to an end that has gone is EPIPE or ECONNRESET, and no signal', async (io) => {
      const { near, far, server } = await connected(io)
      await closeAll(io, far)
      await assert.rejects(async () => {
        for (;;) await io.submit(send(near, Buffer.alloc(1000)))
      }, ({ code }: SystemError) => code === 'EPIPE' || code === 'ECONNRESET')
      await closeAll(io, near, server)
    })

    using('a reset ends what waits to receive', async (io) => {
      const { near, far, server } = await connected(io)
      const receiving = assert.rejects(io.submit(recv(near, Buffer.alloc(1))), { code: 'ECONNRESET', syscall: 'recv' })
      await io.submit(setsockopt(far, SocketOption.SOL_SOCKET, SocketOption.SO_LINGER, Int32Array.of(1, 0)))
      await closeAll(io, far)
      await receiving
      await closeAll(io, near, server)
    })

    using('what must not wait answers EAGAIN', async (io) => {
      const { near, far, server } = await connected(io)
      await assert.rejects(io.submit(recv(near, Buffer.alloc(1), { flags: MessageFlag.MSG_DONTWAIT })), { code: 'EAGAIN' })
      const sent = await io.submit(send(near, Buffer.alloc(30_000_000), { flags: MessageFlag.MSG_DONTWAIT }))
      assert.ok(sent > 0 && sent < 30_000_000, String(sent))
      await closeAll(io, near, far, server)
    })

    using('a deadline and an abort end a receive, an accept and a connect that wait', async (io) => {
      const { near, far, server } = await connected(io)
      await assert.rejects(io.submit(recv(near, Buffer.alloc(1)), { timeout: 10 }), { code: 'ETIMEDOUT' })
      await assert.rejects(io.submit(accept(server), { timeout: 10 }), { code: 'ETIMEDOUT' })
      const controller = new AbortController()
      const waiting = [io.submit(recv(near, Buffer.alloc(1)), { signal: controller.signal }), io.submit(accept(server), { signal: controller.signal })]
      await loopTurn()
      controller.abort()
      for (const one of waiting) await assert.rejects(one, AbortError)
      // A full backlog: the next connect waits.
      const { fd: full, at } = await listener(io, LOCAL, 0)
      const clients = [await io.submit(socket(familyOf(LOCAL), SOCK_STREAM)), await io.submit(socket(familyOf(LOCAL), SOCK_STREAM))]
      await io.submit(connect(clients[0] as number, at))
      await assert.rejects(io.submit(connect(clients[1] as number, at), { timeout: 200 }), { code: 'ETIMEDOUT' })
      // Nothing was lost of what was not cancelled.
      await io.submit(send(far, Buffer.from('later')))
      assert.equal(await io.submit(recv(near, Buffer.alloc(8))), 5)
      await closeAll(io, near, far, server, full, ...clients)
    })

    using('a send that is cancelled half way tells how much was sent', async (io) => {
      const { near, far, server } = await connected(io)
      const controller = new AbortController()
      const sending = io.submit(send(near, Buffer.alloc(30_000_000)), { signal: controller.signal })
      const first = await io.submit(recv(far, Buffer.alloc(1000)))
      controller.abort()
      const sent = await sending
      assert.ok(sent > 0 && sent < 30_000_000, String(sent))
      await io.submit(shutdown(near, Shutdown.SHUT_WR))
      assert.equal(first + (await receiveAll(io, far)).length, sent)
      await closeAll(io, near, far, server)
    })

    using('sends of one socket arrive in the order they were submitted', async (io) => {
      const { near, far, server } = await connected(io)
      const sends = Array.from({ length: 40 }, (_, index) => io.submit(send(near, Buffer.alloc(100_000, index))))
      const all = Promise.all(sends).then(() => io.submit(shutdown(near, Shutdown.SHUT_WR)))
      const received = await receiveAll(io, far)
      await all
      assert.ok(received.equals(Buffer.concat(Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index)))))
      await closeAll(io, near, far, server)
    })

    using('a multishot accept gives each connection, until its reader leaves', async (io) => {
      const before = openSockets()
      const { fd: server, at } = await listener(io)
      const clients: number[] = []
      const accepted: number[] = []
      const another = async (): Promise<void> => {
        const client = await io.submit(socket(familyOf(LOCAL), SOCK_STREAM))
        clients.push(client)
        await io.submit(connect(client, at))
      }
      await another()
      await another()
      for await (const fd of io.iterate(accept(server, { multishot: true }))) {
        accepted.push(fd)
        if (accepted.length === 3) break
        await another()
      }
      // The one that was accepted and not read is closed by the engine.
      const last = clients[3] as number
      assert.equal(await io.submit(recv(last, Buffer.alloc(1)), { timeout: 2000 }).catch((error: unknown) => ((error as SystemError).code === 'ECONNRESET' ? 0 : error)), 0)
      await closeAll(io, server, ...clients, ...accepted)
      while (io.statistics.inFlight > 0) await loopTurn()
      assert.equal(openSockets(), before)
    })

    using('a callback and an event carry a connection, and runSync waits for both ends', async (io) => {
      const { fd: server, at } = await listener(io)
      const near = await io.submit(socket(familyOf(LOCAL), SOCK_STREAM))
      const [accepted, joined] = io.runSync([accept(server), connect(near, at)])
      assert.deepEqual([accepted.status, joined.status], ['fulfilled', 'fulfilled'])
      const far = (accepted as PromiseFulfilledResult<number>).value
      const queue = io.completionQueue<string>()
      const buffer = Buffer.alloc(8)
      queue.submit(recv(far, buffer), 'cookie')
      const sent = await new Promise((resolve, reject) => {
        io.submit(send(near, Buffer.from('four')), (error, bytes) => {
          if (error === null) resolve(bytes)
          else reject(error)
        })
      })
      const [event] = await queue.wait()
      assert.deepEqual([sent, event?.cookie, event?.result], [4, 'cookie', 4])
      queue.close()
      await closeAll(io, near, far, server)
    })

    using('a chain connects, sends and receives; another accepts, answers and closes', async (io) => {
      const { fd: server, at } = await listener(io)
      const near = await io.submit(socket(familyOf(LOCAL), SOCK_STREAM))
      const [question, answer] = [Buffer.alloc(4), Buffer.alloc(10)]
      const serving = io.submit(chain(accept(server), recv(chain.opened, question), send(chain.opened, Buffer.from('answer')), close(chain.opened)))
      const [, sent, received] = await io.submit(chain(connect(near, at), send(near, Buffer.from('ask?')), recv(near, answer)))
      assert.deepEqual([sent, received, question.toString(), answer.toString('utf8', 0, 6)], [4, 6, 'ask?', 'answer'])
      await serving
      assert.equal(await io.submit(recv(near, answer)), 0)
      await closeAll(io, near, server)
      const dead = await io.submit(socket(familyOf(LOCAL), SOCK_STREAM))
      await assert.rejects(io.submit(chain(connect(dead, at), send(dead, question))), { code: 'ECONNREFUSED', index: 0 })
      await closeAll(io, dead)
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) onDriver(name, options, await reasonToSkip(options))

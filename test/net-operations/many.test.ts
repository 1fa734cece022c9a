// Many sockets at once: none starves the others, and none is left behind.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accept, bind, close, connect, getsockname, listen, open, Proactor, read, recv, send, socket, SocketFamily, socketpair, SocketType, type ProactorOptions, type SocketAddress } from 'trueaio'
import { reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const { AF_INET, AF_UNIX } = SocketFamily
const { SOCK_STREAM } = SocketType

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  describe(`many sockets on ${name}`, () => {
    test('idle receives beyond the places in flight hold up neither each other nor a file', { skip }, async () => {
      const io = new Proactor({ ...options, inFlightMax: 64 })
      const pairs = await Promise.all(Array.from({ length: 300 }, () => io.submit(socketpair(AF_UNIX, SOCK_STREAM))))
      const buffers = pairs.map(() => Buffer.alloc(8))
      const receives = pairs.map(([near], index) => io.submit(recv(near, buffers[index] as Buffer)))
      const fd = await io.submit(open('package.json'))
      assert.equal(await io.submit(read(fd, Buffer.alloc(10), 0)), 10)
      await io.submit(close(fd))
      // All at once: more completions than the ring has places for.
      await Promise.all(pairs.map(([, far], index) => io.submit(send(far, Buffer.from(String(index))))))
      const lengths = await Promise.all(receives)
      lengths.forEach((length, index) => {
        assert.equal(buffers[index]?.toString('latin1', 0, length), String(index))
      })
      for (const [near, far] of pairs) await Promise.all([io.submit(close(near)), io.submit(close(far))])
      await io.close()
    })

    test('closing a proactor ends thousands that wait', { skip }, async () => {
      const io = new Proactor(options)
      const pairs = await Promise.all(Array.from({ length: 500 }, () => io.submit(socketpair(AF_UNIX, SOCK_STREAM))))
      const waiting = pairs.flatMap(([near, far]) => [near, far, near, far].map((fd) => io.submit(recv(fd, Buffer.alloc(1))).catch((error: unknown) => (error as { code: string }).code)))
      await new Promise(setImmediate)
      await io.close()
      assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['ERR_TRUEAIO_CLOSED']))
      const other = new Proactor(options)
      for (const pair of pairs) for (const fd of pair) await other.submit(close(fd))
      await other.close()
    })

    test('a thousand connections at once, each answered', { skip }, async () => {
      const io = new Proactor(options)
      const server = await io.submit(socket(AF_INET, SOCK_STREAM))
      await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
      await io.submit(listen(server, 4096))
      const at = await io.submit(getsockname(server)) as Extract<SocketAddress, { port: number }>
      const far: number[] = []
      const accepting = (async (): Promise<void> => {
        for await (const fd of io.iterate(accept(server, { multishot: true }))) {
          far.push(fd)
          void (async (): Promise<void> => {
            const buffer = Buffer.alloc(8)
            const length = await io.submit(recv(fd, buffer))
            await io.submit(send(fd, buffer, { length }))
          })()
          if (far.length === 1000) return
        }
      })()
      const near = await Promise.all(Array.from({ length: 1000 }, async (_, index) => {
        const fd = await io.submit(socket(AF_INET, SOCK_STREAM))
        await io.submit(connect(fd, at))
        await io.submit(send(fd, Buffer.from(String(index))))
        const buffer = Buffer.alloc(8)
        const length = await io.submit(recv(fd, buffer))
        assert.equal(buffer.toString('latin1', 0, length), String(index))
        return fd
      }))
      await accepting
      await Promise.all([server, ...near, ...far].map((fd) => io.submit(close(fd))))
      await io.close()
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) onDriver(name, options, await reasonToSkip(options))

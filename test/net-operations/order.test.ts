// The order of sends: kept without asking the system each time, and forgotten with the socket.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { close, Proactor, recv, send, Shutdown, shutdown, SocketFamily, socketpair, SocketType, write, type ProactorOptions } from 'trueaio'
import { reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const { AF_UNIX } = SocketFamily
const { SOCK_STREAM } = SocketType

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  describe(`order of sends on ${name}`, { skip }, () => {
    test('a number that was closed while a send waits on it does not make the next socket wait', async () => {
      const io = new Proactor(options)
      const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      const stuck = io.submit(send(near, Buffer.alloc(10_000_000)))
      await loopTurn()
      await io.submit(close(near))
      const pairs = [await io.submit(socketpair(AF_UNIX, SOCK_STREAM))]
      // Lower numbers may be free, too.
      while (!pairs.at(-1)?.includes(near) && pairs.length < 64) pairs.push(await io.submit(socketpair(AF_UNIX, SOCK_STREAM)))
      const [first, second] = pairs.at(-1) as readonly [number, number]
      assert.ok([first, second].includes(near), 'the number is used again')
      for (const [from, to] of [[first, second], [second, first]] as const) {
        assert.equal(await io.submit(send(from, Buffer.from('free')), { timeout: 5000 }), 4)
        assert.equal(await io.submit(recv(to, Buffer.alloc(8)), { timeout: 5000 }), 4)
      }
      await io.submit(close(far))
      await assert.rejects(stuck.then((sent) => {
        if (sent < 10_000_000) throw Object.assign(new Error('short'), { code: 'EPIPE' })
      }), ({ code }: { code: string }) => code === 'EPIPE' || code === 'ECONNRESET')
      await Promise.all(pairs.flat().map((fd) => io.submit(close(fd))))
      await io.close()
    })

    test('writes and sends of one socket are in one order', async () => {
      const io = new Proactor(options)
      const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      const sends = Array.from({ length: 20 }, (_, index) => {
        const bytes = Buffer.alloc(50_000, index)
        return io.submit(send(near, index % 2 === 0 ? bytes : [bytes]))
      })
      const all = Promise.all(sends).then(() => io.submit(write(near, Buffer.from('the end')))).then(() => io.submit(shutdown(near, Shutdown.SHUT_WR)))
      const pieces: Buffer[] = []
      for (;;) {
        const buffer = Buffer.alloc(70_000)
        const bytes = await io.submit(recv(far, buffer))
        if (bytes === 0) break
        pieces.push(buffer.subarray(0, bytes))
      }
      await all
      const expected = Buffer.concat([...Array.from({ length: 20 }, (_, index) => Buffer.alloc(50_000, index)), Buffer.from('the end')])
      assert.ok(Buffer.concat(pieces).equals(expected))
      await Promise.all([io.submit(close(near)), io.submit(close(far))])
      await io.close()
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) onDriver(name, options, await reasonToSkip(options))

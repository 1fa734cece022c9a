// Out of descriptors, abandoned and closed: what an accept meets, and what becomes of what it has accepted.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  accept, bind, close, connect, getsockname, listen, Proactor, recv, send, setsockopt, Shutdown, shutdown, socket, SocketFamily, SocketOption, SocketType,
  type IpAddress, type ProactorOptions, type SystemError,
} from 'trueaio'
import { openSockets, reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const { AF_INET } = SocketFamily
const { SOCK_STREAM } = SocketType
const PROGRAM = fileURLToPath(new URL('programs/out-of-descriptors.js', import.meta.url))

async function listener(io: Proactor): Promise<{ server: number; at: IpAddress }> {
  const server = await io.submit(socket(AF_INET, SOCK_STREAM))
  await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
  await io.submit(listen(server, 4096))
  return { server, at: await io.submit(getsockname(server)) as IpAddress }
}

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  describe(`limits and losses on ${name}`, { skip }, () => {
    test('out of descriptors an accept fails, and the connection is there to be accepted later', () => {
      // In a process of its own, since a test's other files need descriptors, too.
      const { status, stderr, stdout } = spawnSync('sh', ['-c', 'ulimit -n 256 && exec "$0" "$@"', process.execPath, PROGRAM, JSON.stringify(options.driver)], { encoding: 'utf8' })
      assert.deepEqual([status, stdout], [0, 'EMFILE EMFILE 2 accepted\n'], stderr)
    })

    test('accepts that are aborted as connections come leave none of them open', async () => {
      const io = new Proactor(options)
      const before = openSockets()
      const { server, at } = await listener(io)
      const far: number[] = []
      const near: number[] = []
      for (let round = 0; round < 150; round++) {
        const controller = new AbortController()
        const accepting = io.submit(accept(server), { signal: controller.signal }).then((fd) => void far.push(fd), () => undefined)
        const fd = await io.submit(socket(AF_INET, SOCK_STREAM))
        near.push(fd)
        const connecting = io.submit(connect(fd, at))
        if (round % 3 === 0) await loopTurn()
        if (round % 3 === 1) await Promise.resolve()
        controller.abort()
        await Promise.all([accepting, connecting])
      }
      // Those that no accept took wait in the backlog, and go with the listener.
      await Promise.all([server, ...near, ...far].map((fd) => io.submit(close(fd))))
      while (io.statistics.inFlight > 0) await loopTurn()
      assert.equal(openSockets(), before)
      await io.close()
    })

    test('a multishot accept that is left unread closes what it had accepted, also after its proactor was closed', async () => {
      const before = openSockets()
      const io = new Proactor(options)
      const other = new Proactor(options)
      const { server, at } = await listener(io)
      const accepting = io.iterate(accept(server, { multishot: true }))
      const first = accepting.next()
      const near: number[] = []
      for (let index = 0; index < 5; index++) {
        const fd = await other.submit(socket(AF_INET, SOCK_STREAM))
        near.push(fd)
        await other.submit(connect(fd, at))
      }
      const fd = (await first).value as number
      for (let turn = 0; turn < 20; turn++) await loopTurn()
      await io.close()
      await accepting.return()
      await Promise.all([fd, server, ...near].map((one) => other.submit(close(one))))
      await other.close()
      for (let turn = 0; turn < 100 && openSockets() > before; turn++) await loopTurn()
      assert.equal(openSockets(), before)
    })

    test('a shutdown ends what is in flight on a socket, whatever waits there', async () => {
      const io = new Proactor(options)
      const { server, at } = await listener(io)
      const near = await io.submit(socket(AF_INET, SOCK_STREAM))
      const [far] = await Promise.all([io.submit(accept(server)), io.submit(connect(near, at))])
      const receives = Array.from({ length: 100 }, () => io.submit(recv(near, Buffer.alloc(10))))
      const group = io.bufferGroup({ count: 2, size: 64 })
      const piece = io.submit(recv(near, group))
      const stuck = io.submit(send(near, Buffer.alloc(20_000_000))).catch((error: unknown) => (error as SystemError).code)
      await loopTurn()
      await io.submit(shutdown(near, Shutdown.SHUT_RDWR))
      assert.deepEqual(new Set(await Promise.all(receives)), new Set([0]))
      assert.equal((await piece).bytes.length, 0)
      const sent = await stuck
      assert.ok(sent === 'EPIPE' || (sent as number) < 20_000_000, String(sent))
      await Promise.all([near, far, server].map((fd) => io.submit(close(fd))))
      await io.close()
    })

    test('a peer that resets at each step of an exchange is an error or an end, and never a hang', async () => {
      const io = new Proactor(options)
      const { server, at } = await listener(io)
      const reset = async (fd: number): Promise<void> => {
        await io.submit(setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_LINGER, Int32Array.of(1, 0)))
        await io.submit(close(fd))
      }
      const outcome = (promise: Promise<number>): Promise<string> => promise.then((value) => (value === 0 ? 'end' : 'bytes'), (error: unknown) => (error as SystemError).code)
      for (let step = 0; step < 5; step++) {
        const far = await io.submit(socket(AF_INET, SOCK_STREAM))
        await io.submit(connect(far, at))
        if (step === 0) await reset(far)
        const near = await io.submit(accept(server))
        if (step === 1) await reset(far)
        const buffer = Buffer.alloc(10)
        const first = outcome(io.submit(recv(near, buffer), { timeout: 10_000 }))
        if (step === 2) await reset(far)
        if (step > 2) await io.submit(send(far, Buffer.from('question')))
        const received = await first
        if (step === 3) await reset(far)
        const sent = await outcome(io.submit(send(near, Buffer.from('answer'))))
        if (step === 4) await reset(far)
        const last = await outcome(io.submit(recv(near, buffer), { timeout: 10_000 }))
        const told = [received, sent, last]
        assert.ok(told.every((one) => ['bytes', 'end', 'ECONNRESET', 'EPIPE'].includes(one)), `${String(step)}: ${told.join()}`)
        assert.equal(last === 'bytes', false, `${String(step)}: ${told.join()}`)
        await io.submit(close(near))
      }
      await io.submit(close(server))
      await io.close()
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) onDriver(name, options, await reasonToSkip(options))

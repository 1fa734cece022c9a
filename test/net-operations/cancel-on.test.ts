// The end of everything that is asked of one descriptor, on every driver: receives, one of many shots among them, waits for readiness, what waits
// behind a limit, chains; and of nothing else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AbortError, accept, bind, chain, close, listen, poll, PollEvent, Proactor, recv, send, socket, SocketFamily, socketpair, SocketType, timer, type ProactorOptions } from 'trueaio'
import { openSockets, reasonToSkip, simulatedNetwork, SOCKET_DRIVERS } from './drivers.js'

const { AF_INET, AF_UNIX } = SocketFamily
const { SOCK_STREAM } = SocketType

async function assertAborted(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const { status, reason } of (await Promise.allSettled(promises)) as { status: string, reason?: unknown }[]) {
    assert.equal(status, 'rejected')
    assert.ok(reason instanceof AbortError, String(reason))
  }
}

async function onDriver(name: string, options: ProactorOptions): Promise<void> {
  const skip = await reasonToSkip(options)
  describe(`cancelOn on ${name}`, { skip }, () => {
    test('receives, polls and chains on a descriptor end; those on its peer go on', async () => {
      await using io = new Proactor(options)
      const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      const gone = [io.submit(recv(near, Buffer.alloc(8))), io.submit(recv(near, Buffer.alloc(8)))]
      if (name !== 'simulated') gone.push(io.submit(poll(near, PollEvent.POLLIN)))
      const members = io.submit(chain(recv(near, Buffer.alloc(8)), send(near, Buffer.from('x'))))
      const buffer = Buffer.alloc(8)
      const stays = io.submit(recv(far, buffer))
      const tick = io.submit(timer(5))
      await tick // by then all of them are with the system
      assert.equal(io.cancelOn(near), gone.length + 1)
      await assertAborted([...gone, members])
      assert.equal(io.cancelOn(near), 0)
      assert.equal(await io.submit(send(near, Buffer.from('here'))), 4)
      assert.equal(await stays, 4)
      assert.equal(buffer.toString('latin1', 0, 4), 'here')
      await Promise.all([io.submit(close(near)), io.submit(close(far))])
      assert.equal(io.statistics.inFlight, 0)
    })

    test('what was submitted in the same piece of JavaScript, or waits behind a limit, ends as well; a close is made', async () => {
      await using io = new Proactor({ ...options, bytesLentMax: 1024 })
      const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      const gone = Array.from({ length: 5 }, () => io.submit(recv(near, Buffer.alloc(1024))))
      assert.equal(io.cancelOn(near), 5)
      await assertAborted(gone)
      const closing = io.submit(close(near))
      assert.equal(io.cancelOn(near), 0)
      await closing
      await io.submit(close(far))
    })

    test('an accept of many shots ends, and leaves no descriptor', async () => {
      await using io = new Proactor(options)
      const before = name === 'simulated' ? 0 : openSockets()
      const server = await io.submit(socket(AF_INET, SOCK_STREAM))
      await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
      await io.submit(listen(server))
      const connections = io.iterate(accept(server, { multishot: true }))
      const first = connections.next()
      await io.submit(timer(5))
      assert.equal(io.cancelOn(server), 1)
      await assertAborted([first])
      await io.submit(close(server))
      if (name !== 'simulated') assert.equal(openSockets(), before)
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) await onDriver(name, options)
await onDriver('simulated', simulatedNetwork())

// Sockets in worker threads: whatever a worker has opened and not closed ends with it, also what was accepted as it was terminated.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { openSockets, reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const PROGRAM = new URL('programs/worker-sockets.js', import.meta.url)

async function clients(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }).on('error', () => undefined))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return sockets
}

async function runWorker(driver: unknown, ending: string): Promise<void> {
  const worker = new Worker(PROGRAM, { workerData: { driver, ending } })
  const [{ port }] = await once(worker, 'message') as [{ port: number }]
  const accepted = once(worker, 'message')
  const sockets = await clients(port, 10)
  await accepted
  const ended = once(worker, 'exit')
  if (ending === 'exits') worker.postMessage('end')
  else {
    worker.postMessage('block')
    await once(worker, 'message')
    sockets.push(...await clients(port, 20))
    void worker.terminate()
  }
  const closed = Promise.all(sockets.map((socket) => new Promise<void>((resolve) => {
    if (socket.closed) resolve()
    else socket.resume().once('close', () => resolve())
  })))
  await ended
  // Each is closed from the other side: nobody holds an end of it any more.
  await closed
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) {
  const skip = await reasonToSkip(options)
  describe(`sockets of a worker on ${name}`, { skip }, () => {
    for (const ending of ['exits', 'is terminated']) {
      test(`that ${ending}`, async () => {
        await runWorker(options.driver, 'exits') // the first worker of a process opens what stays
        const before = openSockets()
        for (let round = 0; round < 2; round++) await runWorker(options.driver, ending)
        for (let turn = 0; turn < 200 && openSockets() > before; turn++) await loopTurn()
        assert.equal(openSockets(), before)
      })
    }
  })
}

// Many connections, few descriptors, terminated workers, peers that reset at every step: nothing is left, and everybody else is served.
import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type net from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { connect, listen, type Connection } from 'trueaio/net'
import { holdings } from '../harsh/open-descriptors.js'
import { nodeClient, pair, portOf } from './subjects.js'

const program = (name: string): string => fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url))

/** V8's young generation grows with what is allocated, up to 32 MiB by default since Node 24; that memory belongs to no connection. */
const SMALL_NURSERY = ['--expose-gc', '--max-semi-space-size=4']

/** Starts a program with so many descriptors; it exits with 77 where this system does not allow as many. */
function startWith(descriptors: number, name: string, ...given: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  const script = 'ulimit -n "$0" || exit 77; exec "$@"'
  return spawn('sh', ['-c', script, String(descriptors), process.execPath, ...SMALL_NURSERY, program(name), ...given], { stdio: ['pipe', 'pipe', 'inherit'] })
}

interface Many {
  readonly aloneMicroseconds: number
  readonly amongMicroseconds: number
  readonly bytesEach: number
  readonly answers: readonly string[]
  readonly left: number
}

test('9,900 idle connections cost little, do not slow down a busy one, and leave nothing', async (t) => {
  const child = startWith(20_000, 'many', '9900')
  const closed = once(child, 'close')
  let text = ''
  for await (const part of child.stdout.setEncoding('utf8')) text += part as string
  const [code] = await closed as [number | null]
  if (code === 77) {
    t.skip('20,000 descriptors are more than this process may have')
    return
  }
  assert.equal(code, 0)
  const { aloneMicroseconds, amongMicroseconds, answers, bytesEach, left } = JSON.parse(text) as Many
  t.diagnostic(`${bytesEach.toFixed(0)} bytes each; ${aloneMicroseconds.toFixed(1)} µs a round trip alone, ${amongMicroseconds.toFixed(1)} µs among them`)
  assert.deepEqual(answers, ['ERR_TRUEAIO_CLOSED'])
  assert.equal(left, 0)
  assert.ok(bytesEach < 4096, String(bytesEach))
  assert.ok(amongMicroseconds < 3 * aloneMicroseconds, `${String(aloneMicroseconds)} → ${String(amongMicroseconds)}`)
})

test('without descriptors a server waits for some and goes on: everybody is served', async () => {
  const child = startWith(100, 'few-descriptors')
  const closed = once(child, 'close')
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data') as [string]
  let served = 0
  await Promise.all(Array.from({ length: 300 }, async () => {
    const client = await nodeClient(Number(port))
    client.write('x')
    const [answer] = await once(client, 'data') as [Buffer]
    assert.equal(answer.toString(), 'y')
    served++
    client.destroy()
  }))
  assert.equal(served, 300)
  child.stdin.end()
  assert.deepEqual(await closed, [0, null])
})

test('workers terminated with sockets in flight leave no descriptor', async () => {
  // This thread's own ring is not the workers'.
  await Promise.all((await pair()).map((connection) => connection.close()))
  const before = await holdings()
  for (let round = 0; round < 4; round++) {
    const worker = new Worker(program('worker'))
    const [port] = await once(worker, 'message') as [number]
    await worker.terminate()
    // Its server is gone: nobody listens there any more.
    await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' })
  }
  // The kernel takes down a ring in its own time.
  let { descriptors } = await holdings()
  for (let looks = 0; looks < 100 && descriptors > before.descriptors + 2; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    descriptors = (await holdings()).descriptors
  }
  assert.ok(descriptors <= before.descriptors + 2, `${String(before.descriptors)} → ${String(descriptors)}`)
})

test('close() with thousands in flight ends them all', async () => {
  const pairs = await Promise.all(Array.from({ length: 200 }, () => pair()))
  const connections = pairs.flat()
  const data = Buffer.alloc(2 ** 20)
  const waits = connections.flatMap((connection) => [connection.receive(), ...Array.from({ length: 10 }, () => connection.send(data))])
  const settled = Promise.allSettled(waits)
  await Promise.all(connections.map((connection) => connection.close()))
  const outcomes = await settled
  assert.equal(outcomes.length, 400 * 11)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.ok(['ERR_TRUEAIO_CLOSED', 'ECONNRESET', 'EPIPE'].includes(String((outcome.reason as NodeJS.ErrnoException).code)), String(outcome.reason))
    else if (outcome.value !== undefined) outcome.value.release()
  }
})

test('a peer that resets at any step disturbs nobody else', async () => {
  const server = await listen('127.0.0.1:0')
  const serving = (async () => {
    for await (const connection of server) {
      void (async () => {
        for await (const piece of connection.pieces()) {
          await connection.send(piece.bytes)
          piece.release()
        }
        await connection.shutdown()
      })().catch((error: unknown) => {
        if (!['ECONNRESET', 'EPIPE'].includes(String((error as NodeJS.ErrnoException).code))) throw error
      }).finally(() => void connection.close())
    }
  })()
  const witness = await connect({ host: '127.0.0.1', port: portOf(server) })
  const steps: readonly ((client: net.Socket) => Promise<unknown> | undefined)[] = [
    () => undefined,
    (client) => { client.write('x'); return undefined },
    async (client) => { client.write('x'); await once(client, 'data') },
    async (client) => { client.write(Buffer.alloc(2 ** 20)); await once(client, 'data') },
    async (client) => { client.end('x'); await once(client, 'data') },
    async (client) => { client.pause(); client.write(Buffer.alloc(16 * 2 ** 20)); await new Promise((resolve) => setTimeout(resolve, 20)) },
  ]
  for (let round = 0; round < 10; round++) {
    for (const step of steps) {
      const client = await nodeClient(portOf(server))
      client.on('error', () => undefined)
      await step(client)
      client.resetAndDestroy()
    }
    await witness.send(String(round))
    assert.equal((await witness.receive({ copy: true, timeout: 10_000 }))?.bytes.toString(), String(round))
  }
  await witness.close()
  await server.close()
  await serving
})

test('a busy connection does not starve others', async () => {
  const [busy, drain] = await pair()
  const others = await Promise.all(Array.from({ length: 20 }, () => pair()))
  let moved = 0
  let isOver = false
  const sending = (async () => {
    while (!isOver) await busy.send(Buffer.alloc(2 ** 18))
    await busy.shutdown()
  })()
  const draining = (async () => {
    for await (const piece of drain.pieces()) {
      moved += piece.bytes.length
      piece.release()
    }
  })()
  for (let round = 0; round < 50; round++) {
    await Promise.all(others.map(async ([near, far]: readonly [Connection, Connection]) => {
      await near.send('x')
      ;(await far.receive({ timeout: 10_000 }))?.release()
    }))
  }
  isOver = true
  await Promise.all([sending, draining])
  assert.ok(moved > 0)
  await Promise.all([busy, drain, ...others.flat()].map((connection) => connection.close()))
})

test('reusePort: workers share a port', async () => {
  const first = await listen('127.0.0.1:0', { reusePort: true })
  const second = await listen({ host: '127.0.0.1', port: portOf(first) }, { reusePort: true })
  const counts = [0, 0]
  const take = async (server: typeof first, index: number): Promise<void> => {
    for await (const connection of server) {
      counts[index] = (counts[index] ?? 0) + 1
      await connection.close()
    }
  }
  const taking = [take(first, 0), take(second, 1)]
  for (let index = 0; index < 100; index++) {
    const client = await nodeClient(portOf(first))
    client.resume()
    await once(client, 'end')
    client.destroy()
  }
  await Promise.all([first.close(), second.close()])
  await Promise.all(taking)
  assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), 100)
  assert.ok(counts.every((count) => count > 10), String(counts))
})

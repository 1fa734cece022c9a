// What a busy or a slow connection costs the others: time of their round trips beside one that never stops, and threads of those that never go on.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import http from 'node:http'
import type net from 'node:net'
import { after, before, describe, test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Proactor } from 'trueaio'
import { attach, listen, type Connection } from 'trueaio/net'
import { DRIVERS, nodeClient, pair } from './subjects.js'

const OTHERS = 20
const ROUNDS = 25
/** Who starves waits until the busy one ends, which it does last. Alone a round trip takes some 0.1 ms; the bound is for machines with other work. */
const P99_MILLISECONDS_MAX = 5000
const SLOW = 50

async function answer(connection: Connection): Promise<void> {
  for await (const piece of connection.pieces()) {
    await connection.send(Buffer.from(piece.bytes))
    piece.release()
  }
}

async function roundTrips(near: Connection, times: number[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now()
    await near.send('x')
    ;(await near.receive({ timeout: 60_000 }))?.release()
    times.push(performance.now() - begin)
  }
}

const at = (times: number[], part: number): number => times.sort((one, other) => one - other)[Math.floor(times.length * part)] ?? 0

function told(t: TestContext, what: string, times: number[]): number {
  const p99 = at(times, 0.99)
  t.diagnostic(`${what}: median ${at(times, 0.5).toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, longest ${at(times, 1 - 1 / times.length).toFixed(2)} ms`)
  return p99
}

const threads = (): number => readdirSync('/proc/self/task').length

for (const [name, make] of DRIVERS) {
  describe(`fairness on ${name}`, () => {
    let proactor: Proactor
    before(() => {
      proactor = make()
    })
    after(() => proactor.close())

    test(`round trips of ${String(OTHERS)} connections beside one that is always busy`, async (t) => {
      const [busy, drain] = await pair({ proactor })
      const others = await Promise.all(Array.from({ length: OTHERS }, () => pair({ proactor })))
      const answering = others.map(([, far]) => answer(far))
      const alone: number[] = []
      await Promise.all(others.map(([near]) => roundTrips(near, alone)))
      told(t, 'alone', alone)
      let isOver = false
      let bytes = 0
      const sending = (async () => {
        const data = Buffer.alloc(2 ** 20)
        while (!isOver) await busy.send(data)
        await busy.shutdown()
      })()
      const draining = (async () => {
        for await (const piece of drain.pieces()) {
          bytes += piece.bytes.length
          piece.release()
        }
      })()
      const beside: number[] = []
      await Promise.all(others.map(([near]) => roundTrips(near, beside)))
      isOver = true
      await Promise.all([sending, draining])
      const p99 = told(t, `beside ${String(bytes >> 20)} MiB`, beside)
      assert.ok(bytes > 0)
      assert.ok(p99 < P99_MILLISECONDS_MAX, `p99 ${String(p99)} ms`)
      await Promise.all(others.map(([near]) => near.close()))
      await Promise.all(answering)
      await Promise.all([busy, drain, ...others.map(([, far]) => far)].map((connection) => connection.close()))
    })

    test(`${String(SLOW)} clients that send their heads byte by byte, and ${String(SLOW)} that read nothing, hold no threads`, async () => {
      const server = http.createServer((asked, response) => response.end(asked.url === '/large' ? Buffer.alloc(4 * 2 ** 20) : 'served'))
      void attach(server, await listen('127.0.0.1:0', { proactor }))
      await once(server, 'listening')
      const { port } = server.address() as net.AddressInfo
      const before = threads()
      const slow = await Promise.all(Array.from({ length: SLOW }, () => nodeClient(port)))
      const deaf = await Promise.all(Array.from({ length: SLOW }, () => nodeClient(port)))
      for (const client of deaf) {
        client.pause()
        client.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
      }
      for (const letter of 'GET / HTTP/1.1\r\nHo') {
        for (const client of slow) client.write(letter)
        await pause(2)
      }
      // Whoever is quick is served meanwhile.
      const served = await fetch(`http://127.0.0.1:${String(port)}/`)
      assert.equal(await served.text(), 'served')
      assert.ok(threads() - before < 16, `${String(threads() - before)} threads more`)
      for (const client of [...slow, ...deaf]) client.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
  })
}

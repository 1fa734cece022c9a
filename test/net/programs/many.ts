// Many connections in one process, both ends: idle, one of them busy, then closed. Prints figures as JSON.
//   node many.js connections
import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { connect, listen, type Connection } from 'trueaio/net'

const count = Number(process.argv[2])
const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined)

function rss(): number {
  collect()
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
}

const descriptors = (): number => readdirSync('/proc/self/fd').length

const server = await listen('127.0.0.1:0', { backlog: 4096 })
const port = server.address.family === 'Unix' ? 0 : server.address.port
const near: Connection[] = []
const far: Connection[] = []

async function open(connections: number): Promise<void> {
  for (let index = 0; index < connections; index++) {
    const accepted = server.accept()
    near.push(await connect({ host: '127.0.0.1', port }))
    far.push(await accepted as Connection)
  }
}

/** Microseconds of processor time for one round trip of the first connection. */
async function roundTrips(rounds: number): Promise<number> {
  const [client, peer] = [near[0] as Connection, far[0] as Connection]
  const cpu = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    await client.send('ping')
    ;(await peer.receive())?.release()
    await peer.send('pong')
    ;(await client.receive())?.release()
  }
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / rounds
}

await open(2)
// Somebody waits, as later thousands do: a loop that waits for nothing else takes other ways.
const witness = near[1]?.receive().catch(() => undefined)
await roundTrips(3000)
const aloneMicroseconds = await roundTrips(3000)
const descriptorsBefore = descriptors()
const rssBefore = rss()
await open(count)
const waits = [...near, ...far].filter((connection) => ![near[0], near[1], far[0]].includes(connection))
  .map((connection) => connection.receive().then(() => 'ended', (error: unknown) => String((error as NodeJS.ErrnoException).code)))
await turn()
const rssIdle = rss()
await roundTrips(3000) // compiled code that the collector has dropped is made again
const amongMicroseconds = await roundTrips(3000)
const start = performance.now()
await Promise.all([...near, ...far].map((connection) => connection.close()))
const closeMilliseconds = performance.now() - start
const answers = [...new Set(await Promise.all(waits))].sort()
await witness
near.length = 0
far.length = 0
await turn()
const left = descriptors() - descriptorsBefore + 4
await server.close()
process.stdout.write(JSON.stringify({ aloneMicroseconds, amongMicroseconds, bytesEach: (rssIdle - rssBefore) / (2 * count), closeMilliseconds, answers, left }))

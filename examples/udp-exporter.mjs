// Collects counters that programs send as datagrams (`name:number`), and sends their sums, one line each, to another address every
// second and at Ctrl-C.
//   node examples/udp-exporter.mjs 127.0.0.1:8125:udp 127.0.0.1:9125:udp
import { timer, Proactor } from 'trueaio'
import { datagram } from 'trueaio/net'

const [from, to, interval = '1'] = process.argv.slice(2)
if (to === undefined) {
  console.error('usage: node examples/udp-exporter.mjs listen-address target-address [seconds]')
  process.exit(2)
}
const sums = new Map()
const socket = await datagram(from)
console.log(`bound to port ${socket.address.port}`)

async function send() {
  if (sums.size === 0) return
  const lines = [...sums].map(([name, sum]) => `${name}:${sum}\n`).join('')
  sums.clear()
  await socket.send(lines, to)
}

const io = new Proactor()
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
const ticking = (async () => {
  for await (const tick of io.iterate(timer(Number(interval) * 1000, { multishot: true }), { signal: stop.signal })) if (tick > 0) await send()
})().catch((error) => {
  if (error.name !== 'AbortError') throw error
}).then(async () => {
  await send()
  await socket.close()
  await io.close()
})

for await (const message of socket) {
  for (const [, name, number] of message.bytes.toString().matchAll(/^(\w+):(\d+)$/gm)) sums.set(name, (sums.get(name) ?? 0) + Number(number))
  message.release()
}
await ticking

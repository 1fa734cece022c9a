// Benchmark — the load generator of the suite `net`, in a process of its own, so that only the servers' time is measured: connections that each
// wait for the answer before they ask again. net-server.ts starts it.
import dgram from 'node:dgram'
import net from 'node:net'

/** What to do, as JSON in the first argument. */
export interface Load {
  readonly kind: 'stream' | 'datagram' | 'pump'
  readonly port: number
  readonly connections: number
  readonly request: string
  /** Bytes of an answer. */
  readonly answerBytes: number
  /** Of a pump: where what was sent comes out again. */
  readonly sinkPort: number
}

const load = JSON.parse(process.argv[2] ?? '{}') as Load
let done = 0
let isOn = false

function count(): void {
  done++
}

/** Asks when it is on, and again at each whole answer. */
function ask(send: () => void): { readonly answered: (bytes: number) => void, readonly wake: () => void } {
  let received = 0
  let waits = false
  const wake = (): void => {
    if (!isOn || waits) return
    waits = true
    send()
  }
  return {
    wake,
    answered(bytes): void {
      received += bytes
      if (received < load.answerBytes) return
      received -= load.answerBytes
      waits = false
      count()
      wake()
    },
  }
}

const wakes: (() => void)[] = []

function startStream(): void {
  const socket = net.connect({ port: load.port, host: '127.0.0.1', noDelay: true })
  const { answered, wake } = ask(() => socket.write(load.request))
  socket.on('data', (part) => answered(part.length))
  socket.on('error', fail)
  wakes.push(wake)
}

function startDatagram(): void {
  const socket = dgram.createSocket('udp4')
  const request = Buffer.from(load.request)
  const { answered, wake } = ask(() => socket.send(request, load.port, '127.0.0.1'))
  socket.on('message', (message) => answered(message.length))
  socket.on('error', fail)
  wakes.push(wake)
}

/** Sends as much as it can, and counts each MiB that comes out at the other end. */
function startPump(): void {
  const chunk = Buffer.alloc(load.answerBytes)
  const { answered, wake } = ask(() => socket.write(chunk))
  net.createServer((end) => {
    end.on('data', (part) => answered(part.length))
    end.on('error', fail)
  }).listen(load.sinkPort, '127.0.0.1', () => wakes.push(wake))
  const socket = net.connect({ port: load.port, host: '127.0.0.1' })
  socket.on('error', fail)
}

function fail(error: Error): void {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

const start = { stream: startStream, datagram: startDatagram, pump: startPump }[load.kind]
for (let index = 0; index < load.connections; index++) start()
// A datagram that was lost is asked for again.
if (load.kind === 'datagram') setInterval(() => undefined, 1000)

process.on('message', (message: 'on' | 'off' | 'count') => {
  isOn = message === 'on' || (message === 'count' && isOn)
  for (const wake of wakes) wake()
  process.send?.(done)
  done = 0
})
process.on('disconnect', () => process.exit(0))

// A worker with a server and connections in flight, which its parent terminates.
import { parentPort } from 'node:worker_threads'
import { connect, datagram, listen } from 'trueaio/net'

const server = await listen('127.0.0.1:0', { reusePort: true })
const port = server.address.family === 'Unix' ? 0 : server.address.port
for (let index = 0; index < 50; index++) {
  const accepted = server.accept()
  const near = await connect({ host: '127.0.0.1', port })
  const far = await accepted
  far?.receive().catch(() => undefined)
  near.receive().catch(() => undefined)
  near.send(Buffer.alloc(2 ** 22)).catch(() => undefined)
}
const socket = await datagram('127.0.0.1:0')
socket.receive().catch(() => undefined)
server.accept().catch(() => undefined)
parentPort?.postMessage(port)

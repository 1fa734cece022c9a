// A worker with sockets of every kind, which stays until it is told to end, or is terminated in the middle of its work.
import { parentPort, workerData } from 'node:worker_threads'
import { accept, bind, close, getsockname, listen, Proactor, recv, socket, SocketFamily, socketpair, SocketType } from 'trueaio'

const { driver, ending } = workerData as { readonly driver: string | readonly string[]; readonly ending: string }
const port = parentPort as NonNullable<typeof parentPort>
const io = new Proactor({ driver })

const server = await io.submit(socket(SocketFamily.AF_INET, SocketType.SOCK_STREAM))
await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
await io.submit(listen(server, 128))
const address = await io.submit(getsockname(server))
const [first, second] = await io.submit(socketpair(SocketFamily.AF_UNIX, SocketType.SOCK_STREAM))
await io.submit(close(first))
const group = io.bufferGroup({ count: 4, size: 4096 })
void io.submit(recv(second, group)).then((piece) => piece.release())
port.on('message', () => {
  if (ending === 'exits') process.exit()
  // From here on nothing is looked at any more: what is accepted now, nobody takes.
  port.postMessage('blocked')
  for (;;);
})
port.postMessage(address)
let accepted = 0
for await (const fd of io.iterate(accept(server, { multishot: true }))) {
  void io.submit(recv(fd, group)).catch(() => undefined)
  if (++accepted % 3 === 0) await io.submit(close(fd))
  if (accepted === 9) port.postMessage('accepted')
}

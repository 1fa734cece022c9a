// Accepts while no descriptor number is left, and once more when some are.
import { closeSync, openSync } from 'node:fs'
import { accept, bind, connect, getsockname, listen, Proactor, recv, send, socket, SocketFamily, socketpair, SocketType, type IpAddress, type SystemError } from 'trueaio'

const { AF_INET, AF_UNIX } = SocketFamily
const { SOCK_STREAM } = SocketType

const io = new Proactor({ driver: JSON.parse(process.argv[2] ?? '') as string | string[] })
const server = await io.submit(socket(AF_INET, SOCK_STREAM))
await io.submit(bind(server, { address: '127.0.0.1', port: 0 }))
await io.submit(listen(server))
const at = await io.submit(getsockname(server)) as IpAddress

// What a driver needs for itself it opens when something first waits.
const [one, other] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
const waiting = io.submit(recv(one, Buffer.alloc(1)))
await io.submit(send(other, Buffer.alloc(1)))
await waiting

const near = [await io.submit(socket(AF_INET, SOCK_STREAM)), await io.submit(socket(AF_INET, SOCK_STREAM))]
await Promise.all(near.map((fd) => io.submit(connect(fd, at))))

const taken: number[] = []
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch (error) {
  if ((error as SystemError).code !== 'EMFILE') throw error
}
const first = await io.submit(accept(server)).catch((error: unknown) => (error as SystemError).code)
const again = io.iterate(accept(server, { multishot: true }))
const second = await again.next().then(() => 'accepted', (error: unknown) => (error as SystemError).code)
taken.forEach(closeSync)

const far: number[] = []
for await (const fd of io.iterate(accept(server, { multishot: true }))) if (far.push(fd) === near.length) break
await io.submit(send(near[0] as number, Buffer.from('x')))
await io.submit(recv(far[0] as number, Buffer.alloc(1)), { timeout: 10_000 })
console.log(first, second, far.length, 'accepted')
await io.close()

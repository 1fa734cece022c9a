// What a socket was given to send right before the end of the process the kernel still takes, as it does from node:net, whose writes are tried at once.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { DRIVERS } from './subjects.js'

const NET = import.meta.resolve('trueaio/net')
const ENDS: Readonly<Record<string, string>> = {
  'in the same piece of JavaScript': 'send(); process.exit()',
  'in the next microtask': 'send(); await undefined; process.exit()',
  'in the next tick': 'send(); process.nextTick(() => process.exit())',
}
const SENDERS: Readonly<Record<string, string>> = {
  'node:net': `const socket = (await import('node:net')).connect(port, '127.0.0.1'); await once(socket, 'connect'); const send = () => socket.write('last words')`,
  'a stream': `const socket = createConnection({ port, host: '127.0.0.1' }); await once(socket, 'connect'); const send = () => socket.write('last words')`,
  'a connection': `const peer = await connect('127.0.0.1:' + port); const send = () => { void peer.send('last '); void peer.send('words') }`,
}

async function heardOf(sender: string, end: string, driver: string): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const program = `
    import { once } from 'node:events'
    import { connect, createConnection } from '${NET}'
    const port = ${String((server.address() as net.AddressInfo).port)}
    ${sender}
    ${end}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit', env: { ...process.env, TRUEAIO_DRIVER: driver } })
  const [socket] = await once(server, 'connection') as [net.Socket]
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  socket.on('error', () => (heard += ', and a reset'))
  await Promise.all([once(socket, 'close'), child.exitCode === null ? once(child, 'exit') : undefined])
  server.close()
  return heard
}

for (const [name] of DRIVERS) {
  test(`last words on ${name}`, async () => {
    for (const [sender, make] of Object.entries(SENDERS)) {
      if (sender === 'node:net' && name !== DRIVERS[0]?.[0]) continue // once is enough
      const heard = await Promise.all(Object.values(ENDS).map((end) => heardOf(make, end, name)))
      assert.deepEqual(heard, Object.keys(ENDS).map(() => 'last words'), sender)
    }
  })
}

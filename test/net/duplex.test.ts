// The stream of a connection against node:net's documented behaviour: each program runs on both, and must see the same.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type net from 'node:net'
import { describe, test } from 'node:test'
import { logEvents, nodeTwin, ourTwin, portOf, type Twin } from './twins.js'

/** One program; what it returns must be the same on both. */
type Program = (twin: Twin) => Promise<unknown>

/** Until it is closed, whatever it emits before. */
function closed(socket: net.Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}

/** Serves one connection, runs a program with both ends, and waits until both are closed. */
async function withPair(twin: Twin, options: net.ServerOpts, act: (server: net.Socket, client: net.Socket, log: string[]) => Promise<unknown> | undefined, clientOptions: Partial<net.TcpNetConnectOpts> = {}): Promise<unknown> {
  const log: string[] = []
  let accept: (socket: net.Socket) => void
  const accepted = new Promise<net.Socket>((resolve) => (accept = resolve))
  const server = await twin.serve(options, (socket) => {
    logEvents(socket, 'server', log)
    accept(socket)
  })
  const client = twin.connect({ port: portOf(server), host: '127.0.0.1', ...clientOptions })
  const clientClosed = closed(client)
  logEvents(client, 'client', log)
  const socket = await accepted
  const serverClosed = closed(socket)
  if (client.connecting) await once(client, 'connect')
  const more = await act(socket, client, log)
  await Promise.all([clientClosed, serverClosed])
  await new Promise((resolve) => server.close(resolve))
  // What one end hears is in order; what the two hear has none between them.
  return { server: log.filter((line) => line.startsWith('server')), client: log.filter((line) => line.startsWith('client')), more }
}

const programs: Readonly<Record<string, Program>> = {
  'a request, an answer, both end': (twin) => withPair(twin, {}, async (server, client) => {
    server.setEncoding('utf8')
    client.setEncoding('utf8')
    const heard: string[] = []
    server.on('data', (text: string) => {
      heard.push(text)
      server.end('answer')
    })
    client.on('data', (text: string) => heard.push(text))
    client.write('request')
    await closed(client)
    return [heard, server.bytesRead, server.bytesWritten, client.bytesRead, client.bytesWritten, client.readyState]
  }),
  'the client ends first; a server that is not half-open ends as well': (twin) => withPair(twin, {}, (server, client) => {
    server.resume()
    client.resume()
    client.end('bye')
    return undefined
  }),
  'half-open: the server goes on after the client’s end': (twin) => withPair(twin, { allowHalfOpen: true }, async (server, client) => {
    const parts: string[] = []
    client.setEncoding('utf8').on('data', (text: string) => parts.push(text))
    server.resume()
    client.end()
    await once(server, 'end')
    const states = [server.readyState, server.writable, server.readable]
    server.end('late')
    await closed(client)
    return [parts, states]
  }),
  'a write after the peer’s end is EPIPE where half-open is not allowed': (twin) => withPair(twin, {}, async (server, client) => {
    server.resume()
    client.resume()
    server.pause()
    const heard: unknown[] = []
    client.end()
    server.once('end', () => server.write('too late', (error) => heard.push((error as NodeJS.ErrnoException | undefined)?.code)))
    server.resume()
    await closed(server)
    return heard
  }),
  'destroy with an error': (twin) => withPair(twin, {}, (server, client) => {
    client.on('data', () => undefined)
    server.destroy(new Error('enough'))
    return undefined
  }),
  'destroy of both': (twin) => withPair(twin, {}, (server, client) => {
    server.destroy()
    client.destroy()
    return undefined
  }),
  'what was written before destroy() is sent': (twin) => withPair(twin, {}, async (server, client) => {
    const parts: string[] = []
    client.setEncoding('utf8').on('data', (text: string) => parts.push(text))
    server.write('last words')
    server.destroy()
    await closed(client)
    return parts
  }),
  'several writes before destroy() are all sent, and each is answered': (twin) => withPair(twin, {}, async (server, client) => {
    const parts: string[] = []
    let answers = 0
    client.setEncoding('utf8').on('data', (text: string) => parts.push(text))
    for (const word of ['first ', 'second ', 'third']) server.write(word, () => answers++)
    server.destroy()
    await Promise.all([closed(client), closed(server)])
    return [parts.join(''), answers, server.bytesWritten, server.writableLength]
  }),
  'a write that waits for a connection is answered when the stream is destroyed': async (twin) => {
    const server = await twin.serve({}, (socket) => void socket.on('error', () => undefined).resume())
    const client = twin.connect({ port: portOf(server), host: '127.0.0.1' })
    const heard: unknown[] = []
    client.write('x', (error) => heard.push((error as NodeJS.ErrnoException | undefined)?.code))
    heard.push(client.bytesWritten)
    client.destroy()
    await closed(client)
    await new Promise((resolve) => server.close(resolve))
    return heard
  },
  'resetAndDestroy destroys at once': (twin) => withPair(twin, {}, (server, client) => {
    client.resume()
    server.resetAndDestroy()
    assert.equal(server.destroyed, true)
    return undefined
  }),
  'a Unix socket has no reset': async (twin) => {
    const path = `\0trueaio-reset-${String(process.pid)}-${twin.name}`
    const server = await twin.serveAt({ path }, {}, (socket) => void socket.resume())
    const client = twin.connect({ path })
    const codes: unknown[] = []
    const tryReset = (): void => {
      try {
        client.resetAndDestroy()
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code, client.destroyed)
      }
    }
    tryReset()
    await once(client, 'connect')
    tryReset()
    client.destroy()
    await closed(client)
    await new Promise((resolve) => server.close(resolve))
    return codes
  },
  'a reset is read as ECONNRESET': (twin) => withPair(twin, {}, (server, client) => {
    client.resume()
    server.resetAndDestroy()
    return undefined
  }),
  'a client’s reset, seen by a server that reads': (twin) => withPair(twin, {}, (server, client) => {
    server.resume()
    client.resetAndDestroy()
    return undefined
  }),
  'timeouts': (twin) => withPair(twin, {}, async (server, client) => {
    const heard: unknown[] = [server.timeout]
    server.setTimeout(50, () => heard.push('listener'))
    heard.push(server.timeout)
    await once(server, 'timeout')
    server.setTimeout(0)
    heard.push(server.timeout)
    server.destroy()
    client.destroy()
    return heard
  }),
  'write after end, and its callback': (twin) => withPair(twin, {}, async (server, client) => {
    const heard: unknown[] = []
    server.resume()
    client.end()
    client.write('x', (error) => heard.push((error as NodeJS.ErrnoException | undefined)?.code))
    await closed(client)
    return heard
  }),
  'large writes, drain, and back-pressure': (twin) => withPair(twin, {}, async (server, client) => {
    const size = 4 * 2 ** 20
    const took = client.write(Buffer.alloc(size, 'x'))
    const length = client.writableLength
    let bytes = 0
    server.on('data', (chunk: Buffer) => (bytes += chunk.length))
    if (!took) await once(client, 'drain')
    client.end()
    await once(server, 'end')
    server.end()
    return [took, length, bytes === size]
  }),
  'corked writes, strings in several encodings': (twin) => withPair(twin, {}, async (server, client) => {
    client.cork()
    client.write('häh', 'latin1')
    client.write('häh')
    client.write('616263', 'hex')
    client.write('YQ==', 'base64')
    client.uncork()
    client.end()
    const parts: Buffer[] = []
    server.on('data', (part: Buffer) => parts.push(part))
    await once(server, 'end')
    return Buffer.concat(parts).toString('hex')
  }),
  'addresses and state': (twin) => withPair(twin, {}, async (server, client) => {
    const same = [server.remotePort === client.localPort, server.localPort === client.remotePort, JSON.stringify(server.address()) === JSON.stringify({ address: '127.0.0.1', family: 'IPv4', port: server.localPort })]
    const rest = [server.remoteAddress, server.remoteFamily, server.localAddress, server.localFamily, server.readyState, server.pending, server.connecting, client.readyState, client.pending]
    server.setNoDelay().setNoDelay(false).setKeepAlive(true, 2000).ref().unref().ref()
    server.destroy()
    const gone = [server.remoteAddress, server.readyState, server.destroyed, server.writable]
    client.resume()
    await closed(client)
    return [same, rest, gone]
  }),
  'writes before the connection is there': async (twin) => {
    const parts: string[] = []
    const server = await twin.serve({}, (socket) => socket.setEncoding('utf8').on('data', (text: string) => parts.push(text)))
    const client = twin.connect({ port: portOf(server), host: '127.0.0.1' })
    const states = [client.connecting, client.pending, client.readyState, client.localPort]
    client.write('before ')
    client.end('end')
    client.resume()
    await closed(client)
    await new Promise((resolve) => server.close(resolve))
    return [states, parts.join('')]
  },
  'nobody listens: ECONNREFUSED': async (twin) => {
    const server = await twin.serve({}, () => undefined)
    const port = portOf(server)
    await new Promise((resolve) => server.close(resolve))
    const client = twin.connect({ port, host: '127.0.0.1' })
    const log: string[] = []
    client.on('close', (hadError) => log.push(`close ${String(hadError)}`))
    client.on('error', (error: NodeJS.ErrnoException & { address?: string, port?: number }) => {
      log.push(`${error.message.replace(String(port), 'port')} ${String(error.code)} ${String(error.errno)} ${String(error.syscall)} ${String(error.address)} ${String(error.port === port)}`)
    })
    await closed(client)
    return log
  },
  'destroyed while it connects': async (twin) => {
    const server = await twin.serve({}, (socket) => void socket.on('error', () => undefined).resume())
    const client = twin.connect({ port: portOf(server), host: '127.0.0.1' })
    const log: string[] = []
    logEvents(client, 'client', log)
    client.destroy()
    await closed(client)
    await new Promise((resolve) => server.close(resolve))
    return log
  },
  'a server’s close waits for its connections; getConnections counts them': async (twin) => {
    const sockets: net.Socket[] = []
    const server = await twin.serve({}, (socket) => sockets.push(socket))
    const client = twin.connect({ port: portOf(server), host: '127.0.0.1' })
    client.resume()
    await once(server, 'connection')
    const count = await new Promise((resolve) => server.getConnections((_, connections) => resolve(connections)))
    let isClosed = false
    const closed = new Promise<void>((resolve) => server.close(() => {
      isClosed = true
      resolve()
    }))
    await new Promise((resolve) => setTimeout(resolve, 30))
    const before = [count, server.listening, isClosed]
    sockets[0]?.destroy()
    await closed
    return [before, isClosed]
  },
  'maxConnections drops': async (twin) => {
    const server = await twin.serve({}, (socket) => void socket.resume())
    server.maxConnections = 1
    const first = twin.connect({ port: portOf(server), host: '127.0.0.1' })
    await once(first, 'connect')
    const dropped = once(server, 'drop')
    const second = twin.connect({ port: portOf(server), host: '127.0.0.1' })
    second.on('error', () => undefined).resume()
    const [told] = await dropped as [net.DropArgument]
    await closed(second)
    first.destroy()
    await new Promise((resolve) => server.close(resolve))
    return [told.localAddress, told.localFamily, typeof told.remotePort]
  },
  'an exception in a data listener is uncaught, and others are served': (twin) => withPair(twin, {}, async (server, client) => {
    const caught: unknown[] = []
    const own = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => caught.push(error.message))
    server.once('data', () => {
      throw new Error('of a listener')
    })
    client.write('x')
    client.resume()
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const listener of own) process.on('uncaughtException', listener)
    server.resume()
    client.end()
    return caught
  }),
}

describe('a stream of a connection is as node:net’s', () => {
  for (const [name, program] of Object.entries(programs)) {
    test(name, { timeout: 30_000 }, async () => {
      const wanted = await program(nodeTwin)
      assert.deepEqual(await program(ourTwin), wanted)
    })
  }
})

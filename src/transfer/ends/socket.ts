// ① interface — stream sockets as ends: a connection of trueaio/net, or an address that is connected to, 'host:port:tcp' or 'unix:/run/x'.
import { connect } from '../../net/connect.js'
import type { AddressArgument } from '../../net/address.js'
import type { Connection } from '../../net/connection.js'
import type { Opening, OpenSource, OpenTarget, SourceEnd, TargetEnd } from './end.js'

/** How long a peer may take to read what it was sent, and to end. Closing before would throw away what it has not read. */
const LINGER_MILLISECONDS = 1000

/** A connection that its user opened, and closes. */
export function connectionSource(connection: Connection): SourceEnd {
  return { name: nameOf(connection), open: () => Promise.resolve(receivingFrom(connection, () => Promise.resolve())) }
}

/** @param end false: its sending side stays open */
export function connectionTarget(connection: Connection, end: boolean): TargetEnd {
  return {
    name: nameOf(connection),
    open: () => Promise.resolve(sendingTo(connection, {
      commit: () => (end ? connection.shutdown() : Promise.resolve()),
      // A partial send cannot be withdrawn: the peer must see that it is incomplete.
      abandon: () => (end ? connection.reset() : Promise.resolve()),
    })),
  }
}

export function addressSource(address: AddressArgument, name: string): SourceEnd {
  return {
    name,
    async open({ signal }: Opening): Promise<OpenSource> {
      const connection = await connect(address, { signal })
      return receivingFrom(connection, () => connection.close())
    },
  }
}

export function addressTarget(address: AddressArgument, name: string): TargetEnd {
  return {
    name,
    async open({ signal }: Opening): Promise<OpenTarget> {
      const connection = await connect(address, { signal })
      return sendingTo(connection, {
        async commit(): Promise<void> {
          await connection.shutdown()
          await untilPeerEnds(connection, signal)
          await connection.close()
        },
        abandon: () => connection.reset(),
      })
    },
  }
}

function nameOf(connection: Connection): string {
  const { remoteAddress } = connection
  if (remoteAddress === undefined || remoteAddress.family === 'Unix') return `connection on descriptor ${String(connection.fd)}`
  return `connection to ${remoteAddress.address}:${String(remoteAddress.port)}`
}

function receivingFrom(connection: Connection, close: () => Promise<void>): OpenSource {
  return { kind: 'socket', size: undefined, connection, receive: (buffer, signal) => connection.receiveInto(buffer, { signal }), close }
}

function sendingTo(connection: Connection, ends: Pick<OpenTarget, 'commit' | 'abandon'>): OpenTarget {
  return { kind: 'socket', isFresh: false, connection, push: (bytes, signal) => connection.send(bytes, { signal }), ...ends }
}

async function untilPeerEnds(connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    for await (const piece of connection.pieces({ timeout: LINGER_MILLISECONDS, signal })) piece.release()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ETIMEDOUT' || signal.aborted) throw error
  }
}

// ① interface — 'host:port:udp' as an end: each piece is a datagram. An empty one says that there are no more.
import { datagram } from '../../net/datagram.js'
import type { Opening, OpenSource, OpenTarget, SourceEnd, TargetEnd } from './end.js'

/** What no path splits: IPv6's least MTU of 1280 bytes, less 48 for the headers. */
const DATAGRAM_BYTES = 1232
const DATAGRAM_BYTES_MAX = 65507
const EMPTY = new Uint8Array(0)

/** Is bound to the address, and gives what comes until an empty datagram. */
export function datagramSource(address: string): SourceEnd {
  return {
    name: address,
    async open({ signal }: Opening): Promise<OpenSource> {
      const socket = await datagram(address, { signal })
      return {
        kind: 'socket', size: undefined, close: () => socket.close(),
        async next(ending) {
          const message = await socket.receive({ signal: ending })
          return message === undefined || message.bytes.length === 0 ? undefined : message
        },
      }
    },
  }
}

/** @param pieceBytes of one datagram; undefined: what no path splits. @param end an empty datagram goes behind the last */
export function datagramTarget(address: string, pieceBytes: number | undefined, end: boolean): TargetEnd {
  const most = Math.min(pieceBytes ?? DATAGRAM_BYTES, DATAGRAM_BYTES_MAX)
  return {
    name: address,
    async open({ signal }: Opening): Promise<OpenTarget> {
      const socket = await datagram(':0:udp', { peer: address, signal })
      return {
        kind: 'socket', isFresh: false, abandon: () => socket.close(),
        async push(bytes, ending) {
          for (let at = 0; at < bytes.length; at += most) await socket.send(bytes.subarray(at, at + most), undefined, { signal: ending })
        },
        async commit() {
          if (end) await socket.send(EMPTY)
          await socket.close()
        },
      }
    },
  }
}

// ① interface — a listening socket: its connections for `for await` or `accept()`, in the order of their arrival.
import { closeKept } from '../lasting.js'
import { unlink } from 'node:fs/promises'
import type { SocketAddress } from '../operation/address.js'
import { accept } from '../operation/socket.js'
import type { Proactor } from '../proactor/proactor.js'
import { ArrivalSource } from './arrival-source.js'
import type { TakeOptions } from './arrival-takers.js'
import { ArrivalLine } from './arrivals.js'
import { Connection } from './connection.js'

/** What ended one connection before it was accepted, and says nothing of the next: accept(2). */
const OF_ONE_CONNECTION: ReadonlySet<number> = new Set([
  -1 /* EPERM: a firewall */, -71 /* EPROTO */, -92 /* ENOPROTOOPT */, -100 /* ENETDOWN */, -101 /* ENETUNREACH */, -103 /* ECONNABORTED */,
  -112 /* EHOSTDOWN */, -113 /* EHOSTUNREACH */,
])
const NONE: ReadonlySet<number> = new Set()

/**
 * Yields connections in order of arrival. Leaving the loop stops accepting; the server keeps listening, and can be
 * iterated again.
 */
export class Server extends ArrivalSource<Connection> {
  readonly #io: Proactor
  readonly #unlinkPath: string | undefined

  /** Use `listen`. @internal */
  constructor(io: Proactor, fd: number, address: SocketAddress, unlinkPath: string | undefined) {
    super(io, fd, address, new ArrivalLine<number, number, Connection>({
      io, operation: (multishot) => accept(fd, { multishot }), arrived: (peer) => peer,
      handOut: (peer: number) => new Connection(io, peer, address.family !== 'Unix'), discard: (peer) => closeKept(io, peer),
      passedOver: OF_ONE_CONNECTION, toldOnce: NONE,
    }))
    this.#io = io
    this.#unlinkPath = unlinkPath
  }

  /**
   * Resolves to the next connection; undefined: the server was closed. Several calls are served in turn.
   * @throws ETIMEDOUT, AbortError, errors of accept(2)
   */
  accept(options: TakeOptions = {}): Promise<Connection | undefined> {
    return this.next(options, 'accept')
  }

  /** How connections are accepted. */
  explain(): string {
    return this.#io.explain(accept(this.fd, { multishot: true }))
  }

  /** A Unix socket's path is removed. */
  protected override async closed(): Promise<void> {
    if (this.#unlinkPath !== undefined) await unlink(this.#unlinkPath).catch(ignoreAbsent)
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

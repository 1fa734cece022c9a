// ① interface — a listening socket: its connections for `for await` or `accept()`, in the order of their arrival.
import { unlink } from 'node:fs/promises'
import { close } from '../operation/file.js'
import type { SocketAddress } from '../operation/address.js'
import { accept } from '../operation/socket.js'
import type { Proactor } from '../proactor/proactor.js'
import { Arrivals, takeWithin, type TakeOptions } from './arrival-takers.js'
import { ArrivalLine } from './arrivals.js'
import { Connection } from './connection.js'

/** What ended one connection before it was accepted, and says nothing of the next: accept(2). */
const OF_ONE_CONNECTION: ReadonlySet<number> = new Set([
  -1 /* EPERM: a firewall */, -71 /* EPROTO */, -92 /* ENOPROTOOPT */, -100 /* ENETDOWN */, -101 /* ENETUNREACH */, -103 /* ECONNABORTED */,
  -112 /* EHOSTDOWN */, -113 /* EHOSTUNREACH */,
])
const NONE: ReadonlySet<number> = new Set()

export class Server implements AsyncIterable<Connection, undefined>, AsyncDisposable {
  readonly #io: Proactor
  readonly #line: ArrivalLine<number, number, Connection>
  readonly #unlinkPath: string | undefined
  #whenClosed: Promise<void> | undefined = undefined
  /** Its descriptor. It stays the server's: do not close it. */
  readonly fd: number
  /** Where it listens: the port that the system chose, if it was asked to. */
  readonly address: SocketAddress

  /** Use `listen`. */
  constructor(io: Proactor, fd: number, address: SocketAddress, unlinkPath: string | undefined) {
    this.#io = io
    this.fd = fd
    this.address = address
    this.#unlinkPath = unlinkPath
    this.#line = new ArrivalLine({
      io, operation: (multishot) => accept(fd, { multishot }), arrived: (peer) => peer,
      handOut: (peer: number) => new Connection(io, peer, address.family !== 'Unix'), discard: (peer) => io.submit(close(peer)),
      passedOver: OF_ONE_CONNECTION, toldOnce: NONE,
    })
  }

  get isClosed(): boolean {
    return this.#whenClosed !== undefined
  }

  /** The next connection; undefined: the server was closed. Several calls are answered in turn. @throws ETIMEDOUT, AbortError, what accept(2) says */
  accept(options: TakeOptions = {}): Promise<Connection | undefined> {
    return takeWithin(this.#line, options, 'accept')
  }

  /** Connections as they come, until the server is closed. Leaving the loop stops accepting; the server stays, and can be iterated again. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Connection, undefined> {
    return new Arrivals(this.#line)
  }

  /** Its waits keep the process alive (the default). */
  ref(): this {
    this.#line.setReferenced(true)
    return this
  }

  /** Its waits do not keep the process alive. */
  unref(): this {
    this.#line.setReferenced(false)
    return this
  }

  /** How connections are accepted. */
  explain(): string {
    return this.#io.explain(accept(this.fd, { multishot: true }))
  }

  /** Stops listening. Who waits for a connection is answered undefined; connections that were taken go on. A Unix socket's path is removed. */
  close(): Promise<void> {
    this.#whenClosed ??= this.#close()
    return this.#whenClosed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#line.close()
    await this.#io.submit(close(this.fd))
    if (this.#unlinkPath !== undefined) await unlink(this.#unlinkPath).catch(ignoreAbsent)
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

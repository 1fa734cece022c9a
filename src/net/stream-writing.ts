// ① interface — the writing side of a connection's stream: one write on the wire, its bytes and its parts of files in turn; behind all writes the
// end; and what a stream that is destroyed still tries to send. duplex.ts asks it.
import { IOV_MAX } from '../operation/file.js'
import type { Operation, View } from '../operation/operation.js'
import { sendInTurn, shutdown, Shutdown } from '../operation/socket.js'
import { byteLengthOf } from '../operation/view.js'
import type { Failure } from '../proactor/failure.js'
import { behind } from './behind.js'
import { FileWrite, type Part } from './file-writes.js'
import { streamDestroyed, streamError } from './node-errors.js'
import type { OpenSocket, SendListener } from './open-socket.js'

export type Done = (error?: Error | null) => void

/** One write of a stream. */
export interface Write {
  /** What is left of its bytes. */
  views: View[]
  left: number
  /** A part of a file that is sent instead. */
  file: FileWrite | undefined
  /** What comes behind. */
  rest: Part[] | undefined
  readonly done: Done
}

const ENOTCONN = -107

export function bytesIn(views: readonly View[]): number {
  return views.reduce((sum, view) => sum + byteLengthOf(view), 0)
}

export class StreamWriting implements SendListener {
  readonly #answered: () => void
  #socket: OpenSocket | undefined = undefined
  #write: Write | undefined = undefined
  #end: Done | undefined = undefined
  /** The write, or the end, has its answer. */
  #hasAnswer = false
  #error: Error | undefined = undefined
  /** Of a stream that was destroyed: what was written behind the write that is in progress. */
  #lastWords: View[] | undefined = undefined
  #isAbandoned = false
  /** Bytes that were given to the system to send; of files those that were sent. */
  bytesDispatched = 0
  /** What the socket had sent when it was last heard of. */
  #seen = 0

  /** @param answered called inside a driver's loop, when `takeAnswer` has one */
  constructor(answered: () => void) {
    this.#answered = answered
  }

  /** Sends it. One at a time. */
  begin(socket: OpenSocket, write: Write): void {
    this.#socket = socket
    this.#write = write
    if (write.rest !== undefined) this.#sendPart(socket, write, undefined)
    else {
      this.bytesDispatched += write.left
      this.#sendViews(socket, write.views)
    }
  }

  /** Ends what this side sends. */
  end(socket: OpenSocket, done: Done): void {
    this.#end = done
    socket.submitSend(shutdown(socket.fd, Shutdown.SHUT_WR) as Operation as Operation<number>, this)
  }

  /** The write to call back, and with which error. Undefined: none. */
  takeAnswer(): { readonly done: Done, readonly error: Error | undefined } | undefined {
    if (!this.#hasAnswer) return undefined
    const done = this.#write?.done ?? this.#end
    const error = this.#error
    this.#hasAnswer = false
    this.#write = undefined
    this.#end = undefined
    this.#error = undefined
    return done === undefined ? undefined : { done, error }
  }

  /**
   * The stream is destroyed. Its write is tried as far as the system takes it at once, and so is what stands behind it: node:net, which writes at once,
   * would have written it by now.
   *
   * @param behindIt bytes in line
   * @returns answers the write, when the socket is closed
   */
  abandon(behindIt: View[], error: Error | null): () => void {
    const write = this.#write
    this.#end = undefined
    this.#isAbandoned = true
    if (write === undefined) return () => undefined
    if (behindIt.length > 0 && write.file === undefined && write.rest === undefined) {
      this.#lastWords = behindIt
      this.bytesDispatched += bytesIn(behindIt)
      if (this.#hasAnswer && this.#error === undefined) this.#sendLastWords()
    }
    return () => {
      this.#write = undefined
      const isWhole = write.left === 0 && write.file === undefined && write.rest === undefined
      if (isWhole) write.done()
      else write.done(this.#error ?? error ?? streamDestroyed())
    }
  }

  #sendLastWords(): void {
    const views = this.#lastWords
    this.#lastWords = undefined
    if (views !== undefined && this.#socket !== undefined) this.#sendViews(this.#socket, views)
  }

  /** For the socket. @internal */
  sent(bytes: number): void {
    const write = this.#write
    const socket = this.#socket
    if (write !== undefined && socket !== undefined && this.#end === undefined) {
      const seen = this.#seen
      this.#seen = socket.bytesSent
      if (write.file !== undefined) {
        this.bytesDispatched += socket.bytesSent - seen
        if (!this.#isAbandoned) this.#sendPart(socket, write, bytes)
        return
      }
      write.left = Math.max(0, write.left - bytes)
      if (this.#isAbandoned) {
        if (write.left === 0 && write.rest === undefined) this.#sendLastWords()
        return
      }
      if (write.left > 0) {
        write.views = behind(write.views, bytes)
        this.#sendViews(socket, write.views)
        return
      }
      if (write.rest !== undefined) {
        this.#sendPart(socket, write, undefined)
        return
      }
    }
    if (!this.#isAbandoned) this.#answer()
  }

  /** For the socket. */
  sendFailed({ result }: Failure): void {
    const isEnd = this.#end !== undefined
    this.#lastWords = undefined
    if (this.#isAbandoned) return
    // Ending a connection that has already ended succeeds.
    if (!(isEnd && result === ENOTCONN)) this.#error = streamError(result, isEnd ? 'shutdown' : 'write')
    this.#answer()
  }

  #answer(): void {
    this.#hasAnswer = true
    this.#answered()
  }

  /** The next step of a write that has files in it. @param result what a file's piece has answered; undefined: none is in progress */
  #sendPart(socket: OpenSocket, write: Write, result: number | undefined): void {
    for (let last = result; ; last = undefined) {
      const operation = write.file?.next(socket.fd, last)
      if (operation !== undefined) {
        socket.submitSend(operation, this)
        return
      }
      const part = write.rest?.shift()
      write.file = part instanceof FileWrite ? part : undefined
      if (part === undefined) break
      if (part instanceof FileWrite || part.length === 0) continue
      write.views = part
      write.left = bytesIn(part)
      this.bytesDispatched += write.left
      this.#sendViews(socket, part)
      return
    }
    write.rest = undefined
    this.#answer()
  }

  #sendViews(socket: OpenSocket, views: View[]): void {
    const [only] = views
    const data = views.length === 1 && only !== undefined ? only : views.length > IOV_MAX ? views.slice(0, IOV_MAX) : views
    socket.submitSend(sendInTurn(socket.fd, data), this)
  }
}

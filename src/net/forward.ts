// ① interface — one direction of a proxy: socket to pipe to socket, inside the kernel. A pipe is held only while bytes are in it, so idle
// directions have none; where none is free, a piece is copied.
import { splice } from '../operation/copy.js'
import type { Operation } from '../operation/operation.js'
import { poll, PollEvent } from '../operation/timer.js'
import type { SubmitOptions } from '../proactor/options.js'
import { resolveWithError } from '../proactor/settle.js'
import type { OpenSocket } from './open-socket.js'
import type { Piece } from './piece.js'
import { pipesOf, type Pipe } from './pipes.js'
import { PromisedBytes, PromisedEnd } from './promise-sendings.js'
import type { Owner, ReceiveLine } from './receiving.js'
import { SendingSteps, type SendLine } from './sending.js'

const SPLICE_F_MOVE = 1
const SPLICE_F_NONBLOCK = 2
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK
const OWNER: Owner = { hasLeft: false }
const asIs = (piece: Piece | undefined): Piece | undefined => piece

/** What a pipe holds, into a socket. */
export class SplicedBytes extends SendingSteps {
  readonly #resolve: (value: unknown) => void
  readonly #pipe: Pipe
  readonly #target: number
  readonly #bytes: number
  #left: number
  #waits = false

  constructor(pipe: Pipe, target: number, bytes: number, resolve: (value: unknown) => void) {
    super()
    this.#pipe = pipe
    this.#target = target
    this.#bytes = bytes
    this.#left = bytes
    this.#resolve = resolve
  }

  next(result: number | undefined): Operation<number> | undefined {
    if (result !== undefined && !this.#waits) this.#left -= result
    this.#waits = false
    return this.#left === 0 ? undefined : splice(this.#pipe.readEnd, this.#target, this.#left, { flags: FLAGS })
  }

  override blocked(): Operation<number> {
    this.#waits = true
    return poll(this.#target, PollEvent.POLLOUT)
  }

  get hasBegun(): boolean {
    return this.#left < this.#bytes
  }

  succeeded(): void {
    this.#resolve(undefined)
  }

  failed(makeError: () => Error): void {
    resolveWithError(this.#resolve, makeError)
  }
}

export interface ForwardSource {
  readonly socket: OpenSocket
  readonly receives: ReceiveLine
}

export interface ForwardTarget {
  readonly socket: OpenSocket
  readonly sends: SendLine
}

/** Where forwarded bytes go. Each promise resolves when all of them are there. */
export interface PipeSink {
  /** What was received into memory. */
  bytes(data: Buffer): Promise<unknown>
  /** What a pipe holds. */
  piped(pipe: Pipe, bytes: number): Promise<unknown>
}

/** Moves all that comes to the source, to its end, and ends the target's sending side then. Resolves to the bytes. */
export async function forward(source: ForwardSource, { socket: to, sends }: ForwardTarget, options: SubmitOptions | undefined): Promise<number> {
  const moved = await forwardInto(source, {
    bytes: (data) => new Promise((resolve) => sends.add(new PromisedBytes(to.fd, data, resolve))),
    piped: (pipe, bytes) => new Promise((resolve) => sends.add(new SplicedBytes(pipe, to.fd, bytes, resolve))),
  }, options)
  await new Promise((resolve) => sends.add(new PromisedEnd(to.fd, resolve)))
  return moved
}

/** Moves all that comes to the source, to its end, into anything that takes bytes out of a pipe. Resolves to the bytes. */
export async function forwardInto({ socket: from, receives }: ForwardSource, sink: PipeSink, options: SubmitOptions | undefined): Promise<number> {
  const pipes = pipesOf(from.io)
  let moved = 0
  const kept = receives.takeKept()
  if (kept !== undefined) {
    await sink.bytes(kept)
    moved += kept.length
  }
  while (!receives.hasEnded) {
    await receives.make(OWNER, poll(from.fd, PollEvent.POLLIN | PollEvent.POLLRDHUP), options)
    const pipe = await pipes.take()
    if (pipe === undefined) {
      const piece = await receives.read(OWNER, options, false, asIs)
      if (piece === undefined) break
      await sink.bytes(piece.bytes)
      moved += piece.bytes.length
      piece.release()
      continue
    }
    const bytes = await spliced(receives, from, pipe, options)
    if (bytes > 0) {
      try {
        await sink.piped(pipe, bytes)
      } catch (error) {
        await pipes.discard(pipe)
        throw error
      }
      moved += bytes
    }
    pipes.putBack(pipe)
    if (bytes === 0) break
  }
  return moved

  /** Bytes that are in the pipe now; 0: the peer has ended; EAGAIN: somebody else was faster. */
  async function spliced(line: ReceiveLine, socket: OpenSocket, pipe: Pipe, limits: SubmitOptions | undefined): Promise<number> {
    try {
      return await line.make(OWNER, splice(socket.fd, pipe.writeEnd, pipe.bytes, { flags: FLAGS }), limits)
    } catch (error) {
      await pipes.discard(pipe)
      throw error
    }
  }
}

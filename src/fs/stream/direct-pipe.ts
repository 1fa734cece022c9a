// ① interface — a file piped into a file or a plain socket: the kernel moves the bytes, in pieces, as long as the stream is
// piped there and nobody looks at its chunks. read-ahead.ts asks for a way before each piece. Where there is none any more, or a piece fails, it reads
// and pushes as before, and the destination's own write says what is wrong.
import { channel } from 'node:diagnostics_channel'
import type { ReadStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { defaultProactor } from '../../default-proactor.js'
import { copyFileRange, sendfile } from '../../operation/copy.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import type { Entry, Settler } from '../../proactor/in-flight.js'
import { nodeFs } from '../node/index.js'
import type { Target } from './direct-target.js'
import { onlyPipe } from './only-pipe.js'
import { fileTarget } from './pipe-to-file.js'
import { socketTarget } from './pipe-to-socket.js'

/** One message for each stream, when its first piece goes directly, and one when it stops doing so: `{ source, destination, way, reason }`. */
const pipeChannel = channel('trueaio:pipe')

interface Piece {
  readonly target: Target
  readonly done: (moved: number) => void
}

const pieceSettler: Settler = {
  settle(entry: Entry, result: number) {
    const { target, done } = entry.first as Piece
    if (result > 0) target.moved(result)
    // Not in the middle of a driver's batch: what follows runs the program's own listeners.
    process.nextTick(() => {
      target.hold.release()
      done(result)
    })
  },
}

/** The direct way of one stream, found anew for each piece. */
export class DirectPipe {
  #target: Target | undefined = undefined
  #destination: Writable | undefined = undefined
  #isOver = false

  /** Where the next piece can go; undefined: nowhere, now or for good. */
  find(stream: ReadStream): Target | undefined {
    if (this.#isOver || stream.readableFlowing !== true || stream.readableLength > 0) return undefined
    const destination = onlyPipe(stream)
    if (destination === undefined) return undefined
    const target = fileTarget(destination) ?? socketTarget(destination)
    if (target === undefined || !defaultProactor().offers(target.way === 'sendfile' ? Opcode.SENDFILE : Opcode.COPY_FILE_RANGE)) return undefined
    if (this.#target === undefined && pipeChannel.hasSubscribers) pipeChannel.publish({ source: stream, destination, way: target.way, reason: undefined })
    this.#target = target
    this.#destination = destination
    return target
  }

  /** Whether the destination is a file that is just being opened; then `ready` is called once that has ended. */
  waits(stream: ReadStream, ready: () => void): boolean {
    if (this.#isOver || stream.readableFlowing !== true || stream.readableLength > 0) return false
    const destination = onlyPipe(stream)
    if (!(destination instanceof nodeFs.WriteStream) || !destination.pending || destination.destroyed || destination.writableLength > 0) return false
    let isReady = false
    const once = (): void => {
      if (isReady) return
      isReady = true
      destination.off('open', once)
      destination.off('close', once)
      ready()
    }
    destination.on('open', once)
    destination.on('close', once)
    return true
  }

  /** Moves up to `length` bytes. @param done gets how many, or a negative errno */
  move(target: Target, fd: number, at: number, length: number, done: (moved: number) => void): void {
    const bytes = Math.min(length, target.pieceBytes)
    const operation: Operation = target.way === 'sendfile'
      ? sendfile(fd, target.fd, bytes, { sourceOffset: at })
      : copyFileRange(fd, target.fd, bytes, { sourceOffset: at, targetOffset: target.offset < 0 ? null : target.offset })
    const proactor = defaultProactor()
    const entry = proactor.submitTo(pieceSettler, operation, undefined, { target, done } satisfies Piece)
    const { generation } = entry
    target.hold.take(() => proactor.cancelSubmitted(entry, generation))
  }

  /** From here on the stream reads and pushes. */
  end(stream: ReadStream, reason: string): void {
    this.#isOver = true
    if (this.#target === undefined || !pipeChannel.hasSubscribers) return
    pipeChannel.publish({ source: stream, destination: this.#destination, way: this.#target.way, reason })
  }
}

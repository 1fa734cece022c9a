// ① interface — what a ReadStream of the drop-in reads with. It stands where the stream has its `fs`, and brings the stream's
// own `_read`: Node's allocates a whole highWaterMark for every read, for the last bytes and for the end of the file too.
// A small file takes a buffer of its size; a large one is read ahead as far as the stream turns out to be faster than it.
import type * as node from 'node:fs'
import { getSystemErrorName as systemErrorName } from 'node:util'
import { nodeFs } from '../node/index.js'
import { DirectPipe } from './direct-pipe.js'
import type { Target } from './direct-target.js'
import { ReusedBuffers } from './reused-buffers.js'
import type { FunctionsNow } from './stream-functions.js'

type ReadCallback = (error: Error | null, bytesRead?: number, buffer?: Buffer) => void
type OpenCallback = (error: Error | null, fd?: number) => void

/** What is used of a stream: Node's fields, most of which its types keep to themselves. */
export interface ServedStream {
  readonly fd: number | null
  readonly destroyed: boolean
  readonly autoClose: boolean
  /** The last byte wanted, inclusive. */
  readonly end: number
  /** Where the next read begins; undefined: where the last one ended. */
  pos: number | undefined
  bytesRead: number
  push(chunk: Buffer | null): boolean
}

/** Reads ahead at most: this many times the stream's highWaterMark is the memory it takes. */
const AHEAD_MAX = 4
/** Smaller reads that find the page cache are done within the submission: nothing is gained by having done them before. */
const INLINE_BYTES_MAX = 65536
/** Those end much sooner than this; what takes longer is worth reading ahead as well. */
const SLOW_READ_MS = 0.5
/** And a stream that has come this far gains from several reads in one submission. */
const LONG_STREAM_CHUNKS = 8
const PENDING = -1
const FAILED = -2
/** Where reads go that only ask whether there is more. Nobody looks at what they find. */
const ENOUGH_TO_TELL = Buffer.allocUnsafeSlow(1)

class Ahead {
  readonly at: number
  readonly buffer: Buffer
  bytesRead = PENDING
  /** It comes from the buffers that serve again, and goes back there. */
  readonly isReused: boolean
  whenThere: (() => void) | undefined = undefined
  constructor(at: number, buffer: Buffer, isReused: boolean) {
    this.at = at
    this.buffer = buffer
    this.isReused = isReused
  }
}

/** For one stream. It serves regular files that it opened; what else the stream reads is passed on as it comes. */
export class ReadAhead {
  readonly #fs: FunctionsNow
  #fd = -1
  /** The size at the open: up to there, reads come as long as they are asked for. 0: one read after the other, as Node. */
  #stop = 0
  /** Where Node's own `_read` goes on, as the descriptor's position is not used. */
  #position = 0
  #next = 0
  #ahead: Ahead[] = []
  #aheadMax = 0
  #chunks = 0
  #inFlight = 0
  #whenIdle: (() => void) | undefined = undefined

  #direct: DirectPipe | undefined
  #reused: ReusedBuffers | undefined = undefined
  readonly #isAlone: boolean

  /** @param isAlone its chunks are nobody's but a pipe's, where there is one: they may go directly, or in buffers that serve again */
  constructor(fs: FunctionsNow, isAlone: boolean) {
    this.#fs = fs
    this.#isAlone = isAlone
    this.#direct = isAlone ? new DirectPipe() : undefined
  }

  open(path: string, flags: string, mode: number, callback: OpenCallback): void {
    this.#fs.open(path, flags, mode, (error, fd) => {
      if (error !== null) {
        callback(error)
        return
      }
      const stats = this.#fs.areOurs() ? statsOfOpen(fd) : undefined
      if (stats?.isFile() === true) {
        this.#fd = fd
        this.#stop = stats.size
      }
      callback(null, fd)
    })
  }

  /** Node's `_read` calls this. */
  read(fd: number, buffer: Buffer, offset: number, length: number, position: number | undefined, callback: ReadCallback): void {
    if (fd !== this.#fd) {
      this.#fs.read(fd, buffer, offset, length, position as never, callback as never)
      return
    }
    const at = position ?? this.#position
    this.#read(buffer, offset, length, at, (error, bytesRead) => {
      this.#position = at + bytesRead
      callback(error, bytesRead, buffer)
    })
  }

  close(fd: number, callback: (error?: Error | null) => void): void {
    this.#ahead = []
    this.#fd = -1
    // A descriptor number that is closed may be another file's at once: nothing may still be reading from it.
    if (this.#inFlight === 0) this.#fs.close(fd, callback)
    else this.#whenIdle = () => this.#fs.close(fd, callback)
  }

  /** The stream's `_read`: `bytes` is its highWaterMark. */
  serve(stream: ServedStream, bytes: number): void {
    const at = stream.pos ?? stream.bytesRead
    const length = Math.min(stream.end - at + 1, bytes)
    // Who keeps the descriptor may read on from where the stream has left its position.
    if (this.#chunks === 0 && !stream.autoClose) this.#fd = -1
    if (stream.fd !== this.#fd || this.#stop === 0 || length <= 0) readAsNode(stream, bytes)
    else if (!this.#fs.areOurs()) this.#goOnAsNode(stream, bytes, at)
    else if (at >= this.#stop) this.#findEnd(stream, bytes, at)
    else if (this.#direct === undefined || !this.#goDirectly(this.#direct, stream, bytes, at)) this.#give(stream, bytes, at, length)
  }

  /** False: there is no direct way now. */
  #goDirectly(direct: DirectPipe, stream: ServedStream, bytes: number, at: number): boolean {
    // A chunk that was pushed may still be on its way, where no count of Node's shows it (26): then all of them are pushed.
    if (this.#chunks > 0) return false
    const target = direct.find(stream as never)
    if (target !== undefined) {
      this.#movePiece(direct, target, stream, bytes, at)
      return true
    }
    return direct.waits(stream as never, () => {
      if (!stream.destroyed) this.serve(stream, bytes)
    })
  }

  #movePiece(direct: DirectPipe, target: Target, stream: ServedStream, bytes: number, at: number): void {
    this.#inFlight++
    direct.move(target, this.#fd, at, Math.min(this.#stop, stream.end + 1) - at, (moved) => {
      this.#inFlight--
      if (moved > 0) {
        if (stream.pos !== undefined) stream.pos += moved
        stream.bytesRead += moved
      }
      if (this.#inFlight === 0) this.#whenIdle?.()
      if (stream.destroyed) return
      if (moved <= 0) {
        direct.end(stream as never, moved === 0 ? 'the file ended before the size it had' : systemErrorName(moved))
        this.#direct = undefined
      }
      this.serve(stream, bytes)
    })
  }

  /** At the size of the file: most often it ends there. */
  #findEnd(stream: ServedStream, bytes: number, at: number): void {
    this.#read(ENOUGH_TO_TELL, 0, 1, at, (error, bytesRead) => {
      if (stream.destroyed) return
      if (error === null && bytesRead === 0) stream.push(null)
      else this.#goOnAsNode(stream, bytes, at)
    })
  }

  #give(stream: ServedStream, bytes: number, at: number, length: number): void {
    if (++this.#chunks === LONG_STREAM_CHUNKS) this.#aheadMax = AHEAD_MAX
    else if (this.#aheadMax === 0 && length > INLINE_BYTES_MAX) this.#aheadMax = 1
    const begin = this.#aheadMax === 0 ? performance.now() : Infinity
    const head = this.#takeHead(stream, at, length)
    const give = (): void => {
      if (performance.now() - begin > SLOW_READ_MS) this.#aheadMax = Math.max(this.#aheadMax, 1)
      if (stream.destroyed) return
      // What came short or failed is read again, so that the stream meets the file as it is by now.
      if (head.bytesRead !== head.buffer.length) this.#goOnAsNode(stream, bytes, at)
      else {
        if (stream.pos !== undefined) stream.pos += head.bytesRead
        stream.bytesRead += head.bytesRead
        if (head.isReused && this.#reused?.isOn === true) this.#reused.give(head.buffer)
        stream.push(head.buffer)
      }
    }
    if (head.bytesRead === PENDING) head.whenThere = give
    else process.nextTick(give)
  }

  #takeHead(stream: ServedStream, at: number, length: number): Ahead {
    const stop = Math.min(this.#stop, stream.end + 1)
    let head = this.#ahead.shift()
    if (head?.at !== at || head.buffer.length > length) {
      this.#ahead = []
      this.#next = at
      head = this.#start(stream, length, stop)
    } else if (head.bytesRead === PENDING) this.#aheadMax = Math.min(this.#aheadMax * 2, AHEAD_MAX) // the stream is faster than the file
    while (this.#ahead.length < this.#aheadMax && this.#next < stop) this.#ahead.push(this.#start(stream, length, stop))
    return head
  }

  #goOnAsNode(stream: ServedStream, bytes: number, at: number): void {
    this.#stop = 0
    this.#ahead = []
    this.#position = at
    readAsNode(stream, bytes)
  }

  #start(stream: ServedStream, length: number, stop: number): Ahead {
    const bytes = Math.min(length, stop - this.#next)
    const reused = this.#isAlone ? (this.#reused ??= new ReusedBuffers(stream as never)) : undefined
    const isReused = reused?.isOn === true
    const ahead = new Ahead(this.#next, isReused ? reused.take(bytes) : Buffer.allocUnsafeSlow(bytes), isReused)
    this.#next += ahead.buffer.length
    this.#read(ahead.buffer, 0, ahead.buffer.length, ahead.at, (error, bytesRead) => {
      ahead.bytesRead = error === null ? bytesRead : FAILED
      ahead.whenThere?.()
    })
    return ahead
  }

  #read(buffer: Buffer, offset: number, length: number, at: number, callback: (error: Error | null, bytesRead: number) => void): void {
    this.#inFlight++
    this.#fs.read(this.#fd, buffer, offset, length, at, (error, bytesRead) => {
      this.#inFlight--
      callback(error, bytesRead)
      if (this.#inFlight === 0) this.#whenIdle?.()
    })
  }
}

/** The `_read` of the stream's class. */
function readAsNode(stream: ServedStream, bytes: number): void {
  const prototype = Object.getPrototypeOf(stream) as { readonly _read: (this: ServedStream, bytes: number) => void }
  prototype._read.call(stream, bytes)
}

/** Of a file opened just now, whose attributes are cached: no thread is needed. */
function statsOfOpen(fd: number): node.Stats | undefined {
  try {
    return nodeFs.fstatSync(fd)
  } catch {
    return undefined // whatever is wrong with it, reading will tell
  }
}

// ① interface — reads of a stream before it asks for them. It stands where a ReadStream has its `fs`: the stream opens,
// reads and closes through it; everything else about streams stays Node's.
import type * as node from 'node:fs'

/** The functions with callbacks that streams are served by. */
export interface StreamFunctions {
  readonly open: typeof node.open
  readonly close: typeof node.close
  readonly read: typeof node.read
  readonly write: typeof node.write
  readonly writev: typeof node.writev
  readonly fsync: typeof node.fsync
  readonly fstat: typeof node.fstat
}

type ReadCallback = (error: Error | null, bytesRead?: number, buffer?: Buffer) => void
type OpenCallback = (error: Error | null, fd?: number) => void

/** Reads in flight at most: this many times the stream's highWaterMark is the memory it takes. */
const AHEAD_MAX = 4

/** One read ahead. */
interface Ahead {
  readonly at: number
  readonly buffer: Buffer
  /** -1: not there yet; -2: failed, to be asked for again. */
  bytesRead: number
  whenThere: (() => void) | undefined
}

/** For one stream of a regular file that it opens itself. */
export class ReadAhead {
  readonly #fs: StreamFunctions
  /** Where the stream ends by itself. */
  readonly #end: number
  #fd = -1
  #stop = 0
  #position = 0
  #next = 0
  #ahead: Ahead[] = []
  #aheadMax = 1
  #inFlight = 0
  /** A buffer that the stream brought for a read that was there already: the next read ahead goes into it. */
  #spare: Buffer | undefined = undefined
  #whenIdle: (() => void) | undefined = undefined

  /** @param end the last byte the stream wants, inclusive */
  constructor(fs: StreamFunctions, end: number) {
    this.#fs = fs
    this.#end = end
  }

  open(path: string, flags: string, mode: number, callback: OpenCallback): void {
    this.#fs.open(path, flags, mode, (error, fd) => {
      if (error !== null) {
        callback(error)
        return
      }
      this.#fs.fstat(fd, (_, stats: node.Stats | undefined) => {
        // Beyond the size of now nothing is read ahead: an end that was read early could be past by the time it is asked for.
        if (stats?.isFile() === true) {
          this.#fd = fd
          this.#stop = Math.min(stats.size, this.#end + 1)
        }
        callback(null, fd)
      })
    })
  }

  read(fd: number, buffer: Buffer, offset: number, length: number, position: number | undefined, callback: ReadCallback): void {
    if (fd !== this.#fd) {
      this.#fs.read(fd, buffer, offset, length, position ?? null, callback as never)
      return
    }
    const at = position ?? this.#position
    const first = this.#ahead[0]
    if (first === undefined || first.at !== at || first.buffer.length > length) this.#restart(at, length)
    const head = this.#ahead.shift()
    if (head === undefined) this.#readNow(buffer, length, at, callback)
    else this.#hand(head, buffer, length, callback)
    this.#fill(length)
  }

  close(fd: number, callback: (error?: Error | null) => void): void {
    this.#ahead = []
    this.#fd = -1
    // A descriptor number that is closed may be another file's at once: nothing may still be reading from it.
    if (this.#inFlight === 0) this.#fs.close(fd, callback)
    else this.#whenIdle = () => this.#fs.close(fd, callback)
  }

  /** Forgets what was read ahead, and begins at another place. */
  #restart(at: number, length: number): void {
    this.#ahead = []
    this.#next = at
    this.#fill(length)
  }

  #fill(length: number): void {
    while (this.#ahead.length < this.#aheadMax && this.#next < this.#stop) {
      const buffer = this.#bufferOf(Math.min(length, this.#stop - this.#next))
      const ahead: Ahead = { at: this.#next, buffer, bytesRead: -1, whenThere: undefined }
      this.#next += buffer.length
      this.#ahead.push(ahead)
      this.#inFlight++
      this.#fs.read(this.#fd, buffer, 0, buffer.length, ahead.at, (error, bytesRead) => {
        ahead.bytesRead = error === null ? bytesRead : -2
        this.#inFlight--
        ahead.whenThere?.()
        if (this.#inFlight === 0) this.#whenIdle?.()
      })
    }
  }

  /** Every read of a stream brings a buffer: without its use, twice the memory would be allocated, and zeroed by the kernel. */
  #bufferOf(bytes: number): Buffer {
    const spare = this.#spare
    if (spare?.length !== bytes) return Buffer.allocUnsafeSlow(bytes)
    this.#spare = undefined
    return spare
  }

  /** Gives the stream what was read ahead; reads again what came short or failed, so that the stream sees it as it is now. */
  #hand(head: Ahead, buffer: Buffer, length: number, callback: ReadCallback): void {
    const give = (): void => {
      if (head.bytesRead === head.buffer.length) {
        this.#position = head.at + head.bytesRead
        this.#spare = buffer
        callback(null, head.bytesRead, head.buffer)
      } else {
        this.#stop = 0 // the file is not what it was: from here on, one read after the other
        this.#readNow(buffer, length, head.at, callback)
      }
    }
    if (head.bytesRead !== -1) process.nextTick(give)
    else {
      // The stream is faster than the file.
      this.#aheadMax = Math.min(this.#aheadMax * 2, AHEAD_MAX)
      head.whenThere = give
    }
  }

  #readNow(buffer: Buffer, length: number, at: number, callback: ReadCallback): void {
    if (this.#fd < 0) {
      callback(null, 0, buffer) // closed meanwhile; a destroyed stream does not look
      return
    }
    this.#inFlight++
    this.#fs.read(this.#fd, buffer, 0, length, at, (error, bytesRead) => {
      this.#inFlight--
      if (error === null) this.#position = at + bytesRead
      callback(error, bytesRead, buffer)
      if (this.#inFlight === 0) this.#whenIdle?.()
    })
  }
}

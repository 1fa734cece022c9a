// ① interface — chunks for a destination that keeps nothing: a hash or a compressor of Node's own. One buffer serves again once
// its bytes have left the stream and the destination. As soon as anybody else can see a chunk, all are given up.
import type { ReadStream } from 'node:fs'
import { Transform, type Writable } from 'node:stream'
import { onlyPipe, PlainMethods, WRITING } from './only-pipe.js'

/** At most so many lie ready. */
const FREE_MAX = 8

/** Classes of node:zlib whose `_transform` is done with a chunk when it calls back. */
const COMPRESSORS: ReadonlySet<string> = new Set([
  'Gzip', 'Gunzip', 'Deflate', 'DeflateRaw', 'Inflate', 'InflateRaw', 'Unzip', 'BrotliCompress', 'BrotliDecompress', 'ZstdCompress', 'ZstdDecompress',
])
const TRANSFORMING = new PlainMethods(Transform.prototype, ['_write'])

/** By the name first: a module that is not loaded has no streams. */
function isNodesOwn(prototype: object, name: string): boolean {
  if (COMPRESSORS.has(name)) return (process.getBuiltinModule('node:zlib') as unknown as Record<string, { readonly prototype: unknown } | undefined>)[name]?.prototype === prototype
  return name === 'Hash' && process.getBuiltinModule('node:crypto').Hash.prototype === prototype
}

function keepsNothing(destination: Writable): boolean {
  const prototype = Object.getPrototypeOf(destination) as object
  const name = (prototype.constructor as { readonly name?: unknown } | undefined)?.name
  return typeof name === 'string' && isNodesOwn(prototype, name) && WRITING.areThoseOf(destination) && TRANSFORMING.areThoseOf(destination)
    && !Object.hasOwn(destination, '_transform')
}

type Done = (error?: Error | null, data?: unknown) => void
type TransformChunk = (this: Writable, chunk: unknown, encoding: BufferEncoding, done: Done) => void

/** Of one stream. */
export class ReusedBuffers {
  readonly #stream: ReadStream
  /** Undefined: not known yet. False: somebody may have seen a chunk, or kept one. */
  #isOn: boolean | undefined = undefined
  #destination: Writable | undefined = undefined
  /** In the stream or with its destination. */
  readonly #given = new Set<unknown>()
  #free: Buffer[] = []

  constructor(stream: ReadStream) {
    this.#stream = stream
  }

  /** Whether the stream's chunks come from here now. */
  get isOn(): boolean {
    if (this.#isOn === false) return false
    const destination = onlyPipe(this.#stream)
    if (this.#isOn === true) {
      if (destination !== this.#destination) this.#giveUp()
    } else if (destination !== undefined && keepsNothing(destination)) this.#begin(destination)
    return this.#isOn === true
  }

  /** A buffer of `length` bytes that nobody holds. */
  take(length: number): Buffer {
    const found = this.#free.findIndex((buffer) => buffer.length === length)
    return found < 0 ? Buffer.allocUnsafeSlow(length) : this.#free.splice(found, 1)[0] as Buffer // found
  }

  /** The stream is about to push this one. */
  give(buffer: Buffer): void {
    this.#given.add(buffer)
  }

  /** A chunk is free again when the destination's own `_transform` has called back for it: what streams count is not exact enough. */
  #begin(destination: Writable): void {
    this.#destination = destination
    this.#isOn = true
    const transform = Reflect.get(destination, '_transform') as TransformChunk
    const value: TransformChunk = (chunk, encoding, done) => {
      transform.call(destination, chunk, encoding, (error, data) => {
        if (this.#given.delete(chunk) && this.#free.length < FREE_MAX) this.#free.push(chunk as Buffer)
        done(error, data)
      })
    }
    Object.defineProperty(destination, '_transform', { value, writable: true, configurable: true })
    // A listener that comes later sees chunks that lie in the stream already.
    this.#stream.on('newListener', this.#onListener)
    this.#stream.once('close', this.#giveUp)
  }

  readonly #onListener = (event: string | symbol): void => {
    if (event === 'data' || event === 'readable') this.#giveUp()
  }

  readonly #giveUp = (): void => {
    this.#isOn = false
    this.#given.clear()
    this.#free = []
    this.#stream.off('newListener', this.#onListener)
    this.#stream.off('close', this.#giveUp)
    if (this.#destination !== undefined) Reflect.deleteProperty(this.#destination, '_transform')
  }
}

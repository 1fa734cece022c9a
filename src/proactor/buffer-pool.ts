// ③ proactor — page-aligned buffers in memory registered with the ring, so that the kernel need not look up and pin
// their pages each time. Fit for O_DIRECT.
import type { Binding } from '../native/binding.js'
import { checkInteger, invalidArgValue } from '../operation/arguments.js'
import { ClosedError } from './failure.js'

const SLAB_BYTES = 4 * 1024 * 1024

/** Aligned buffers of one proactor. They are the caller's until released; closing the proactor takes all of them away. */
export class BufferPool {
  readonly #binding: Binding
  readonly #register: (slab: ArrayBuffer) => void
  readonly #slabs: ArrayBuffer[] = []
  readonly #free = new Map<number, Buffer[]>()
  readonly #lent = new Map<ArrayBufferLike, Set<number>>()
  #slab: ArrayBuffer | undefined = undefined
  #used = 0
  #closed = false

  constructor(binding: Binding, register: (slab: ArrayBuffer) => void) {
    this.#binding = binding
    this.#register = register
  }

  /** Bytes a buffer's address and size are a multiple of. */
  get alignment(): number {
    return this.#binding.pageSize
  }

  /**
   * A zeroed or reused buffer of `bytes` bytes, at a page boundary.
   * @param bytes 1 to 2^30
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_TRUEAIO_CLOSED
   */
  allocate(bytes: number): Buffer {
    if (this.#closed) throw new ClosedError('The proactor of this pool')
    checkInteger(bytes, 'bytes', 1, 2 ** 30)
    const size = this.#roundUp(bytes)
    const buffer = this.#free.get(size)?.pop() ?? this.#carve(size)
    this.#lentOf(buffer.buffer).add(buffer.byteOffset)
    return bytes === size ? buffer : buffer.subarray(0, bytes)
  }

  /** Takes a buffer back for reuse. Not while an operation uses it. @throws ERR_INVALID_ARG_VALUE: not lent from here */
  release(buffer: Buffer): void {
    if (this.#lent.get(buffer.buffer)?.delete(buffer.byteOffset) !== true) {
      throw invalidArgValue('buffer', buffer.byteLength, 'must be a buffer this pool has lent and not got back')
    }
    const size = this.#roundUp(buffer.byteLength)
    const whole = Buffer.from(buffer.buffer as ArrayBuffer, buffer.byteOffset, size)
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [whole])
    else free.push(whole)
  }

  /** Unmaps everything; the buffers become empty. */
  close(): void {
    this.#closed = true
    for (const slab of this.#slabs) this.#binding.unmap(slab)
    this.#slabs.length = 0
    this.#slab = undefined
    this.#free.clear()
    this.#lent.clear()
  }

  #roundUp(bytes: number): number {
    return Math.ceil(bytes / this.#binding.pageSize) * this.#binding.pageSize
  }

  #lentOf(slab: ArrayBufferLike): Set<number> {
    let lent = this.#lent.get(slab)
    if (lent === undefined) this.#lent.set(slab, (lent = new Set()))
    return lent
  }

  #carve(size: number): Buffer {
    if (size > SLAB_BYTES / 4) return Buffer.from(this.#map(size), 0, size)
    if (this.#slab === undefined || this.#used + size > SLAB_BYTES) {
      this.#slab = this.#map(SLAB_BYTES)
      this.#used = 0
    }
    const at = this.#used
    this.#used += size
    return Buffer.from(this.#slab, at, size)
  }

  #map(bytes: number): ArrayBuffer {
    const slab = this.#binding.mapAnonymous(bytes)
    this.#slabs.push(slab)
    this.#register(slab)
    return slab
  }
}

// ③ proactor — page-aligned buffers in memory registered with the ring, so that the kernel need not look up and pin
// their pages each time. Fit for O_DIRECT.
import type { Binding } from '../native/binding.js'
import { checkInteger, invalidArgValue } from '../operation/arguments.js'
import { bufferOf, byteLengthOf, byteOffsetOf } from '../operation/view.js'
import { ClosedError } from './failure.js'

const SLAB_BYTES = 4 * 1024 * 1024

/**
 * Aligned buffers of one proactor. The caller owns them until it releases them. Their memory stays mapped as long as it
 * is reachable: by the caller, or by an operation in flight on any proactor, in Node's fs or elsewhere. So closing the
 * proactor does not invalidate them.
 */
export class BufferPool {
  readonly #binding: Binding
  readonly #register: (slab: ArrayBuffer) => void
  readonly #free = new Map<number, Buffer[]>()
  /** By slab, what is out: where it begins and how many bytes it has. */
  readonly #lent = new Map<ArrayBufferLike, Map<number, number>>()
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
    this.#lentOf(bufferOf(buffer)).set(byteOffsetOf(buffer), size)
    return bytes === size ? buffer : buffer.subarray(0, bytes)
  }

  /**
   * Releases a buffer for reuse. Do not release it while an operation uses it.
   * @throws ERR_INVALID_ARG_VALUE: not lent
   * from here
   */
  release(buffer: Buffer): void {
    const bytes = ArrayBuffer.isView(buffer) ? byteLengthOf(buffer) : 0
    const slab = bytes === 0 ? undefined : bufferOf(buffer)
    if (slab === undefined || this.#lent.get(slab)?.get(byteOffsetOf(buffer)) !== this.#roundUp(bytes)) {
      throw invalidArgValue('buffer', bytes, 'must be a buffer this pool has lent and not got back')
    }
    this.#lent.get(slab)?.delete(byteOffsetOf(buffer))
    const size = this.#roundUp(bytes)
    const whole = Buffer.from(slab as ArrayBuffer, byteOffsetOf(buffer), size)
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [whole])
    else free.push(whole)
  }

  /** Lends no more buffers. A slab is unmapped when its ArrayBuffer is collected, because nothing can use it then. */
  close(): void {
    this.#closed = true
    this.#slab = undefined
    this.#free.clear()
    this.#lent.clear()
  }

  #roundUp(bytes: number): number {
    return Math.ceil(bytes / this.#binding.pageSize) * this.#binding.pageSize
  }

  #lentOf(slab: ArrayBufferLike): Map<number, number> {
    let lent = this.#lent.get(slab)
    if (lent === undefined) this.#lent.set(slab, (lent = new Map<number, number>()))
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
    const slab = this.#binding.mapCollected(bytes)
    this.#register(slab)
    return slab
  }
}

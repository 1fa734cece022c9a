// ④ driver — io_uring: the table of registered buffers. The kernel has looked up and pinned their pages once, and spares
// itself that for each operation.
import type { NativeRing } from '../../native/binding.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { IORING_REGISTER_BUFFERS2, IORING_REGISTER_BUFFERS_UPDATE, IORING_RSRC_REGISTER_SPARSE } from '../../ring/layout/io-uring.js'

const BUFFERS_MAX = 64

export class RegisteredBuffers {
  readonly #ring: NativeRing
  readonly #memory: LentMemory
  readonly #address: (view: NodeJS.ArrayBufferView) => number
  // A field and not a local: the kernel is given its address, and a local may be collected before it is read.
  readonly #iovec = new BigUint64Array(2)
  #state: 'unknown' | 'there' | 'refused' = 'unknown'
  #count = 0

  constructor(ring: NativeRing, memory: LentMemory, address: (view: NodeJS.ArrayBufferView) => number) {
    this.#ring = ring
    this.#memory = memory
    this.#address = address
  }

  /** Whether the kernel took it. It does not where RLIMIT_MEMLOCK is too small; the buffer then serves unregistered. */
  add(region: ArrayBuffer): boolean {
    if (this.#state === 'unknown') this.#makeTable()
    if (this.#state === 'refused' || this.#count === BUFFERS_MAX) return false
    this.#iovec[0] = BigInt(this.#address(new Uint8Array(region)))
    this.#iovec[1] = BigInt(region.byteLength)
    const update = new BigUint64Array(4) // struct io_uring_rsrc_update2: offset u32, resv u32, data u64, tags u64, nr u32, resv2 u32
    const words = new Uint32Array(update.buffer)
    words[0] = this.#count
    update[1] = BigInt(this.#address(this.#iovec))
    words[6] = 1
    if (this.#ring.register(IORING_REGISTER_BUFFERS_UPDATE, update, update.byteLength) !== 1) return false
    this.#memory.setRegistered(region, this.#count++)
    return true
  }

  #makeTable(): void {
    const registration = new Uint32Array(8) // struct io_uring_rsrc_register: nr, flags, resv2, data, tags
    registration[0] = BUFFERS_MAX
    registration[1] = IORING_RSRC_REGISTER_SPARSE
    this.#state = this.#ring.register(IORING_REGISTER_BUFFERS2, registration, registration.byteLength) < 0 ? 'refused' : 'there'
  }
}

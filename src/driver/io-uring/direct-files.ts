// ④ driver — io_uring: the table of registered files. Its places serve descriptors that a user registers, and files
// that chains open without ever getting a descriptor number.
import type { NativeRing } from '../../native/binding.js'
import { fileFacts } from '../../native/file-facts.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation } from '../../operation/operation.js'
import { IORING_REGISTER_FILES2, IORING_REGISTER_FILES_UPDATE2, IORING_RSRC_REGISTER_SPARSE } from '../../ring/layout/io-uring.js'

const FILES = 1024
const NO_FILE = -1

export class DirectFiles {
  readonly #ring: NativeRing
  readonly #address: (view: NodeJS.ArrayBufferView) => number
  readonly #free: number[] = []
  // Fields and not locals: the kernel is given their address, and a local may be collected before it is read.
  readonly #descriptor = new Int32Array(1)
  readonly #update = new BigUint64Array(4) // struct io_uring_rsrc_update2: offset u32, resv u32, data u64, tags u64, nr u32, resv2 u32
  readonly #updateWords = new Uint32Array(this.#update.buffer)
  readonly #descriptors = new Map<number, number>()
  readonly #facts: number[] = []
  #state: 'unknown' | 'there' | 'refused' = 'unknown'

  constructor(ring: NativeRing, address: (view: NodeJS.ArrayBufferView) => number) {
    this.#ring = ring
    this.#address = address
  }

  /** A free place; -1: none, or no table is available here. The table is made at the first call. */
  take(): number {
    if (this.#state === 'unknown') this.#register()
    return this.#free.pop() ?? -1
  }

  /** A place with a descriptor in it; -1: none. */
  register(fd: number): number {
    const index = this.take()
    if (index < 0 || this.set(index, fd)) return index
    this.giveBack(index)
    return -1
  }

  unregister(index: number): void {
    this.empty(index)
    this.giveBack(index)
  }

  giveBack(index: number): void {
    this.#free.push(index)
  }

  /** Puts a descriptor into a place, or empties it (-1). Returns whether the kernel took it. */
  set(index: number, fd: number): boolean {
    this.#descriptors.set(index, fd)
    if (fd >= 0) this.#facts[index] = fileFacts().fresh(fd)
    this.#descriptor[0] = fd
    this.#updateWords[0] = index
    this.#update[1] = BigInt(this.#address(this.#descriptor))
    this.#updateWords[6] = 1
    return this.#ring.register(IORING_REGISTER_FILES_UPDATE2, this.#update, this.#update.byteLength) === 1
  }

  /** The descriptor in a place; -1: none. */
  descriptorAt(index: number): number {
    return this.#descriptors.get(index) ?? NO_FILE
  }

  /** What was open at that number when it was put there. */
  factsAt(index: number): number {
    return this.#facts[index] ?? NO_FILE
  }

  /** Empties a place a chain left its file in. */
  empty(index: number): void {
    this.set(index, NO_FILE)
  }

  #register(): void {
    const registration = new Uint32Array(8) // struct io_uring_rsrc_register: nr, flags, resv2, data, tags
    registration[0] = FILES
    registration[1] = IORING_RSRC_REGISTER_SPARSE
    const answer = this.#ring.register(IORING_REGISTER_FILES2, registration, registration.byteLength)
    this.#state = answer < 0 ? 'refused' : 'there'
    if (answer >= 0) for (let index = FILES - 1; index >= 0; index--) this.#free.push(index)
  }
}

/** A file that a chain opened into a place of the table: closed and given back when the chain's last member has ended. */
export class DirectChain {
  /** Its place in the table. */
  readonly index: number
  readonly #files: DirectFiles
  #remaining: number
  #holdsFile = false

  constructor(files: DirectFiles, index: number, members: number) {
    this.#files = files
    this.index = index
    this.#remaining = members
  }

  memberEnded(operation: Operation, result: number): void {
    if (operation.opcode === Opcode.OPEN && result >= 0) this.#holdsFile = true
    if (operation.opcode === Opcode.CLOSE && operation.fileKind === FileKind.CHAIN_OPENED && result >= 0) this.#holdsFile = false
    if (--this.#remaining > 0) return
    if (this.#holdsFile) this.#files.empty(this.index)
    this.#files.giveBack(this.index)
  }
}

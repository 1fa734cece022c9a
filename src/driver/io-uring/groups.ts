// ④ driver — io_uring: groups of buffers as rings of provided buffers (since Linux 5.19). The kernel takes a buffer when there is
// something to receive; what came into it is lent to the caller, and goes back to the kernel when he releases it.
import type { Binding, NativeRing } from '../../native/binding.js'
import { emptyPiece, HEADROOM, type BufferGroup, type GroupOwner, type Piece } from '../../operation/buffer-group.js'
import { Opcode } from '../../operation/opcode.js'
import type { ReceivedPiece } from '../../operation/socket.js'
import { readMessageOfMany } from '../../operation/socket-structures.js'
import { Errno } from '../../operation/system-error.js'
import { BufferRing } from '../../ring/buffer-ring.js'
import {
  BUFFER_ID_SHIFT, BufferRingEntry, IORING_CQE_F_BUFFER, IORING_REGISTER_PBUF_RING, IORING_UNREGISTER_PBUF_RING,
} from '../../ring/layout/io-uring.js'

const IDS_MAX = 65536

/** One group, as long as the kernel has it. */
class ProvidedGroup implements GroupOwner {
  readonly id: number
  readonly #group: BufferGroup
  readonly #ring: BufferRing
  readonly #address: number
  readonly #giveUp: (given: ProvidedGroup) => void

  constructor(group: BufferGroup, id: number, ring: BufferRing, address: number, giveUp: (given: ProvidedGroup) => void) {
    this.id = id
    this.#group = group
    this.#ring = ring
    this.#address = address
    this.#giveUp = giveUp
    for (let index = 0; index < group.count; index++) this.#add(index)
    ring.publish()
  }

  giveBack(index: number): void {
    this.#add(index)
    this.#ring.publish()
  }

  giveUp(): void {
    this.#giveUp(this)
    this.#group.disown()
  }

  #add(index: number): void {
    this.#ring.add(this.#address + this.#group.offsetOf(index), this.#group.size + this.#group.headroom, index)
  }
}

export class Groups {
  readonly #binding: Binding
  readonly #ring: NativeRing
  readonly #receivesAgain: boolean
  readonly #provided = new Map<BufferGroup, ProvidedGroup>()
  readonly #views = new WeakMap<BufferGroup, DataView>()
  /** By id, the memory of the kernel's ring. */
  readonly #memory = new Map<number, ArrayBuffer>()
  // A field and not a local: the kernel is given its address, and a local may be collected before it is read.
  readonly #registration = new BigUint64Array(5) // struct io_uring_buf_reg: ring_addr u64, ring_entries u32, bgid u16, flags u16, resv
  #nextId = 0

  constructor(binding: Binding, ring: NativeRing, receivesAgain: boolean) {
    this.#binding = binding
    this.#ring = ring
    this.#receivesAgain = receivesAgain
  }

  /**
   * The kernel's id of a group, which is given to it at the first call; or a negative errno. EINVAL: it is another driver's.
   * The first use of a group says whether what is received has a header and an address before it, as messages received again and again have.
   */
  idOf(opcode: Opcode, group: BufferGroup, multishot: boolean): number {
    return this.#provided.get(group)?.id ?? this.#provide(group, opcode === Opcode.RECVMSG_PIECE && multishot && this.#receivesAgain)
  }

  /** The message that a completion with these flags brought, of one that receives again and again. The buffer of an empty one is the kernel's again. */
  message(group: BufferGroup, flags: number, length: number): ReceivedPiece {
    const index = flags >>> BUFFER_ID_SHIFT
    let view = this.#views.get(group)
    if (view === undefined) this.#views.set(group, (view = new DataView(group.memory)))
    return readMessageOfMany(view, group, index, length)
  }

  /** What a completion with these flags brought. */
  piece(group: BufferGroup, flags: number, length: number): Piece {
    return (flags & IORING_CQE_F_BUFFER) === 0 ? emptyPiece() : group.lend(flags >>> BUFFER_ID_SHIFT, length)
  }

  /** A completion that brought nothing, though the kernel had taken a buffer for it. */
  unused(group: BufferGroup, flags: number): void {
    if ((flags & IORING_CQE_F_BUFFER) !== 0) group.putBack(flags >>> BUFFER_ID_SHIFT)
  }

  /** Only when the ring is gone. */
  close(): void {
    for (const group of this.#provided.keys()) group.disown()
    for (const memory of this.#memory.values()) this.#binding.unmap(memory)
  }

  #provide(group: BufferGroup, messages: boolean): number {
    let id = this.#nextId
    while (this.#memory.has(id)) id = (id + 1) % IDS_MAX
    const memory = this.#binding.mapAnonymous(group.count * BufferRingEntry.BYTES)
    const ring = new BufferRing(memory, group.count)
    const words = new Uint32Array(this.#registration.buffer)
    this.#registration.fill(0n)
    this.#registration[0] = BigInt(this.#binding.address(new Uint8Array(memory)))
    words[2] = group.count
    words[3] = id
    const answer = this.#ring.register(IORING_REGISTER_PBUF_RING, this.#registration, 1)
    group.headroom = messages ? HEADROOM : 0
    if (answer < 0 || !group.own(this.#own(group, id, ring))) {
      if (answer >= 0) this.#unregister(id)
      this.#binding.unmap(memory)
      return answer < 0 ? answer : Errno.EINVAL
    }
    this.#memory.set(id, memory)
    this.#nextId = (id + 1) % IDS_MAX
    return id
  }

  #own(group: BufferGroup, id: number, ring: BufferRing): ProvidedGroup {
    const provided = new ProvidedGroup(group, id, ring, this.#binding.address(new Uint8Array(group.memory)), () => this.#giveUp(group))
    this.#provided.set(group, provided)
    return provided
  }

  #giveUp(group: BufferGroup): void {
    const id = this.#provided.get(group)?.id ?? -1
    const memory = this.#memory.get(id)
    this.#provided.delete(group)
    if (memory === undefined) return
    this.#unregister(id)
    this.#memory.delete(id)
    this.#binding.unmap(memory)
  }

  #unregister(id: number): void {
    const words = new Uint32Array(this.#registration.buffer)
    this.#registration.fill(0n)
    words[3] = id
    this.#ring.register(IORING_UNREGISTER_PBUF_RING, this.#registration, 1)
  }
}

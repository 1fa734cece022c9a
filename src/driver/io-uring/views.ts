// ④ driver — io_uring: where callers' buffers are in memory, remembered by slot. Asking a view leaves compiled code (about
// 100 ns); programs read into the same views again and again, and the in-flight table gives a loop over the same buffers
// the same slots. A view's memory never moves while it is attached. Large views are asked each time: a stream's chunks are new ones each, and
// those that are held here for 256 more reads grow old. V8 then collects its old generation for every few of them.
import type { LentMemory } from '../../operation/lent-memory.js'
import type { View } from '../../operation/operation.js'
import { byteLengthOf, byteOffsetOf } from '../../operation/view.js'
import type { Submission } from '../../proactor/driver.js'

const TWO_32 = 4294967296
/** Moving so much takes thirty times as long as asking. */
const REMEMBERED_BYTES_MAX = 32768

export class RememberedViews {
  readonly #memory: LentMemory
  /** By slot: the submission taken last; its generation tells whether it is still in flight. */
  readonly #taken: readonly (Submission | undefined)[]
  readonly #views: (View | undefined)[] = []
  /** By slot: the address of the view's first byte. */
  addresses: Float64Array = new Float64Array(1024)
  /** By slot: the index of the registered buffer the view lies in; -1: none. */
  bufferIndexes: Int32Array = new Int32Array(1024)
  #generations: Int32Array = new Int32Array(1024)
  #held = false
  #forgetting: NodeJS.Immediate | undefined = undefined

  constructor(memory: LentMemory, taken: readonly (Submission | undefined)[]) {
    this.#memory = memory
    this.#taken = taken
  }

  /** Fills `addresses` and `bufferIndexes` at the submission's slot. */
  remember(slot: number, generation: number, view: View): void {
    if (this.#views[slot] !== view) this.#look(slot, view)
    this.#generations[slot] = generation
  }

  #look(slot: number, view: View): void {
    if (slot >= this.addresses.length) this.#grow(slot)
    const isRemembered = byteLengthOf(view) <= REMEMBERED_BYTES_MAX
    const record = this.#memory.recordOf(view, isRemembered)
    this.#views[slot] = isRemembered ? view : undefined
    this.addresses[slot] = record.high * TWO_32 + record.low + byteOffsetOf(view)
    this.bufferIndexes[slot] = record.registeredIndex
    if (!isRemembered) return
    this.#held = true
    this.#forget()
  }

  /**
   * Lets go of callers' buffers that are not in flight when the loop comes round. In the middle of a stream of operations
   * the loop comes round with all of them in flight.
   */
  forgetSoon(): void {
    if (this.#held) this.#forget()
  }

  #forget(): void {
    this.#forgetting ??= setImmediate(() => {
      this.#forgetting = undefined
      this.#held = false
      for (let slot = 0; slot < this.#views.length; slot++) {
        if (this.#views[slot] === undefined) continue
        if (this.#taken[slot]?.generation === this.#generations[slot]) this.#held = true
        else this.#views[slot] = undefined
      }
    }).unref()
  }

  /** What was remembered no longer holds: a buffer was registered. */
  forgetAll(): void {
    this.#views.fill(undefined)
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.addresses.length * 2)
    const addresses = new Float64Array(length)
    addresses.set(this.addresses)
    this.addresses = addresses
    this.bufferIndexes = grown(this.bufferIndexes, length)
    this.#generations = grown(this.#generations, length)
  }
}

/** The same table with room for more slots. */
export function grown(table: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length)
  larger.set(table)
  return larger
}

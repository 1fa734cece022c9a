// ① interface — acall: the 16 bytes that name a call. They tell where the call stood in its table and which use of that
// place it was, and carry a keyed hash of both: so an id can be distinguished from a forged one long after its call has ended, and
// none has to be remembered.
import { invalidArgType, outOfRange } from '../operation/arguments.js'

/** Bytes of an id. */
export const CALL_ID_BYTES = 16
const HEX = 16

/** Identifies one call for `wait` and `cancel`. A new id is empty; `submit` fills it. Compare ids with `equals`. */
export class CallId {
  /** The four words, little-endian as in `bytes`. For the module itself. @internal */
  slot = 0
  /** @internal */
  generation = 0
  /** @internal */
  hashLow = 0
  /** @internal */
  hashHigh = 0

  /** An id from its bytes, which may have come from another thread. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE (not 16 bytes) */
  static from(bytes: Uint8Array): CallId {
    if (!(bytes instanceof Uint8Array)) throw invalidArgType('bytes', 'an instance of Uint8Array', bytes)
    if (bytes.byteLength !== CALL_ID_BYTES) throw outOfRange('bytes.byteLength', String(CALL_ID_BYTES), bytes.byteLength)
    const view = new DataView(bytes.buffer, bytes.byteOffset, CALL_ID_BYTES)
    return new CallId().set(view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true))
  }

  /** Its 16 bytes, a copy. All zero: it names no call. */
  get bytes(): Uint8Array {
    const bytes = new Uint8Array(CALL_ID_BYTES)
    const view = new DataView(bytes.buffer)
    view.setInt32(0, this.slot, true)
    view.setInt32(4, this.generation, true)
    view.setInt32(8, this.hashLow, true)
    view.setInt32(12, this.hashHigh, true)
    return bytes
  }

  /** Whether both name the same call. */
  equals(other: CallId): boolean {
    return other instanceof CallId && this.slot === other.slot && this.generation === other.generation && this.hashLow === other.hashLow && this.hashHigh === other.hashHigh
  }

  /** 32 hexadecimal digits: a key for maps. */
  toString(): string {
    let text = ''
    for (const byte of this.bytes) text += byte.toString(HEX).padStart(2, '0')
    return text
  }

  /** For the module itself. @internal */
  set(slot: number, generation: number, hashLow: number, hashHigh: number): this {
    this.slot = slot
    this.generation = generation
    this.hashLow = hashLow
    this.hashHigh = hashHigh
    return this
  }
}

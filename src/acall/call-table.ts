// ① interface — acall: the calls that have not ended, and what an id says of one.
import type { Entry } from '../proactor/in-flight.js'
import { CallId } from './call-id.js'
import { CallStatus, type CompletionRecord, type Cookie } from './completion.js'
import type { CompletionRing } from './completion-ring.js'
import { randomKey, sipHash } from './sip-hash.js'

/** A call from its submission to its end. Used again for another call afterwards, unless somebody looks at it still. */
export class Call {
  readonly slot: number
  generation = 0
  cookie: Cookie = 0
  ring: CompletionRing | undefined = undefined
  completion: CompletionRecord | undefined = undefined
  /** A copy of the submission's id; undefined: it asked for none. */
  id: CallId | undefined = undefined
  /** The engine's entry for it, and which use of that. */
  entry: Entry | undefined = undefined
  entryGeneration = 0
  status: CallStatus = 0
  result = 0
  /** A wait or cancel looks at how it ends. */
  watched = false

  constructor(slot: number) {
    this.slot = slot
  }
}

export class CallTable {
  /** By slot: the call there, or the one that was there last. */
  readonly #calls: Call[] = []
  readonly #free: Call[] = []
  readonly #key = randomKey()
  readonly #hash = new Int32Array(2)
  #count = 0

  /** How many have not ended. */
  get count(): number {
    return this.#count
  }

  all(): Call[] {
    return this.#calls.filter(({ status, entry }) => status === CallStatus.PENDING && entry !== undefined)
  }

  /** @param wanted the id to fill. Its words are copied: the caller may use it again */
  add(cookie: Cookie, ring: CompletionRing | undefined, completion: CompletionRecord | undefined, wanted: CallId | undefined): Call {
    const call = this.#free.pop() ?? this.#another()
    call.generation = (call.generation + 1) | 0
    call.cookie = cookie
    call.ring = ring
    call.completion = completion
    call.status = CallStatus.PENDING
    call.id = wanted === undefined ? undefined : this.#name(call, wanted)
    this.#count++
    return call
  }

  #another(): Call {
    const call = new Call(this.#calls.length)
    this.#calls.push(call)
    return call
  }

  #name({ slot, generation }: Call, wanted: CallId): CallId {
    sipHash(this.#key, slot, generation, this.#hash)
    const [low = 0, high = 0] = this.#hash
    wanted.set(slot, generation, low, high)
    return new CallId().set(slot, generation, low, high)
  }

  /** A call has ended; its status has been set. */
  remove(call: Call): void {
    this.#count--
    call.entry = undefined
    call.ring = undefined
    call.completion = undefined
    if (!call.watched) {
      this.#free.push(call)
      return
    }
    // It keeps its result for its readers; its place is used for another call.
    const successor = new Call(call.slot)
    successor.generation = call.generation
    successor.status = call.status
    this.#calls[call.slot] = successor
    this.#free.push(successor)
  }

  /** The call an id names; 'ended': it was one of this table's; 'unknown': it never was. */
  find(id: CallId): Call | 'ended' | 'unknown' {
    sipHash(this.#key, id.slot, id.generation, this.#hash)
    if (id.hashLow !== this.#hash[0] || id.hashHigh !== this.#hash[1]) return 'unknown'
    const call = this.#calls[id.slot]
    return call !== undefined && call.generation === id.generation && call.status === CallStatus.PENDING ? call : 'ended'
  }
}

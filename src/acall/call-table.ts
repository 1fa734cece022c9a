// ① interface — acall: the calls that have not ended, and what an id says of one.
import type { Entry } from '../proactor/in-flight.js'
import { CallId } from './call-id.js'
import type { CallStatus, CompletionRecord, Cookie } from './completion.js'
import type { CompletionRing } from './completion-ring.js'
import { randomKey, sipHash } from './sip-hash.js'

/** A call from its submission to its end. */
export class Call {
  readonly slot: number
  readonly generation: number
  readonly cookie: Cookie
  readonly ring: CompletionRing | undefined
  readonly completion: CompletionRecord | undefined
  /** As the submission's id has it; undefined: it asked for none. */
  readonly id: CallId | undefined
  /** The engine's entry for it, and which use of that. */
  entry: Entry | undefined = undefined
  entryGeneration = 0
  status: CallStatus = 0
  result = 0

  constructor(slot: number, generation: number, cookie: Cookie, ring: CompletionRing | undefined, completion: CompletionRecord | undefined, id: CallId | undefined) {
    this.slot = slot
    this.generation = generation
    this.cookie = cookie
    this.ring = ring
    this.completion = completion
    this.id = id
  }
}

export class CallTable {
  readonly #calls: (Call | undefined)[] = []
  readonly #generations: number[] = []
  readonly #free: number[] = []
  readonly #key = randomKey()
  readonly #hash = new Int32Array(2)
  #count = 0

  /** How many have not ended. */
  get count(): number {
    return this.#count
  }

  all(): Call[] {
    return this.#calls.filter((call) => call !== undefined)
  }

  /** @param wanted the id to fill. Its words are copied: the caller may use it again */
  add(cookie: Cookie, ring: CompletionRing | undefined, completion: CompletionRecord | undefined, wanted: CallId | undefined): Call {
    const slot = this.#free.pop() ?? this.#calls.length
    const generation = ((this.#generations[slot] ?? 0) + 1) | 0
    this.#generations[slot] = generation
    let id: CallId | undefined
    if (wanted !== undefined) {
      sipHash(this.#key, slot, generation, this.#hash)
      wanted.set(slot, generation, this.#hash[0] as number, this.#hash[1] as number)
      id = new CallId().set(slot, generation, this.#hash[0] as number, this.#hash[1] as number)
    }
    const call = new Call(slot, generation, cookie, ring, completion, id)
    this.#calls[slot] = call
    this.#count++
    return call
  }

  remove(call: Call): void {
    this.#calls[call.slot] = undefined
    this.#free.push(call.slot)
    this.#count--
  }

  /** The call an id names; 'ended': it was one of this table's; 'unknown': it never was. */
  find(id: CallId): Call | 'ended' | 'unknown' {
    sipHash(this.#key, id.slot, id.generation, this.#hash)
    if (id.hashLow !== this.#hash[0] || id.hashHigh !== this.#hash[1]) return 'unknown'
    const call = this.#calls[id.slot]
    return call !== undefined && call.generation === id.generation ? call : 'ended'
  }
}

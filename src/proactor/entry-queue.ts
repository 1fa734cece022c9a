// ③ proactor — entries in a line, each of which can leave it at once from wherever it stands: the links are the entries' own.
import type { Entry } from './in-flight.js'

/** An entry stands in one line at most. */
export class EntryQueue {
  length = 0
  first: Entry | undefined = undefined
  #last: Entry | undefined = undefined

  pushBack(entry: Entry): void {
    entry.queue = this
    entry.previousQueued = this.#last
    if (this.#last === undefined) this.first = entry
    else this.#last.nextQueued = entry
    this.#last = entry
    this.length++
  }

  pushFront(entry: Entry): void {
    entry.queue = this
    entry.nextQueued = this.first
    if (this.first === undefined) this.#last = entry
    else this.first.previousQueued = entry
    this.first = entry
    this.length++
  }

  /** Takes out an entry that stands in this line. */
  remove(entry: Entry): void {
    const { nextQueued, previousQueued } = entry
    if (previousQueued === undefined) this.first = nextQueued
    else previousQueued.nextQueued = nextQueued
    if (nextQueued === undefined) this.#last = previousQueued
    else nextQueued.previousQueued = previousQueued
    entry.queue = undefined
    entry.nextQueued = undefined
    entry.previousQueued = undefined
    this.length--
  }

  /** Takes out the first; undefined: nobody stands here. */
  shift(): Entry | undefined {
    const { first } = this
    if (first !== undefined) this.remove(first)
    return first
  }
}

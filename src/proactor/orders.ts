// ③ proactor — orders: who goes one after the other. An entry may belong to several (a copy moves the positions of two files);
// it has its turn when it is the first in each. Whoever joins stands behind all that joined before, so nobody waits in a circle.
import type { Entry } from './in-flight.js'

/** An entry's place in one order. */
class Place {
  readonly entry: Entry
  readonly line: Line
  next: Place | undefined = undefined
  previous: Place | undefined = undefined
  constructor(entry: Entry, line: Line) {
    this.entry = entry
    this.line = line
  }
}

class Line {
  readonly key: number
  first: Place | undefined = undefined
  last: Place | undefined = undefined
  constructor(key: number) {
    this.key = key
  }
}

export class Orders {
  readonly #lines = new Map<number, Line>()

  /** Puts an entry at the end of each of its orders. Whether it is the first in all. */
  join(entry: Entry): boolean {
    const places: Place[] = []
    let isFirst = true
    for (const key of entry.turns) {
      let line = this.#lines.get(key)
      if (line === undefined) {
        line = new Line(key)
        this.#lines.set(key, line)
      }
      const place = new Place(entry, line)
      place.previous = line.last
      if (line.last === undefined) line.first = place
      else {
        line.last.next = place
        isFirst = false
      }
      line.last = place
      places.push(place)
    }
    entry.places = places
    return isFirst
  }

  /** Takes an entry out of its orders. @param hasTurn is called with each that is the first in all of its own by this */
  leave(entry: Entry, hasTurn: (entry: Entry) => void): void {
    const places = placesOf(entry)
    entry.places = undefined
    for (const { line, next, previous } of places) {
      if (previous === undefined) line.first = next
      else previous.next = next
      if (next === undefined) line.last = previous
      else next.previous = previous
      if (line.first === undefined) this.#lines.delete(line.key)
      else if (previous === undefined && isFirst(line.first.entry)) hasTurn(line.first.entry)
    }
  }
}

function isFirst(entry: Entry): boolean {
  return placesOf(entry).every((place) => place.previous === undefined)
}

function placesOf({ places }: Entry): readonly Place[] {
  return (places ?? []) as readonly Place[] // nobody else puts any there
}

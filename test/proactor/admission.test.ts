// Limits, order and barriers, against random arrivals and ends: never more than allowed, never out of order, never lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { read } from 'trueaio'
import { Admission } from '#src/proactor/admission.js'
import { Entry, EntryState } from '#src/proactor/in-flight.js'

const IN_FLIGHT_MAX = 4
const BYTES_LENT_MAX = 100
const buffer = Buffer.alloc(1)

interface Arrival {
  readonly fd: number
  readonly bytes: number
  readonly weight: number
  readonly turns: readonly number[]
  readonly barrier: boolean
}

type Step = { readonly kind: 'arrive'; readonly arrival: Arrival } | { readonly kind: 'end' | 'withdraw'; readonly which: number }

const arrival = fc.record({
  fd: fc.integer({ min: 1, max: 3 }), bytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 }), fc.constant(500)),
  weight: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 6 }) }),
  turns: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), barrier: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('arrive' as const), arrival }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(1000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: fc.nat(1000) }) },
)

class Model {
  readonly admission = new Admission({ inFlightMax: IN_FLIGHT_MAX, bytesLentMax: BYTES_LENT_MAX })
  readonly running: Entry[] = []
  readonly waiting: Entry[] = []

  arrive(entry: Entry): void {
    if (this.admission.arrive(entry)) this.#started(entry)
    else this.waiting.push(entry)
    this.check()
  }

  end(which: number): void {
    const [entry] = this.running.splice(which % this.running.length, 1)
    if (entry === undefined) return
    this.admission.ended(entry)
    this.startWaiting()
  }

  withdraw(which: number): void {
    const [entry] = this.waiting.splice(which % this.waiting.length, 1)
    if (entry === undefined) return
    this.admission.withdraw(entry)
    this.startWaiting()
  }

  startWaiting(): void {
    for (let entry = this.admission.next(); entry !== undefined; entry = this.admission.next()) {
      const at = this.waiting.indexOf(entry)
      assert.ok(at >= 0, 'started what was not waiting')
      this.waiting.splice(at, 1)
      this.#started(entry)
    }
    this.check()
  }

  #started(entry: Entry): void {
    // Of those that arrived before and still wait, all wait for their turn in an order.
    for (const earlier of this.waiting) {
      if (earlier.slot > entry.slot) continue
      assert.ok(earlier.turns.length > 0, `${String(entry.slot)} overtook ${String(earlier.slot)}`)
      assert.ok(!shareTurn(entry, earlier), 'an order is broken')
      assert.ok(!entry.barrier, 'a barrier overtook')
    }
    if (entry.barrier) assert.equal(this.running.length, 0, 'a barrier started beside others')
    assert.ok(!this.running.some((other) => other.barrier), 'something started beside a barrier')
    assert.ok(!this.running.some((other) => shareTurn(entry, other)), 'two of an order at once')
    this.running.push(entry)
  }

  check(): void {
    const weight = this.running.reduce((sum, entry) => sum + entry.weight, 0)
    const bytes = this.running.reduce((sum, entry) => sum + entry.bytes, 0)
    assert.equal(this.admission.inFlight, weight)
    assert.equal(this.admission.bytesLent, bytes)
    assert.equal(this.admission.queued, this.waiting.length)
    assert.ok(weight <= IN_FLIGHT_MAX || this.running.length === 1, 'too many in flight')
    assert.ok(bytes <= BYTES_LENT_MAX || this.running.filter((entry) => entry.bytes > 0).length === 1, 'too many bytes lent')
    assert.ok(this.running.length > 0 || this.waiting.length === 0, 'all wait and nothing runs')
  }
}

function shareTurn(one: Entry, other: Entry): boolean {
  return one.turns.some((key) => other.turns.includes(key))
}

function entryOf(slot: number, { fd, bytes, weight, turns, barrier }: Arrival): Entry {
  const entry = new Entry(slot)
  entry.state = EntryState.NEW
  return Object.assign(entry, { operation: read(fd, buffer, { offset: 0 }), bytes, weight, turns, barrier })
}

test('limits hold, arrival order holds, barriers stand alone, and everything starts in the end', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const model = new Model()
    let slot = 0
    for (const one of steps) {
      if (one.kind === 'arrive') model.arrive(entryOf(slot++, one.arrival))
      else if (one.kind === 'end' && model.running.length > 0) model.end(one.which)
      else if (one.kind === 'withdraw' && model.waiting.length > 0) model.withdraw(one.which)
    }
    while (model.running.length > 0) model.end(0)
    assert.equal(model.waiting.length, 0)
    assert.deepEqual([model.admission.inFlight, model.admission.bytesLent, model.admission.queued], [0, 0, 0])
  }), { numRuns: 500 })
})

test('what a driver had no room for goes first when there is room', () => {
  const admission = new Admission({ inFlightMax: 10, bytesLentMax: 100 })
  const entries = [0, 1, 2].map((slot) => entryOf(slot, { fd: 1, bytes: 0, weight: 1, turns: [], barrier: false }))
  const [first, second, third] = entries as [Entry, Entry, Entry]
  assert.ok(admission.arrive(first))
  admission.putBack(first)
  assert.equal(admission.inFlight, 0)
  assert.equal(admission.arrive(second), false, 'nothing overtakes the one put back')
  assert.equal(admission.arrive(third), false)
  assert.deepEqual([admission.next(), admission.next(), admission.next(), admission.next()], [first, second, third, undefined])
})

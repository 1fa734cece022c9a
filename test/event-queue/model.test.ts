// Random programs on sources and operations beside a model of a few lines: every event once, none of what was removed or
// is disabled, counts complete, order kept, and nothing grows while nobody reads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nop, Proactor } from 'trueaio'
import { EventQueue, type QueueEvent, type UserSource } from 'trueaio/event-queue'
import { HeldDriver } from '../proactor/held-driver.js'

interface Modelled {
  readonly cookie: number
  readonly source: UserSource<number>
  count: number
  value: unknown
  enabled: boolean
  live: boolean
  readonly once: boolean
}

class Model {
  readonly sources: Modelled[] = []
  /** What is unread, in order: sources by their model, posted values and completions as they are. */
  unread: (Modelled | string)[] = []

  trigger(one: Modelled, value: unknown): void {
    if (!one.live) return
    one.count++
    one.value = value
    if (one.once) one.live = false
    if (one.enabled && !this.unread.includes(one)) this.unread.push(one)
  }

  disable(one: Modelled): void {
    if (!one.live || !one.enabled) return
    one.enabled = false
    this.unread = this.unread.filter((each) => each !== one)
  }

  enable(one: Modelled, removed: boolean): void {
    if (removed || one.enabled) return
    one.enabled = true
    if (one.count > 0) this.unread.push(one)
  }

  remove(one: Modelled): void {
    one.live = false
    one.count = 0
    this.unread = this.unread.filter((each) => each !== one)
  }

  take(count: number): string[] {
    return this.unread.splice(0, count).map((each) => {
      if (typeof each === 'string') return each
      const text = `source ${String(each.cookie)} ${String(each.value)} × ${String(each.count)}`
      each.count = 0
      return text
    })
  }
}

function described(event: QueueEvent<number>): string {
  if (event.kind === 'operation') return `operation ${String(event.cookie)}`
  return event.source === undefined ? `posted ${String(event.cookie)}` : `source ${String(event.cookie)} ${String(event.result)} × ${String(event.count)}`
}

const ACTS = ['trigger', 'trigger', 'trigger', 'disable', 'enable', 'remove', 'add', 'add once', 'post', 'operation', 'take', 'take all'] as const

test('sources, operations and posted values beside their model', () => {
  const step = fc.record({ act: fc.constantFrom(...ACTS), number: fc.nat(30) })
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const driver = new HeldDriver()
    const queue = new EventQueue<number>({ proactor: new Proactor({ driver }), capacity: 1000 })
    const model = new Model()
    steps.forEach(({ act, number }, cookie) => {
      const chosen = model.sources[number % Math.max(1, model.sources.length)]
      if (act === 'add' || act === 'add once') {
        const once = act === 'add once'
        model.sources.push({ cookie, source: queue.user(cookie, { once }), count: 0, value: undefined, enabled: true, live: true, once })
      } else if (act === 'post') {
        queue.post(cookie)
        model.unread.push(`posted ${String(cookie)}`)
      } else if (act === 'operation') {
        queue.submit(nop(), cookie)
        driver.endAll()
        model.unread.push(`operation ${String(cookie)}`)
      } else if (act === 'take' || act === 'take all') {
        const max = act === 'take' ? 1 + (number % 3) : 1000
        assert.deepEqual(queue.getEventsSync({ min: 0, max }).map(described), model.take(max))
      } else if (chosen !== undefined) {
        const { source } = chosen
        if (act === 'trigger') {
          model.trigger(chosen, cookie)
          source.trigger(cookie)
        } else if (act === 'disable') {
          model.disable(chosen)
          source.disable()
        } else if (act === 'enable') {
          model.enable(chosen, source.removed)
          source.enable()
        } else {
          model.remove(chosen)
          source.remove()
        }
        assert.equal(source.live, chosen.live)
      }
      assert.equal(queue.ready, model.unread.length)
    })
    assert.deepEqual(queue.getEventsSync({ min: 0, max: 1000 }).map(described), model.take(1000))
    assert.equal(queue.sources, model.sources.filter(({ live }) => live).length)
  }), { numRuns: 300 })
})

test('a queue that nobody reads does not grow, whatever its sources do', { skip: globalThis.gc === undefined && 'needs --expose-gc' }, () => {
  const queue = new EventQueue<number>({ proactor: new Proactor({ driver: new HeldDriver() }) })
  const sources = Array.from({ length: 100 }, (_, cookie) => queue.user(cookie))
  const busy = (rounds: number): void => {
    for (let round = 0; round < rounds; round++) {
      const source = sources[round % 100] as UserSource<number> // below length
      source.trigger(round)
      source.disable()
      source.enable()
      const passing = queue.user(round)
      passing.trigger()
      passing.remove()
    }
  }
  const heap = (): number => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  busy(10_000)
  const before = heap()
  busy(200_000)
  assert.equal(queue.ready, 100)
  // One reference kept of each would be megabytes.
  assert.ok(heap() - before < 512 * 1024, `${String(heap() - before)} bytes more`)
})

// The order in which the system and the engine tell of a watch is not always that in which things happen: with an engine
// that answers when told to, the rare orders come each time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation } from 'trueaio'
import { Inotify, type WatchedPath } from '#src/event-queue/inotify.js'
import { PathSource } from '#src/event-queue/path-source.js'
import type { SourceHost } from '#src/event-queue/source-host.js'
import { WatchEvent, type FileChange, type SourceEvent } from 'trueaio/event-queue'

const { IN_CREATE, IN_IGNORED, IN_Q_OVERFLOW } = WatchEvent
const HEADER_BYTES = 16
const DESCRIPTOR = 99

interface Armed {
  readonly operation: Operation
  readonly told: (value: unknown, more: boolean, error: Error | undefined) => void
}

/** A source as its inotify instance sees it, and how it is made: both are kept out of the public types. */
type WatchedSource = PathSource<string> & WatchedPath
const Constructor = PathSource as unknown as new (host: SourceHost, inotify: Inotify, path: string, mask: number, cookie: string, once: boolean) => WatchedSource

/** The engine and the queue, in the hands of the test. */
class Held {
  readonly calls: ((result: number) => void)[] = []
  readonly posted: SourceEvent<string, 'change', readonly FileChange[]>[] = []
  #armed: Armed | undefined = undefined
  readonly closed = false
  readonly inotify = new Inotify(this as unknown as SourceHost)
  readonly proactor = { submit: (): Promise<number> => new Promise((resolve) => this.calls.push(resolve)) }

  begun(): void { /* not counted */ }

  ended(): void { /* not counted */ }

  post(event: SourceEvent<string, 'change', readonly FileChange[]>): void {
    this.posted.push(event)
  }

  arm(operation: Operation, told: Armed['told']): { live: boolean, withdraw: () => void } {
    this.#armed = { operation, told }
    return { live: true, withdraw: () => undefined }
  }

  source(cookie: string): WatchedSource {
    return new Constructor(this as unknown as SourceHost, this.inotify, '.', IN_CREATE, cookie, false)
  }

  /** The system's next answer to a call. */
  async answer(result: number): Promise<void> {
    while (this.calls.length === 0) await Promise.resolve()
    this.calls.shift()?.(result)
    for (let step = 0; step < 10; step++) await Promise.resolve()
  }

  /** The system tells of changes, in one read. */
  tell(...records: readonly (readonly [watch: number, mask: number])[]): void {
    this.#armed?.told(1, false, undefined)
    const buffer = this.#armed?.operation.buffer as Buffer // the poll was answered, so this is the read
    records.forEach(([watch, mask], index) => {
      buffer.fill(0, HEADER_BYTES * index, HEADER_BYTES * (index + 1))
      buffer.writeInt32LE(watch, HEADER_BYTES * index)
      buffer.writeUInt32LE(mask, HEADER_BYTES * index + 4)
    })
    this.#armed?.told(HEADER_BYTES * records.length, false, undefined)
  }
}

async function withOneWatch(): Promise<{ held: Held, late: WatchedSource, adding: Promise<void> }> {
  const held = new Held()
  const first = held.inotify.add(held.source('first'))
  await held.answer(DESCRIPTOR)
  await held.answer(1)
  await first
  const late = held.source('late')
  const adding = held.inotify.add(late)
  while (held.calls.length === 0) await Promise.resolve()
  return { held, late, adding }
}

const told = ({ posted }: Held): unknown[] => posted.map(({ cookie, result, more }) => [cookie, result?.map(({ mask }) => mask), more])

test('changes of a watch that are told before the call that adds it has returned are not lost', async () => {
  const { adding, held } = await withOneWatch()
  held.tell([2, IN_CREATE], [1, IN_CREATE], [2, IN_CREATE])
  assert.deepEqual(told(held), [['first', [IN_CREATE], true]])
  await held.answer(2)
  await adding
  assert.deepEqual(told(held)[1], ['late', [IN_CREATE, IN_CREATE], true])
  held.tell([2, IN_CREATE])
  assert.equal(held.posted[1]?.count, 3)
})

test('so is its end', async () => {
  const { adding, held, late } = await withOneWatch()
  held.tell([2, IN_IGNORED])
  await held.answer(2)
  await adding
  assert.deepEqual(told(held), [['late', [IN_IGNORED], false]])
  assert.equal(late.live, false)
})

test('more of them than are kept: said to have been lost', async () => {
  const { adding, held } = await withOneWatch()
  for (let round = 0; round < 5; round++) held.tell(...Array.from({ length: 1000 }, (): [number, number] => [7, IN_CREATE]))
  await held.answer(2)
  await adding
  assert.deepEqual(told(held), [['late', [IN_Q_OVERFLOW], true]])
})

test('those of a watch that nobody has any more are told to nobody', async () => {
  const { adding, held } = await withOneWatch()
  await held.answer(2)
  await adding
  held.tell([3, IN_CREATE], [3, IN_IGNORED])
  assert.deepEqual(told(held), [])
})

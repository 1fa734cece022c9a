// The tracing channel trueaio:operation: each operation's events in their order, with one object for all of them.
import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import { chain, close, open, Proactor, statx, timer } from 'trueaio'

interface Traced {
  readonly operation: string
  readonly path?: string
  readonly fd?: number
  readonly result?: unknown
  readonly error?: NodeJS.ErrnoException
}

const channel = tracingChannel<string, Traced>('trueaio:operation')

/** What is published while some work goes on: name of the event, and its object. */
async function eventsOf(work: (io: Proactor) => Promise<unknown>, driver: string): Promise<[string, Traced][]> {
  const events: [string, Traced][] = []
  const note = (name: string) => (context: object): void => void events.push([name, context as Traced])
  const subscribers = { start: note('start'), end: note('end'), asyncStart: note('asyncStart'), asyncEnd: note('asyncEnd'), error: note('error') }
  const io = new Proactor({ driver })
  channel.subscribe(subscribers)
  try {
    await work(io)
  } finally {
    channel.unsubscribe(subscribers)
    await io.close()
  }
  return events
}

describe('the tracing channel', () => {
  for (const driver of ['io-uring', 'thread-pool', 'node']) {
    test(`on ${driver}: start, end, asyncStart, asyncEnd of one that succeeds`, async () => {
      const events = await eventsOf(async (io) => io.submit(close(await io.submit(open('package.json')))), driver)
      assert.deepEqual(events.map(([name, { operation }]) => `${operation} ${name}`), [
        'open start', 'open end', 'open asyncStart', 'open asyncEnd', 'close start', 'close end', 'close asyncStart', 'close asyncEnd',
      ])
      assert.equal(new Set(events.slice(0, 4).map(([, context]) => context)).size, 1)
      const [, { path, result }] = events[3] as [string, Traced]
      assert.equal(path, 'package.json')
      assert.equal((events[4] as [string, Traced])[1].fd, result)
    })

    test(`on ${driver}: error goes before asyncStart, with Node's error`, async () => {
      const events = await eventsOf((io) => io.submit(statx('no such file')).catch(() => undefined), driver)
      assert.deepEqual(events.map(([name]) => name), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
      assert.equal((events[2] as [string, Traced])[1].error?.code, 'ENOENT')
    })
  }

  test('an abort, a deadline and a chain end like others', async () => {
    const events = await eventsOf(async (io) => {
      await io.submit(timer(60_000), { timeout: 5 }).catch(() => undefined)
      await io.submit(timer(60_000), { signal: AbortSignal.timeout(5) }).catch(() => undefined)
      await io.submit(chain(open('package.json'), close(chain.opened)))
    }, 'node')
    const ends = events.filter(([name]) => name === 'asyncEnd').map(([, { operation, error }]) => [operation, error?.code])
    assert.deepEqual(ends, [['timer', 'ETIMEDOUT'], ['timer', 'ABORT_ERR'], ['chain', undefined]])
    for (const [, context] of events) assert.equal(events.filter(([, other]) => other === context).length, context.error === undefined ? 4 : 5)
  })

  test('what was submitted before anybody listened has no end', async () => {
    const io = new Proactor({ driver: 'node' })
    const running = io.submit(timer(20))
    assert.deepEqual(await eventsOf(() => running, 'node'), [])
    await io.close()
  })
})

// What may wait for ever never takes the last places: something silent beside something that ends, at every limit.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { call, close, open, poll, PollEvent, Proactor, read, recv, socketpair, statx, timer, type Operation, type ProactorOptions } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'
import { simulated } from 'trueaio/simulated'
import { withoutRing } from '../harsh/ring-here.js'

const IN_FLIGHT_MAX = 64
const OWN = IN_FLIGHT_MAX / 4
const { POLLIN } = PollEvent

async function pipe(io: Proactor): Promise<readonly [readEnd: number, writeEnd: number]> {
  const ends = new Int32Array(2)
  await io.submit(call('pipe2', ends, 0))
  return [ends[0] as number, ends[1] as number]
}

for (const driver of ['io-uring', 'thread-pool', 'linux-aio']) {
  test(`more reads of a silent pipe than there are places, and everything else goes on (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'], inFlightMax: IN_FLIGHT_MAX })
    const [readEnd, writeEnd] = await pipe(io)
    const [otherRead, otherWrite] = await pipe(io)
    const aborting = new AbortController()
    const waits = Array.from({ length: 3 * IN_FLIGHT_MAX }, () => io.submit(read(readEnd, Buffer.alloc(1)), { signal: aborting.signal }).catch(() => undefined))
    const directory = mkdtempSync(join(tmpdir(), 'trueaio-places-'))
    writeFileSync(join(directory, 'file'), 'content')
    const fd = openSync(join(directory, 'file'), 'r')
    try {
      assert.ok(io.statistics.inFlight < IN_FLIGHT_MAX)
      const results = io.runSync([
        ...Array.from({ length: OWN }, () => statx(directory)),
        ...Array.from({ length: 2 * OWN }, () => read(fd, Buffer.alloc(4), 0)),
        read(fd, Buffer.alloc(3)), // at the position of a regular file
        read(fd, Buffer.alloc(9)),
      ])
      assert.deepEqual(results.filter(({ status }) => status === 'rejected'), [])
      // One more read of a pipe waits for a place, whatever it would find.
      const other = io.submit(read(otherRead, Buffer.alloc(1)))
      writeSync(otherWrite, 'xx') // one for the read, and one that stays for the poll
      await Promise.all([io.submit(timer(1)), io.submit(poll(otherRead, POLLIN))])
      aborting.abort()
      await Promise.all([...waits, other])
      assert.deepEqual([io.statistics.inFlight, io.statistics.queued], [0, 0])
    } finally {
      for (const each of [fd, readEnd, writeEnd, otherRead, otherWrite]) closeSync(each)
      rmSync(directory, { recursive: true })
    }
  })

  test(`silent reads that lend all memory there is leave some to files (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'], bytesLentMax: 1 << 20 })
    const [readEnd, writeEnd] = await pipe(io)
    const aborting = new AbortController()
    const waits = Array.from({ length: 100 }, () => io.submit(read(readEnd, Buffer.alloc(1 << 16)), { signal: aborting.signal }).catch(() => undefined))
    const fd = openSync('/etc/passwd', 'r')
    assert.ok(await io.submit(read(fd, Buffer.alloc(1 << 16), 0), { timeout: 10_000 }) > 0)
    aborting.abort()
    await Promise.all(waits)
    for (const each of [fd, readEnd, writeEnd]) closeSync(each)
  })

  test(`event queues watch more descriptors than there are places, and everything else goes on (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'], inFlightMax: IN_FLIGHT_MAX })
    const [readEnd, writeEnd] = await pipe(io)
    const [otherRead, otherWrite] = await pipe(io)
    await using first = new EventQueue<string>({ proactor: io })
    await using second = new EventQueue<string>({ proactor: io })
    for (let count = 0; count < 4 * IN_FLIGHT_MAX; count++) first.watch(readEnd, POLLIN, 'silent')
    second.timer(1, 'tick')
    assert.deepEqual((await second.getEvents({ timeout: 10_000 })).map(({ cookie }) => cookie), ['tick'])
    second.watch(otherRead, POLLIN, 'ready', { once: true })
    writeSync(otherWrite, 'x')
    assert.deepEqual((await second.getEvents({ timeout: 10_000 })).map(({ cookie }) => cookie), ['ready'])
    assert.ok((await io.submit(statx('/'), { timeout: 10_000 })).size > 0)
    await first.close()
    await second.close()
    for (const each of [readEnd, writeEnd, otherRead, otherWrite]) closeSync(each)
  })
}

/** The drivers, and whether they know polls and sockets of the process. */
const DRIVERS: readonly (readonly [name: string, driver: () => NonNullable<ProactorOptions['driver']>, polls: boolean])[] = [
  ['io-uring', () => ['io-uring', 'thread-pool'], true], ['io-uring alone', () => 'io-uring', true], ['thread-pool', () => 'thread-pool', true],
  ['linux-aio', () => 'linux-aio', true], ['node', () => 'node', false], ['simulated', () => simulated({ refuseRate: 0 }), false],
]

for (const [name, driver, polls] of DRIVERS) {
  test(`timers and polls without end, fifty times as many as there are places, hold up nothing (${name})`, async () => {
    await using io = new Proactor({ driver: driver(), inFlightMax: 16 })
    const aborting = new AbortController()
    const silent = [timer(86_400_000), timer(Date.now() + 86_400_000, { absolute: true }), timer(86_400_000, { multishot: true })]
    const [one = -1, other = -1] = polls ? await io.submit(socketpair(1, 1)) : []
    if (polls) silent.push(poll(one, POLLIN) as never, recv(one, Buffer.alloc(1)) as never)
    const waits = Array.from({ length: 800 }, (_, index) => io.submit(silent[index % silent.length] as Operation, { signal: aborting.signal }).catch((error: unknown) => (error as Error).name))
    // All of them are under way: none waits for another.
    assert.deepEqual([io.statistics.inFlight, io.statistics.queued], [800, 0])
    const fd = await io.submit(open('/', { flags: constants.O_DIRECTORY }), { timeout: 10_000 })
    await io.submit(timer(1), { timeout: 10_000 })
    const [end] = io.runSync([timer(2)], { timeout: 10_000 })
    assert.equal(end.status, 'fulfilled')
    assert.ok(typeof (await io.submit(statx('/'), { timeout: 10_000 })).size === 'number')
    if (polls) assert.equal(await io.submit(poll(one, PollEvent.POLLOUT), { timeout: 10_000 }), PollEvent.POLLOUT)
    aborting.abort() // in the order in which they came
    const ends = await Promise.all(waits)
    if (name !== 'simulated') assert.deepEqual(new Set(ends), new Set(['AbortError'])) // whose days go by at once
    await io.submit(close(fd))
    for (const each of polls ? [one, other] : []) await io.submit(close(each))
    assert.deepEqual([io.statistics.inFlight, io.statistics.queued], [0, 0])
  })
}

// A kernel looks through all timers of a ring for the one to be cancelled: 50,000 of them, newest first, blocked for more than a minute.
test('of many timers a ring has some, and the driver behind it the rest', { skip: withoutRing }, async () => {
  await using io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
  const controller = new AbortController()
  assert.match(io.explain(timer(1)), /^io-uring/)
  const ends = Array.from({ length: 300 }, () => io.submit(timer(86_400_000), { signal: controller.signal }).catch(() => 'aborted'))
  assert.match(io.explain(timer(1)), /^thread-pool/)
  await io.submit(timer(1), { timeout: 10_000 })
  controller.abort()
  await Promise.all(ends)
  assert.match(io.explain(timer(1)), /^io-uring/)
})

test('children that are waited for have a part of the places, and a queue learns that it is full', async () => {
  const sleeper = spawn('sleep', ['60'])
  await once(sleeper, 'spawn')
  const io = new Proactor({ inFlightMax: 8 })
  const queue = new EventQueue<string>({ proactor: io })
  try {
    const child = (): unknown => queue.child(sleeper.pid as number, 'child')
    for (let count = 0; count < 4; count++) child()
    assert.throws(child, { code: 'ERR_TRUEAIO_TOO_MANY_SOURCES', message: /new EventQueue\(\{ proactor: new Proactor\(\{ inFlightMax: 32 \}\) \}\)/ })
    await io.submit(timer(1), { timeout: 10_000 })
  } finally {
    await queue.close()
    await io.close()
    sleeper.kill('SIGKILL')
  }
})

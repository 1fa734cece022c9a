// What may wait for ever never takes the last places: something silent beside something that ends, at every limit.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { call, poll, PollEvent, Proactor, read, statx, timer, type Operation } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'

const IN_FLIGHT_MAX = 64
const OWN = IN_FLIGHT_MAX / 4
const { POLLIN } = PollEvent

async function pipe(io: Proactor): Promise<readonly [readEnd: number, writeEnd: number]> {
  const ends = new Int32Array(2)
  await io.submit(call('pipe2', ends, 0))
  return [ends[0] as number, ends[1] as number]
}

const SILENT: Readonly<Record<string, (readEnd: number) => Operation>> = {
  'reads of a silent pipe': (readEnd) => read(readEnd, Buffer.alloc(1)),
  polls: (readEnd) => poll(readEnd, POLLIN),
  timers: () => timer(3_600_000),
}

for (const driver of ['io-uring', 'thread-pool', 'linux-aio']) {
  for (const [name, silent] of Object.entries(SILENT)) test(`more ${name} than there are places, and everything else goes on (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'], inFlightMax: IN_FLIGHT_MAX })
    const [readEnd, writeEnd] = await pipe(io)
    const [otherRead, otherWrite] = await pipe(io)
    const aborting = new AbortController()
    const waits = Array.from({ length: 3 * IN_FLIGHT_MAX }, () => io.submit(silent(readEnd), { signal: aborting.signal }).catch(() => undefined))
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
      const other = [io.submit(timer(1)), io.submit(poll(otherRead, POLLIN)), io.submit(read(otherRead, Buffer.alloc(1)))] as const
      writeSync(otherWrite, 'xx') // one for the read, and one that stays for the poll
      // Those of the class that is full wait, whatever they would find.
      await Promise.all(other.filter((_, index) => index !== ['timers', 'polls', 'reads of a silent pipe'].indexOf(name)))
      aborting.abort()
      await Promise.all([...waits, ...other])
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

  test(`two event queues share their proactor's places, and the second learns that there is none (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'], inFlightMax: IN_FLIGHT_MAX })
    const [readEnd, writeEnd] = await pipe(io)
    await using first = new EventQueue<string>({ proactor: io })
    await using second = new EventQueue<string>({ proactor: io })
    for (let count = 0; count < IN_FLIGHT_MAX - 3 * OWN; count++) first.watch(readEnd, POLLIN, 'silent')
    assert.throws(() => second.watch(readEnd, POLLIN, 'one more'), { code: 'ERR_TRUEAIO_TOO_MANY_SOURCES', message: /new EventQueue\(\{ proactor: new Proactor\(\{ inFlightMax: 256 \}\) \}\)/ })
    second.timer(1, 'tick')
    assert.deepEqual((await second.getEvents({ timeout: 10_000 })).map(({ cookie }) => cookie), ['tick'])
    assert.ok((await io.submit(statx('/'), { timeout: 10_000 })).size > 0)
    await first.close()
    await second.close()
    for (const each of [readEnd, writeEnd]) closeSync(each)
  })
}

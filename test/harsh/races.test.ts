// Whatever races a completion — an abort, a deadline, both — each operation settles exactly once.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Proactor, read, timer, type Operation, type SubmitOptions } from 'trueaio'
import { makePipe, O_CLOEXEC, O_NONBLOCK } from './system-calls.js'
import { withoutRing } from './ring-here.js'

const RACES = 100_000
const AT_ONCE = 500

/** Mulberry32: the order of every race, from a seed that a failure shows. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

interface Outcomes {
  done: number
  aborted: number
  timedOut: number
  readonly unexpected: unknown[]
}

function noOutcomes(): Outcomes {
  return { done: 0, aborted: 0, timedOut: 0, unexpected: [] }
}

function codeOf(error: NodeJS.ErrnoException): string | undefined {
  return error.code
}

/** Counts how an operation ends; a second end of the same one is unexpected. */
function submitCounted<Result>(io: Proactor, operation: Operation<Result>, options: SubmitOptions, outcomes: Outcomes, onEnd: (result: Result | undefined) => void): void {
  let ends = 0
  io.submit(operation, options, (error, result) => {
    if (++ends > 1) outcomes.unexpected.push('a second end')
    const code = error === null ? undefined : codeOf(error)
    if (error === null) outcomes.done++
    else if (code === 'ABORT_ERR') outcomes.aborted++
    else if (code === 'ETIMEDOUT') outcomes.timedOut++
    else outcomes.unexpected.push(error)
    onEnd(error === null ? result : undefined)
  })
}

function checkAll(outcomes: Outcomes, io: Proactor): void {
  assert.deepEqual(outcomes.unexpected, [])
  assert.equal(outcomes.done + outcomes.aborted + outcomes.timedOut, RACES)
  const { inFlight, queued, bytesLent } = io.statistics
  assert.deepEqual({ inFlight, queued, bytesLent }, { inFlight: 0, queued: 0, bytesLent: 0 })
}

/** Runs RACES operations, AT_ONCE at a time, each aborted at a moment of chance: before, during or after its work. */
async function raceAborts<Result>(t: test.TestContext, io: Proactor, make: (place: number) => Operation<Result>, provoke: (place: number) => void, onEnd: (place: number, result: Result | undefined) => void): Promise<Outcomes> {
  const seed = Date.now() % 1e9
  t.diagnostic(`seed ${String(seed)}`)
  const random = randomFrom(seed)
  const outcomes = noOutcomes()
  for (let started = 0; started < RACES; started += AT_ONCE) {
    let remaining = AT_ONCE
    const { promise, resolve } = pending()
    const controllers: AbortController[] = []
    for (let place = 0; place < AT_ONCE; place++) {
      const controller = new AbortController()
      controllers.push(controller)
      submitCounted(io, make(place), { signal: controller.signal }, outcomes, (result) => {
        onEnd(place, result)
        if (--remaining === 0) resolve()
      })
    }
    for (let place = 0; place < AT_ONCE; place++) {
      const chance = random()
      if (chance < 0.2) (controllers[place] as AbortController).abort()
      else if (chance < 0.4) void Promise.resolve().then(() => controllers[place]?.abort())
      else if (chance < 0.7) setImmediate(() => controllers[place]?.abort())
      if (random() < 0.5) provoke(place)
      else setImmediate(provoke, place)
    }
    await promise
  }
  return outcomes
}

function pending(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((resolveIt) => {
    resolve = resolveIt
  })
  return { promise, resolve }
}

test('100,000 aborts race cached file reads', { skip: withoutRing }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-races-'))
  const path = join(directory, 'data')
  writeFileSync(path, Buffer.alloc(4096, 7))
  const fd = openSync(path, 'r')
  // A cached read ends inside its submission and no abort beats it there: so a part of them waits behind the limit.
  const io = new Proactor({ driver: 'io-uring', inFlightMax: 100 })
  try {
    const buffers = Array.from({ length: AT_ONCE }, () => Buffer.alloc(4096))
    const outcomes = await raceAborts(t, io, (place) => read(fd, buffers[place] as Buffer, 0), () => undefined, (_, result) => {
      if (result !== undefined) assert.equal(result, 4096)
    })
    checkAll(outcomes, io)
    assert.ok(outcomes.done > 0 && outcomes.aborted > 0, 'both sides won')
  } finally {
    await io.close()
    closeSync(fd)
    rmSync(directory, { recursive: true })
  }
})

test('100,000 aborts race pipe reads, and no byte arrives twice', { skip: withoutRing }, async (t) => {
  const pipes = Array.from({ length: AT_ONCE }, () => makePipe(O_CLOEXEC | O_NONBLOCK))
  const buffers = pipes.map(() => Buffer.alloc(4))
  const one = Buffer.from([1])
  const io = new Proactor({ driver: 'io-uring' })
  let written = 0
  let received = 0
  try {
    const outcomes = await raceAborts(
      t, io, (place) => read((pipes[place] as { readEnd: number }).readEnd, buffers[place] as Buffer),
      (place) => {
        written += writeSync((pipes[place] as { writeEnd: number }).writeEnd, one)
      },
      (_, result) => {
        received += result ?? 0
      },
    )
    await turn()
    let left = 0
    for (const { readEnd } of pipes) {
      try {
        left += readSync(readEnd, Buffer.alloc(65536))
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
      }
    }
    checkAll(outcomes, io)
    assert.ok(outcomes.done > 0 && outcomes.aborted > 0, 'both sides won')
    assert.ok(received + left <= written, `${String(received)} received and ${String(left)} left of ${String(written)} written`)
    t.diagnostic(`${String(written - received - left)} of ${String(written)} bytes went to reads that were given up`)
  } finally {
    await io.close()
    for (const { readEnd, writeEnd } of pipes) {
      closeSync(readEnd)
      closeSync(writeEnd)
    }
  }
})

test('100,000 deadlines race timers of about the same length', { skip: withoutRing }, async (t) => {
  const seed = Date.now() % 1e9
  t.diagnostic(`seed ${String(seed)}`)
  const random = randomFrom(seed)
  const io = new Proactor({ driver: 'io-uring' })
  const outcomes = noOutcomes()
  const atOnce = 2000
  for (let started = 0; started < RACES; started += atOnce) {
    let remaining = atOnce
    const { promise, resolve } = pending()
    for (let index = 0; index < atOnce; index++) {
      submitCounted(io, timer(1 + 30 * random()), { timeout: 1 + 30 * random() }, outcomes, () => {
        if (--remaining === 0) resolve()
      })
    }
    await promise
  }
  checkAll(outcomes, io)
  assert.ok(outcomes.done > 0 && outcomes.timedOut > 0, `both sides won: ${String(outcomes.done)} done, ${String(outcomes.timedOut)} timed out`)
  await io.close()
})

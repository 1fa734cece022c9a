// Benchmark suite — the event queue: what an operation costs in it over the engine's own completion queue, and what an
// event costs with few sources and with many, of which one is active at a time.
import { closeSync, readSync, writeSync } from 'node:fs'
import { call, nop, PollEvent, Proactor, SYS, type CompletionQueue } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import type { Budget } from '../../workload/budget.js'
import { makeProactor, orUnavailable } from '../../contenders/engine.js'
import { fioContender } from '../../contenders/fio.js'
import { engineReads, eventReads, readsInto, TRUEAIO_EVENTS } from '../../contenders/read-contenders.js'
import { inFlightCases, Unavailable, type Case, type Context, type ProcessContender, type Suite, type Workload } from '../../suite.js'

export const EVENT_QUEUE = 'trueaio, event queue'
/** What the memory alone costs. */
export const OBJECTS = 'no queue: an array of objects'
const NOPS = 'nops'
export const USER = 'user sources'
const TIMERS = 'timers'
const DESCRIPTORS = 'descriptors'
const FEW = 100
const MANY = 100_000
/** As many as a process may usually open. */
const MANY_DESCRIPTORS = 10_000
export const NOPS_CASE = 'nops, 32 in flight'
/** A repeating timer that was reported does not expire again within the run. */
const LONG_MILLISECONDS = 1e9

/** The case with few sources, and the one with many. */
export const FEW_AND_MANY: readonly (readonly [few: string, many: string, work: string])[] = [USER, TIMERS, DESCRIPTORS]
  .map((work) => [sources(work, FEW).name, sources(work, work === DESCRIPTORS ? MANY_DESCRIPTORS : MANY).name, work])

function sources(work: string, count: number): Case {
  return { name: `${work}, ${count.toLocaleString('en')}`, work, inFlight: count, bytes: 0, quick: count === FEW }
}

const READS = inFlightCases([1, 32, 128], [32], BLOCK_BYTES)
const SOURCES = [USER, TIMERS, DESCRIPTORS].flatMap((work) => [sources(work, FEW), sources(work, work === DESCRIPTORS ? MANY_DESCRIPTORS : MANY)])
const isReading = ({ bytes }: Case): boolean => bytes > 0

/** The part of both queues that this drives. */
interface Submitting {
  submit: CompletionQueue<number>['submit']
}

async function driveNops(queue: Submitting & { wait(): Promise<readonly { readonly cookie: number }[]> }, inFlight: number, budget: Budget): Promise<void> {
  let running = 0
  const begin = (lane: number): void => {
    if (!budget.take()) return
    running++
    queue.submit(nop(), lane)
  }
  for (let lane = 0; lane < inFlight; lane++) begin(lane)
  while (running > 0) {
    for (const { cookie } of await queue.wait()) {
      running--
      begin(cookie)
    }
  }
}

const bareNops: ProcessContender['make'] = ({ drivers }, { inFlight }) => {
  const proactor = makeProactor(drivers)
  const queue = proactor.completionQueue<number>()
  return { run: (budget) => driveNops(queue, inFlight, budget), close: () => proactor.close() }
}

const queuedNops: ProcessContender['make'] = ({ drivers }, { inFlight }) => {
  const proactor = makeProactor(drivers)
  const queue = new EventQueue<number>({ proactor })
  const nops = { submit: queue.submit.bind(queue), wait: () => queue.getEvents() }
  return {
    run: (budget) => driveNops(nops, inFlight, budget),
    async close(): Promise<void> {
      await queue.close()
      await proactor.close()
    },
  }
}

/** Which is active next: at random, and the same for all. */
class Places {
  #state = 1
  readonly #count: number

  constructor(count: number) {
    this.#count = count
  }

  next(): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) >>> 0
    return (this.#state >>> 8) % this.#count
  }
}

/** One event after the other, each of another source. */
async function driveSources(queue: EventQueue<number>, count: number, budget: Budget, activity: Activity): Promise<void> {
  const places = new Places(count)
  while (budget.take()) {
    const index = places.next()
    activity.activate(index)
    const events = await queue.getEvents()
    if (events.length !== 1 || events[0]?.cookie !== index) throw new Error(`source ${String(index)} was active, and ${JSON.stringify(events.map(({ cookie }) => cookie))} came`)
    activity.check(index)
  }
}

interface Activity {
  activate(index: number): void
  check(index: number): void
  end(): void
}

function userSources(queue: EventQueue<number>, count: number): Activity {
  const all = Array.from({ length: count }, (_, index) => queue.user(index))
  return { activate: (index) => all[index]?.trigger(), check: () => undefined, end: () => undefined }
}

function timers(queue: EventQueue<number>, count: number): Activity {
  const repeat = { repeat: LONG_MILLISECONDS }
  const all = Array.from({ length: count }, (_, index) => queue.timer(LONG_MILLISECONDS + index, index, repeat))
  return { activate: (index) => all[index]?.modify(0, repeat), check: () => undefined, end: () => undefined }
}

async function descriptors(queue: EventQueue<number>, proactor: Proactor, count: number): Promise<Activity> {
  if (SYS.eventfd2 === undefined) throw new Unavailable('the numbers of this platform’s system calls are not known')
  const all: number[] = []
  const EFD_NONBLOCK = 0o4000
  try {
    for (let index = 0; index < count; index++) all.push(await proactor.submit(call('eventfd2', 0, EFD_NONBLOCK)))
  } catch (error) {
    for (const fd of all) closeSync(fd)
    if ((error as NodeJS.ErrnoException).code === 'EMFILE') throw new Unavailable(`${String(all.length)} descriptors are all this process may have`)
    throw error
  }
  all.forEach((fd, index) => queue.watch(fd, PollEvent.POLLIN, index))
  const one = Buffer.alloc(8)
  one.writeBigUInt64LE(1n)
  const counter = Buffer.alloc(8)
  return {
    activate: (index) => writeSync(all[index] as number, one), // below count
    check: (index) => readSync(all[index] as number, counter, 0, 8, null),
    end: () => all.forEach((fd) => closeSync(fd)),
  }
}

async function makeSources({ drivers }: Context, { work, inFlight: count }: Case): Promise<Workload> {
  const proactor = orUnavailable(() => new Proactor({ inFlightMax: 2 * MANY_DESCRIPTORS, ...(drivers === undefined ? {} : { driver: drivers }) }))
  const queue = new EventQueue<number>({ proactor })
  const activity = work === USER ? userSources(queue, count) : work === TIMERS ? timers(queue, count) : await descriptors(queue, proactor, count)
  return {
    run: (budget) => driveSources(queue, count, budget, activity),
    async close(): Promise<void> {
      await queue.close()
      await proactor.close()
      activity.end()
    },
  }
}

/** Objects as large as sources, one of which at random gets a new object, and a turn of the microtask queue. */
const objects: ProcessContender['make'] = (_context, { inFlight: count }) => {
  const turn = Promise.resolve()
  const all = Array.from({ length: count }, (_, cookie) => ({ cookie, event: undefined as { cookie: number } | undefined, a: 0, b: 0, c: 0, d: 0, e: 0, f: 0 }))
  return {
    async run(budget): Promise<void> {
      const places = new Places(count)
      while (budget.take()) {
        const index = places.next()
        const one = all[index] as (typeof all)[number] // below count
        one.event = { cookie: one.cookie }
        await turn
        if (one.event.cookie !== index) throw new Error('another object')
        one.event = undefined
      }
    },
    close: () => undefined,
  }
}

const queuedReads = engineReads(false, async (engine, budget) => {
  const queue = new EventQueue<number>({ proactor: engine.proactor })
  await readsInto(queue, () => queue.getEvents(), engine, budget)
  await queue.close()
})

export const eventQueue: Suite = {
  name: 'event-queue',
  title: 'Event queue',
  unit: 'events',
  cases: [{ name: NOPS_CASE, work: NOPS, inFlight: 32, bytes: 0, quick: true }, ...READS, ...SOURCES],
  contenders: [
    {
      kind: 'process', name: EVENT_QUEUE, quick: true,
      make: (context, case_) => (isReading(case_) ? queuedReads(context, case_) : case_.work === NOPS ? queuedNops(context, case_) : makeSources(context, case_)),
    },
    {
      kind: 'process', name: TRUEAIO_EVENTS, quick: true, takesPart: (case_) => isReading(case_) || case_.work === NOPS,
      make: (context, case_) => (isReading(case_) ? engineReads(false, eventReads)(context, case_) : bareNops(context, case_)),
    },
    { ...fioContender(false), takesPart: isReading },
    { kind: 'process', name: OBJECTS, quick: false, takesPart: ({ work }) => work === USER, make: objects },
  ],
  reference: EVENT_QUEUE,
  byDefault: false,
}

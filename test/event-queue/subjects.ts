// The drivers that the event queue is tried on, one line each, and a room for each behaviour: a queue on the driver, and
// nothing left behind.
import { simulated } from 'trueaio/simulated'
import { EventQueue, type EventQueueOptions, type QueueEvent } from 'trueaio/event-queue'
import type { Needs, Subject } from '../conformance/subject.js'
import { behaviour, family, type World } from '../conformance/world.js'

const IN_MEMORY = 'its descriptors and files are in memory: no pipes, children or system calls (docs/drivers/simulated.md)'
const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

const SUBJECTS: readonly Subject[] = [
  // The pool makes the system calls that the ring has no opcode for.
  { name: 'io-uring', driver: ['io-uring', 'thread-pool'], storage: 'disk', lacks: {} },
  { name: 'thread-pool', driver: 'thread-pool', storage: 'disk', lacks: {} },
  { name: 'linux-aio', driver: 'linux-aio', storage: 'disk', lacks: {} },
  {
    name: `simulated, seed ${String(SEED)}`, driver: () => simulated({ seed: SEED }), storage: 'memory',
    lacks: { poll: IN_MEMORY, waitid: IN_MEMORY, call: IN_MEMORY, 'real descriptors': IN_MEMORY, 'real time': 'virtual time jumps to the next event' },
  },
]

/** What a behaviour works with. */
export interface Room extends Pick<World, 'io'> {
  readonly world: World
  /** Closes a descriptor of `World.fifo` before the room's end. */
  readonly closeNow: (fd: number) => void
  readonly queue: EventQueue<string>
  /** Another queue on the same proactor. */
  readonly anotherQueue: (options?: EventQueueOptions) => EventQueue<string>
}

/** Registers behaviours for every driver. */
export function onEveryDriver(name: string, define: (it: (name: string, needs: Needs, body: (room: Room) => Promise<void> | void) => void) => void): void {
  for (const subject of SUBJECTS) {
    family(`${name}, ${subject.name}`, () => {
      define((title, needs, body) => behaviour(subject, title, needs, async (world) => {
        const queues: EventQueue<string>[] = []
        const anotherQueue = (options: EventQueueOptions = {}): EventQueue<string> => {
          const queue = new EventQueue<string>({ proactor: world.io, ...options })
          queues.push(queue)
          return queue
        }
        try {
          await body({ io: world.io, world, queue: anotherQueue(), anotherQueue, closeNow: (fd) => world.closeNow(fd) })
        } finally {
          for (const queue of queues) await queue.close()
        }
      }))
    })
  }
}

/** The next event; fails rather than waits for ever. */
export async function next(queue: EventQueue<string>, patience = 10_000): Promise<QueueEvent<string>> {
  const [event] = await queue.getEvents({ min: 1, max: 1, timeout: patience })
  if (event === undefined) throw new Error('no event came')
  return event
}

export const cookies = (events: readonly QueueEvent<string>[]): string[] => events.map(({ cookie }) => cookie)

// ④ driver — simulated: one end of a connection, a listener, or a socket of datagrams. What was sent to it stands in its inbox with the
// time at which it arrives, so that nothing has to happen at that time: waiters check again then.
import type { SocketAddress } from '../../operation/address.js'
import { SocketType } from '../../operation/socket.js'

/** Something that waits for a socket. */
export interface Waiter {
  /** It may go on at this virtual time. */
  wake(at: number): void
}

/** What is on its way to a socket, or there. */
export interface Arrival {
  readonly at: number
  /** Bytes; the end of the other side; or its reset. */
  readonly what: Buffer | 'end' | 'reset'
  /** Of a datagram: who sent it. */
  readonly from: SocketAddress | undefined
}

/** Virtual time goes by microseconds, and what is on its way may arrive between two of them. */
const HALF_A_MICROSECOND = 0.0005

export function hasArrived({ at }: Arrival, now: number): boolean {
  return at <= now + HALF_A_MICROSECOND
}

const TYPE_MASK = 0xf
const UNNAMED: SocketAddress = { family: 'Unix', path: '' }

export class SimulatedSocket {
  readonly domain: number
  readonly isStream: boolean
  local: SocketAddress | undefined = undefined
  /** Of datagrams: where they go by themselves. */
  remote: SocketAddress | undefined = undefined
  peer: SimulatedSocket | undefined = undefined
  /** Connections that may wait to be accepted; -1: it does not listen. */
  backlog = -1
  readonly accepted: SimulatedSocket[] = []
  inbox: Arrival[] = []
  /** Bytes in the inbox. */
  bytes = 0
  readEnded = false
  writeEnded = false
  wasReset = false
  readonly options: Map<string, Buffer> = new Map<string, Buffer>()
  readonly readers: Set<Waiter> = new Set<Waiter>()
  readonly writers: Set<Waiter> = new Set<Waiter>()
  /** Operations in flight on it, which keep it open. */
  uses = 0
  /** No descriptor stands for it any more. */
  closed = false
  /** Called when nothing keeps it open any more. */
  readonly #whenGone: (socket: SimulatedSocket) => void

  constructor(domain: number, type: number, whenGone: (socket: SimulatedSocket) => void) {
    this.domain = domain
    this.isStream = (type & TYPE_MASK) !== SocketType.SOCK_DGRAM
    this.#whenGone = whenGone
  }

  get name(): SocketAddress {
    return this.local ?? UNNAMED
  }

  /** Sends something, and lets its receiver check when it has arrived. */
  deliver(arrival: Arrival): void {
    this.inbox.push(arrival)
    // In order of arrival; of one instant in order of sending.
    this.inbox.sort((first, second) => first.at - second.at)
    if (typeof arrival.what !== 'string') this.bytes += arrival.what.length
    this.wakeReaders(arrival.at)
  }

  wakeReaders(at: number): void {
    wakeAll(this.readers, at)
  }

  wakeWriters(at: number): void {
    wakeAll(this.writers, at)
  }

  /** Its descriptor was closed. */
  release(): void {
    this.closed = true
    this.#goIfUnused()
  }

  /** An operation on it has ended. */
  unuse(): void {
    this.uses--
    this.#goIfUnused()
  }

  #goIfUnused(): void {
    if (this.closed && this.uses === 0) this.#whenGone(this)
  }
}

/** Those that must wait once more are queued again by themselves. */
function wakeAll(waiters: Set<Waiter>, at: number): void {
  const all = [...waiters]
  waiters.clear()
  for (const waiter of all) waiter.wake(at)
}

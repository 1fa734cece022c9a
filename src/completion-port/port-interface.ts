// ① interface — what a completion port is to its parts: to associated handles, to consumers, and to its ends in other
// threads. port.ts implements all of it, and its parts know nothing else of it.
import type { Operation } from '../operation/operation.js'
import type { Entry } from '../proactor/in-flight.js'
import type { SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import type { Patience } from '../waiting/patience.js'
import type { Overlapped, Packet, PostedPacket } from './packet.js'

/** The port that a handle is associated with. */
export interface AssociatedPort {
  /** Whether the port takes no more operations and packets. */
  readonly closed: boolean
  /** Operations whose packets are still to come. */
  readonly inFlight: number
  /** Packets that can be taken now. */
  readonly queued: number
  /** Puts a packet into the queue. @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
  post(packet?: PostedPacket): void
  /** For handles: submits an operation whose end becomes a packet. @internal */
  submit(operation: Operation, overlapped: Overlapped<unknown>, key: unknown, options: SubmitOptions | undefined): void
  /** For handles: asks for the end of an operation. @internal */
  cancel(entry: Entry): void
  /** For handles: who carries out its operations. @internal */
  readonly proactor: Proactor
}

/** A consumer as its port sees it. */
export interface PortConsumer {
  /** It takes for another thread. */
  readonly isRemote: boolean
  /** It uses one of the port's places. */
  readonly running: boolean
  readonly closed: boolean
  /** It gets packets. False: it runs already. */
  start(): boolean
}

/** The port that a consumer takes from. */
export interface ConsumedPort<Key> {
  /** Packets that are here belong to those who wait, as far as places are free. */
  serveWaiting(): void
  waitFor(consumer: PortConsumer, max: number, patience: Patience, answersLate: boolean): Promise<Packet<Key>[]>
  /** One has stopped running, and those who wait for its place may go on. */
  placeFree(): void
  /** One that was blocked runs again. */
  placeTaken(): void
  /** The gets of a closed one end. */
  consumerClosed(): void
}

/** The port that has ends in other threads. */
export interface OwningPort<Key> extends ConsumedPort<Key> {
  readonly closed: boolean
  /** Number of gets that wait. */
  readonly waiting: number
  post(packet: PostedPacket<Key>): void
  /** What could not be sent is there again, before all others. */
  putBack(packets: readonly Packet<Key>[]): void
}

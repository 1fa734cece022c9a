// ① interface — posix-aio: the outstanding requests of one descriptor, in order of submission, and whether they run side by
// side or one after the other.
//
// The engine's own `ordered` option would ask of every request what only a few need: the order of a descriptor matters
// once a second request meets a first one, so only then the descriptor is looked at, and again after it was idle, since
// its number may mean another file by then.
import { lookAt } from './descriptor-facts.js'

export const State = {
  /** Never submitted, or its result was taken. */
  NONE: 0,
  /** Behind others on its descriptor; nobody else knows of it yet. */
  HELD: 1,
  /** With the proactor. */
  RUNNING: 2,
  /** Ended; its result waits for `aio_return`. */
  DONE: 3,
} as const
export type State = (typeof State)[keyof typeof State]

/** A request among the outstanding ones of its descriptor. */
export interface InOrder<One> {
  state: State
  previous: One | undefined
  next: One | undefined
}

export const Order = { UNKNOWN: 0, SIDE_BY_SIDE: 1, ONE_BY_ONE: 2 } as const
export type Order = (typeof Order)[keyof typeof Order]

export class DescriptorRequests<One extends InOrder<One>> {
  readonly fd: number
  first: One | undefined = undefined
  last: One | undefined = undefined
  order: Order = Order.UNKNOWN
  /** It has no position: offsets must not reach the system. */
  stream = false
  /** It was a stream before it was idle: worth a look before the first request. */
  #wasStream = false
  /** Held ones are being started: one that ends at once must not start the next inside of it. */
  starting = false

  constructor(fd: number) {
    this.fd = fd
  }

  /** Looks at the descriptor if that is due before one more request joins. */
  prepare(): void {
    if (this.order === Order.UNKNOWN && (this.first !== undefined || this.#wasStream)) this.look()
  }

  look(): void {
    const { known, stream, appends } = lookAt(this.fd)
    this.stream = stream
    this.order = !known || stream || appends ? Order.ONE_BY_ONE : Order.SIDE_BY_SIDE
  }

  /** The system said so. */
  foundStream(): void {
    this.stream = true
    this.order = Order.ONE_BY_ONE
  }

  append(request: One): void {
    const { last } = this
    request.previous = last
    if (last === undefined) this.first = request
    else last.next = request
    this.last = request
  }

  remove(request: One): void {
    const { previous, next } = request
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    request.previous = undefined
    request.next = undefined
    if (this.first === undefined) this.#idle()
  }

  /** The one whose turn it is, all before it having ended. */
  get due(): One | undefined {
    return this.first?.state === State.HELD ? this.first : undefined
  }

  #idle(): void {
    this.#wasStream = this.stream
    this.stream = false
    this.order = Order.UNKNOWN
  }
}

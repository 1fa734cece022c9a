// ① interface — what goes through a completion port: the packet, and the structure that an overlapped operation is known by.
import { errorOf, type Failure } from '../proactor/failure.js'
import type { Entry } from '../proactor/in-flight.js'
import type { Proactor } from '../proactor/proactor.js'
import { checkInteger } from '../operation/arguments.js'
import { WaitQueue } from '../waiting/wait-queue.js'

/**
 * Represents one overlapped operation while it is in progress, as OVERLAPPED does. The caller makes it, and every
 * operation in flight has its own. It may be used again when its packet has been taken. The caller's class may extend
 * it.
 */
export class Overlapped<Cookie = undefined> {
  /** Byte offset of a read or write, 0 to 2^53 - 1; -1: the current position (pipes, sockets). */
  offset: number
  /** The caller's own. */
  readonly cookie: Cookie
  /** For the handle: what it was submitted as, and its handle's key then. @internal */
  entry: Entry | undefined = undefined
  /** @internal */
  key: unknown = undefined
  /** @internal */
  port: { cancel(entry: Entry): void; readonly proactor: Proactor } | undefined = undefined
  /** @internal */
  handle: { ended(overlapped: Overlapped<unknown>): void } | undefined = undefined
  /** How its last operation ended. @internal */
  end: Packet | undefined = undefined
  /** @internal */
  routine: ((end: Packet) => void) | undefined = undefined
  #whenEnded: WaitQueue | undefined = undefined

  /** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
  constructor(...[offset = 0, cookie]: undefined extends Cookie ? [offset?: number, cookie?: Cookie] : [offset: number, cookie: Cookie]) {
    this.offset = checkInteger(offset, 'offset', -1, Number.MAX_SAFE_INTEGER)
    this.cookie = cookie as Cookie
  }

  /** Whether its operation is in progress (STATUS_PENDING). */
  get pending(): boolean {
    return this.entry !== undefined
  }

  /** Those who wait for its end. @internal */
  get whenEnded(): WaitQueue {
    return (this.#whenEnded ??= new WaitQueue())
  }

  /** For what it is submitted to. @internal */
  ended(end: Packet): void {
    this.entry = undefined
    this.end = end
    this.routine = undefined
    this.handle?.ended(this)
    this.#whenEnded?.wakeAll(undefined)
  }
}

/** A packet as it is posted. */
export interface PostedPacket<Key = unknown> {
  /** dwNumberOfBytesTransferred: any integer ≥ 0. Default: 0. */
  readonly bytes?: number | undefined
  /** dwCompletionKey. */
  readonly key?: Key | undefined
  /** lpOverlapped: anything. */
  readonly overlapped?: unknown
  /** The status (NtSetIoCompletion): why the posted work has failed. Default: it has not. */
  readonly error?: Error | undefined
}

/** One completion, or a posted packet. */
export class Packet<Key = unknown> {
  /** Bytes moved; what an operation of another kind resolves to, if a number; 0 when it failed. */
  readonly bytes: number
  /** The key its handle was associated with, or the posted one. */
  readonly key: Key
  /** The operation's structure, or the posted one. */
  readonly overlapped: unknown
  readonly #failure: Failure | Error | undefined

  /** Made by completion ports. @internal */
  constructor(bytes: number, key: Key, overlapped: unknown, failure: Failure | Error | undefined) {
    this.bytes = bytes
    this.key = key
    this.overlapped = overlapped
    this.#failure = failure
  }

  /** Why the operation failed (what GetQueuedCompletionStatus gives by returning FALSE with an OVERLAPPED); undefined when it did not. */
  get error(): Error | undefined {
    const failure = this.#failure
    return failure === undefined || failure instanceof Error ? failure : errorOf(failure)
  }
}

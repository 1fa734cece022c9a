// ① interface — one open stream socket: its descriptor, what is in flight on it (at most one receive and one send), and its close, which
// waits until neither is. connection.ts and duplex.ts are what users see of it; sending.ts has the order of sends.
import { closeKept } from '../lasting.js'
import { Opcode } from '../operation/opcode.js'
import { getpeername, getsockname, receiveInto, setsockopt, SocketOption } from '../operation/socket.js'
import type { SocketAddress } from '../operation/address.js'
import type { Operation } from '../operation/operation.js'
import { failureOf, type Failure } from '../proactor/failure.js'
import { EntryState, type Entry, type Settler } from '../proactor/in-flight.js'
import type { SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { closedInTime, Leftover, watchForDrop } from './dropped.js'
import { LentPiece } from './piece.js'
import { giveSlotBack, takeSlot, wantsMoreThan } from './receive-memory.js'

/** A slot that is larger is passed on with its bytes rather than copied, when it is more than half full. */
const COPY_BYTES_MAX = 2 ** 14

/** Who waits for bytes. Called inside a driver's loop: it runs no code of a user's. */
export interface ReceiveListener {
  /** So many bytes, which `takeReceived` or `copyReceived` gives; 0: the peer has ended. Or what an operation of the listener's own resolved to. */
  received(result: number): void
  receiveFailed(failure: Failure): void
}

/** Who waits for the end of one operation that sends. Called as above. */
export interface SendListener {
  sent(bytes: number): void
  sendFailed(failure: Failure): void
}

const receiveSettler: Settler = {
  settle(entry: Entry, result: number) {
    (entry.first as OpenSocket).receiveEnded(entry, result)
  },
}

const sendSettler: Settler = {
  settle(entry: Entry, result: number) {
    (entry.first as OpenSocket).sendEnded(entry, result)
  },
}

/** A place for one operation in flight. */
class InFlight {
  isTaken = false
  /** Known from the moment `submitTo` has returned, if it has not ended before. */
  entry: Entry | undefined = undefined
  generation = 0

  noteEntry(entry: Entry): void {
    if (!this.isTaken) return
    this.entry = entry
    this.generation = entry.generation
  }

  free(): void {
    this.isTaken = false
    this.entry = undefined
  }
}

export interface CloseOptions {
  /** The peer's reads and writes fail with ECONNRESET; what the kernel has not sent is lost. */
  readonly resets?: boolean
  /** What was given to be sent in this tick is tried first: the kernel takes at once what it has room for. */
  readonly triesSend?: boolean
}

/** On, for 0 seconds. */
const NO_LINGER: Int32Array = Int32Array.of(1, 0)

/** A peer that has gone before leaves nothing to linger for. */
function ignoreUnconnected(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTCONN') throw error
}

export class OpenSocket {
  readonly io: Proactor
  readonly fd: number
  readonly #leftover: Leftover
  /** The memory of its next receive, and that receive. */
  #slot: Buffer | undefined = undefined
  #receive: Operation<number> | undefined = undefined
  #wantsMore = false
  readonly #receiving = new InFlight()
  readonly #sending = new InFlight()
  #receiveListener: ReceiveListener | undefined = undefined
  #sendListener: SendListener | undefined = undefined
  #isReferenced = true
  #whenClosed: Promise<void> | undefined = undefined
  #closeNow: (() => void) | undefined = undefined
  bytesReceived = 0
  bytesSent = 0

  constructor(io: Proactor, fd: number) {
    this.io = io
    this.fd = fd
    this.#leftover = new Leftover(io, fd, 'a connection')
    watchForDrop(this, this.#leftover)
  }

  get isClosing(): boolean {
    return this.#whenClosed !== undefined
  }

  get isReceiving(): boolean {
    return this.#receiving.isTaken
  }

  get isSending(): boolean {
    return this.#sending.isTaken
  }

  /** Waits for bytes, or makes another operation on what is received. One at a time. */
  receive(listener: ReceiveListener, options: SubmitOptions | undefined, operation: Operation<number> = this.#receiveOperation()): void {
    const receiving = this.#receiving
    this.#receiveListener = listener
    receiving.isTaken = true
    if (!this.#isReferenced) this.io.countUnreferenced(1)
    receiving.noteEntry(this.io.submitTo(receiveSettler, operation, options, this))
  }

  /** Asks for the end of the receive. What has come all the same is received. */
  cancelReceive(): void {
    const { entry, generation } = this.#receiving
    if (entry !== undefined) this.io.cancelSubmitted(entry, generation)
  }

  /** For the settler. */
  receiveEnded(entry: Entry, result: number): void {
    const listener = this.#receiveListener as ReceiveListener // it was given with the receive
    this.#receiving.free()
    if (!this.#isReferenced) this.io.countUnreferenced(-1)
    if (result < 0) {
      // The system has the memory of an abandoned one for as long as it likes.
      if (entry.state === EntryState.ABANDONED) this.#forgetSlot()
      listener.receiveFailed(failureOf(entry, result))
    } else {
      const { opcode } = entry.operation
      if (opcode !== Opcode.POLL) this.bytesReceived += result
      listener.received(result)
    }
    this.#ended()
  }

  /** What has just been received, with its memory. */
  takeReceived(bytes: number): LentPiece {
    const slot = this.#slot as Buffer // it was received into
    this.#wantsMore = wantsMoreThan(slot, bytes)
    this.#forgetSlot()
    return new LentPiece(slot, bytes, slot)
  }

  /** The same in memory of its own. */
  copyReceived(bytes: number): Buffer {
    const slot = this.#slot as Buffer // it was received into
    this.#wantsMore = wantsMoreThan(slot, bytes)
    if (bytes * 2 > slot.length && slot.length > COPY_BYTES_MAX) {
      // Most of it: the slot itself is passed on, and collected with the bytes.
      this.#forgetSlot()
      return slot.subarray(0, bytes)
    }
    const copy = Buffer.from(slot.subarray(0, bytes))
    if (this.#wantsMore !== (slot.length > COPY_BYTES_MAX)) this.#giveSlotBack()
    return copy
  }

  #receiveOperation(): Operation<number> {
    if (this.#receive === undefined) {
      this.#slot = takeSlot(this.#wantsMore)
      this.#receive = receiveInto(this.fd, this.#slot)
    }
    return this.#receive
  }

  #forgetSlot(): void {
    this.#slot = undefined
    this.#receive = undefined
  }

  #giveSlotBack(): void {
    if (this.#slot !== undefined) giveSlotBack(this.#slot)
    this.#forgetSlot()
  }

  /** Hands over one operation that sends. One at a time. */
  submitSend(operation: Operation<number>, listener: SendListener): void {
    const sending = this.#sending
    this.#sendListener = listener
    sending.isTaken = true
    sending.noteEntry(this.io.submitTo(sendSettler, operation, undefined, this))
  }

  cancelSend(): void {
    const { entry, generation } = this.#sending
    if (entry !== undefined) this.io.cancelSubmitted(entry, generation)
  }

  /** For the settler. */
  sendEnded(entry: Entry, result: number): void {
    const listener = this.#sendListener as SendListener // it was given with the operation
    this.#sending.free()
    if (result < 0) listener.sendFailed(failureOf(entry, result))
    else {
      const { opcode } = entry.operation
      // A shutdown or a poll goes the same way, and sends nothing.
      if (opcode !== Opcode.SHUTDOWN && opcode !== Opcode.POLL) this.bytesSent += result
      listener.sent(result)
    }
    this.#ended()
  }

  /** Whether a receive that waits keeps the process alive. */
  setReferenced(isReferenced: boolean): void {
    if (isReferenced === this.#isReferenced) return
    this.#isReferenced = isReferenced
    if (this.#receiving.isTaken) this.io.countUnreferenced(isReferenced ? -1 : 1)
  }

  /**
   * Ends what is in flight, then closes the descriptor. What it answers the second time is the same promise.
   */
  close({ resets = false, triesSend = false }: CloseOptions = {}): Promise<void> {
    this.#whenClosed ??= new Promise<void>((resolve, reject) => {
      closedInTime(this.#leftover)
      this.#closeNow = () => {
        this.#closeNow = undefined
        this.#closeDescriptor(resets).then(resolve, reject)
      }
      this.cancelReceive()
      if (triesSend && this.isSending) setImmediate(() => this.cancelSend())
      else this.cancelSend()
      this.#ended()
    })
    return this.#whenClosed
  }

  async #closeDescriptor(resets: boolean): Promise<void> {
    if (resets) await this.io.submit(setsockopt(this.fd, SocketOption.SOL_SOCKET, SocketOption.SO_LINGER, NO_LINGER)).catch(ignoreUnconnected)
    await closeKept(this.io, this.fd)
  }

  /** An address of it, asked of the system at once. Undefined: it has none (any more). */
  address(ofPeer: boolean): SocketAddress | undefined {
    if (this.isClosing) return undefined
    const [asked] = this.io.runSync([ofPeer ? getpeername(this.fd) : getsockname(this.fd)])
    return asked.status === 'fulfilled' ? asked.value : undefined
  }

  #ended(): void {
    if (this.#closeNow === undefined || this.#receiving.isTaken || this.#sending.isTaken) return
    this.#giveSlotBack()
    this.#closeNow()
  }
}

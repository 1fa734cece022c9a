// ① interface — the order in which one connection sends: one operation on the wire, the rest in line. What stands in line when the wire is
// free goes together, as one vectored send.
import { IOV_MAX } from '../operation/file.js'
import type { Operation, View } from '../operation/operation.js'
import { send, sendInTurn } from '../operation/socket.js'
import { Errno } from '../operation/system-error.js'
import { CancelReason } from '../proactor/in-flight.js'
import { errorOf, type Failure } from '../proactor/failure.js'
import { Fifo } from '../waiting/fifo.js'
import { behind } from './behind.js'
import type { OpenSocket, SendListener } from './open-socket.js'

/** Bytes that go together at most: more would only wait in the kernel. */
const TOGETHER_BYTES_MAX = 2 ** 20

/** How one thing to send ends. Called inside a driver's loop: neither method runs code of a user's. */
abstract class Ending {
  /** Set by who gives it up: it fails with this, whatever the system says. */
  problem: Error | undefined = undefined
  abstract succeeded(): void
  abstract failed(makeError: () => Error): void
}

/** Bytes in memory. */
export abstract class SendingBytes extends Ending {
  readonly data: View | readonly View[]
  readonly bytes: number
  /** All of it in one operation. */
  readonly operation: Operation<number>
  /** It goes alone, without a copy where that is possible; the engine carries it on. One that is given up may be on the wire in part, and nobody can say how far. */
  readonly zeroCopy: boolean
  /** @throws what `send` throws */
  constructor(fd: number, data: View | readonly View[], zeroCopy = false) {
    super()
    this.operation = zeroCopy ? send(fd, data, { zeroCopy }) : sendInTurn(fd, data)
    this.zeroCopy = zeroCopy
    this.data = data
    this.bytes = this.operation.length
  }
}

/** Several operations in a row, each made when the one before has ended: a file's pieces, the end of the stream. */
export abstract class SendingSteps extends Ending {
  /** The next; undefined: it is done. @param result what the last one answered; undefined: there was none yet */
  abstract next(result: number | undefined): Operation<number> | undefined
  /** What to make when one of them answers EAGAIN: a wait, behind which `next` is asked again. */
  blocked?(): Operation<number>
  /** Whether a part of it may be on the wire. */
  abstract readonly hasBegun: boolean
}

/** One thing to send. */
export type Sending = SendingBytes | SendingSteps

export class SendLine implements SendListener {
  readonly #socket: OpenSocket
  #waiting = new Fifo<Sending>()
  /** On the wire, first to last; several only if all are bytes. */
  #onWire: Sending[] = []
  /** Of the bytes on the wire: sent, and in all. */
  #done = 0
  #total = 0
  #isGathering = false
  /** Why nothing more can be sent. */
  #broken: (() => Error) | undefined = undefined

  constructor(socket: OpenSocket) {
    this.#socket = socket
  }

  get isIdle(): boolean {
    return this.#onWire.length === 0 && this.#waiting.length === 0
  }

  /** Puts one in line. */
  add(sending: Sending): void {
    const broken = this.#broken
    if (broken !== undefined) {
      sending.failed(broken)
      return
    }
    this.#waiting.push(sending)
    if (this.#onWire.length > 0 || this.#isGathering) return
    // At the end of this piece of JavaScript: what it sends in several calls goes together.
    this.#isGathering = true
    this.#socket.io.gather(this.#gathered, true)
  }

  /** Gives up one with its problem set, in line or on the wire. */
  giveUp(sending: Sending): void {
    if (this.#onWire.includes(sending)) this.#socket.cancelSend()
    else this.#passOver()
  }

  /** Everything in line fails, and what comes after. What is on the wire is cancelled by the socket's close. */
  break(makeError: () => Error): void {
    this.#broken ??= makeError
    for (let sending = this.#waiting.shift(); sending !== undefined; sending = this.#waiting.shift()) sending.failed(this.#broken)
  }

  readonly #gathered = (): void => {
    this.#isGathering = false
    if (this.#onWire.length === 0) this.#begin()
  }

  /** Takes those out of the line that were given up in it. */
  #passOver(): void {
    const kept = new Fifo<Sending>()
    for (let sending = this.#waiting.shift(); sending !== undefined; sending = this.#waiting.shift()) {
      const { problem } = sending
      if (problem === undefined) kept.push(sending)
      else sending.failed(() => problem)
    }
    this.#waiting = kept
  }

  #begin(): void {
    const first = this.#waiting.shift()
    if (first === undefined) return
    this.#onWire.push(first)
    if (first instanceof SendingSteps) this.#step(first, undefined)
    else this.#beginBytes(first)
  }

  #beginBytes(first: SendingBytes): void {
    this.#done = 0
    this.#total = first.bytes
    const next = this.#waiting.first
    if (first.zeroCopy || !isGathered(next)) {
      this.#socket.submitSend(first.operation, this)
      return
    }
    const views: View[] = []
    addViews(views, first.data)
    for (let more: Sending | undefined = next; isGathered(more); more = this.#waiting.first) {
      const count = Array.isArray(more.data) ? more.data.length : 1
      if (views.length + count > IOV_MAX || this.#total + more.bytes > TOGETHER_BYTES_MAX) break
      addViews(views, more.data)
      this.#total += more.bytes
      this.#onWire.push(more)
      this.#waiting.shift()
    }
    this.#socket.submitSend(sendInTurn(this.#socket.fd, views), this)
  }

  #step(steps: SendingSteps, result: number | undefined): void {
    const operation = steps.next(result)
    if (operation === undefined) this.#succeeded()
    else this.#socket.submitSend(operation, this)
  }

  /** For the socket. */
  sent(bytes: number): void {
    const [first] = this.#onWire
    if (first instanceof SendingSteps) {
      if (first.problem === undefined) this.#step(first, bytes)
      else this.#cut(first.hasBegun)
      return
    }
    this.#done += bytes
    if (this.#done < this.#total) this.#sentInPart()
    else this.#succeeded()
  }

  /** For the socket. */
  sendFailed(failure: Failure): void {
    const [first] = this.#onWire
    if (failure.reason !== CancelReason.NONE && this.#onWire.some(({ problem }) => problem !== undefined)) {
      this.#cut(first instanceof SendingSteps ? first.hasBegun : this.#done > 0 || first?.zeroCopy === true)
      return
    }
    if (failure.result === Errno.EAGAIN && first instanceof SendingSteps && first.blocked !== undefined) {
      this.#socket.submitSend(first.blocked(), this)
      return
    }
    // What a socket answers to one send it answers to all later ones.
    const makeError = (): Error => errorOf(failure)
    if (!this.#socket.isClosing) this.#broken ??= makeError
    const sendings = this.#onWire
    this.#onWire = []
    for (const sending of sendings) sending.failed(this.#broken ?? makeError)
    if (this.#broken !== undefined) this.break(this.#broken)
  }

  #succeeded(): void {
    const sendings = this.#onWire
    if (sendings.length === 1) {
      const [only] = sendings
      sendings.length = 0
      only?.succeeded()
    } else {
      this.#onWire = []
      for (const sending of sendings) sending.succeeded()
    }
    if (this.#onWire.length === 0 && !this.#isGathering) this.#begin()
  }

  /** Some bytes of it are there. Those wholly sent have succeeded; the rest goes on, unless somebody has given up the first of them. */
  #sentInPart(): void {
    for (let first = this.#onWire[0]; first instanceof SendingBytes && first.bytes <= this.#done; first = this.#onWire[0]) {
      this.#done -= first.bytes
      this.#total -= first.bytes
      this.#onWire.shift()?.succeeded()
    }
    if (this.#onWire.some(({ problem }) => problem !== undefined)) this.#cut(this.#done > 0)
    else this.#sendRest()
  }

  #sendRest(): void {
    const views: View[] = []
    for (const sending of this.#onWire) if (sending instanceof SendingBytes) addViews(views, sending.data)
    this.#socket.submitSend(sendInTurn(this.#socket.fd, behind(views, this.#done).slice(0, IOV_MAX)), this)
  }

  /** What was on the wire was cancelled for one of them. The others go on, unless the one is there in part: what follows would be read as its rest. */
  #cut(isInPart: boolean): void {
    const sendings = this.#onWire
    this.#onWire = []
    const [first] = sendings
    if (isInPart && first?.problem !== undefined) {
      const { problem } = first
      this.#broken = () => problem
      for (const sending of sendings) sending.failed(() => sending.problem ?? problem)
      this.break(this.#broken)
      return
    }
    this.#onWire = sendings.filter((sending) => {
      const { problem } = sending
      if (problem !== undefined) sending.failed(() => problem)
      return problem === undefined
    })
    if (this.#onWire.length === 0) {
      this.#begin()
      return
    }
    this.#total = this.#onWire.reduce((sum, sending) => sum + (sending instanceof SendingBytes ? sending.bytes : 0), 0)
    this.#sendRest()
  }
}

/** Whether it goes together with others. */
function isGathered(sending: Sending | undefined): sending is SendingBytes {
  return sending instanceof SendingBytes && !sending.zeroCopy
}

function addViews(views: View[], data: View | readonly View[]): void {
  if (Array.isArray(data)) views.push(...data as readonly View[])
  else views.push(data as View)
}

// ① interface — one of the state machines that move a transfer's pieces: take a piece, read it, put it through the stages in its turn, write
// it, and take the next. Several run at once, each with a buffer of its own; what must be in order waits for its turn.
import type { Operation } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import type { MutexLock } from '../../waiting/mutex.js'
import { Work } from '../../work/work.js'
import { isOrdered, type Piece } from '../ends/end.js'
import { endedEarly } from '../ends/file-source.js'
import { located, transferProblem } from '../errors.js'
import type { Flow } from './flow.js'
import type { PumpState } from './pump-state.js'

export class Lane {
  readonly #pump: PumpState
  readonly #flow: Flow
  readonly #buffer: Buffer
  readonly #work: Work
  #number = 0
  #offset = 0
  #wanted = 0
  #got = 0
  #bytes: Uint8Array
  #piece: Piece | undefined = undefined
  #lock: MutexLock | undefined = undefined
  #outputs: readonly Uint8Array[] = []
  #output = 0
  #written = 0
  #outputOffset = 0
  #where: 'source' | 'target' = 'source'
  #step = 'read'
  #device: string | undefined = undefined

  constructor(pump: PumpState, buffer: Buffer) {
    this.#pump = pump
    this.#flow = pump.flow
    this.#buffer = buffer
    this.#bytes = buffer
    this.#work = new Work({ proactor: this.#flow.io }).onFailure(this.#failed)
  }

  run(): Promise<void> {
    this.#work.queue(this.#take)
    // What a step throws ends the machine by itself, and must end the transfer as well.
    return this.#work.done.catch(this.#failed)
  }

  readonly #failed = (error: Error): void => {
    this.#lock?.release()
    this.#lock = undefined
    this.#piece?.release()
    this.#piece = undefined
    const name = this.#where === 'source' ? `source ${this.#flow.sourceName}` : `target ${this.#flow.targetName}`
    const reason = located(error, { end: name, step: this.#step, offset: this.#where === 'source' ? this.#offset + this.#got : this.#outputOffset + this.#written, device: this.#device })
    this.#pump.fail(reason)
    this.#work.fail(reason)
  }

  #at(where: 'source' | 'target', step: string, device: string | undefined): void {
    this.#where = where
    this.#step = step
    this.#device = device
  }

  #submit(operation: Operation<number>, action: (result: number) => void): void {
    this.#device = this.#pump.driverOf(operation)
    this.#work.submit(operation, action, this.#pump.submitOptions)
  }

  readonly #take = (): void => {
    const { source, pace } = this.#flow
    this.#at('source', 'read', undefined)
    this.#got = 0
    if (this.#pump.hasFailed) return
    if (isOrdered(source)) {
      this.#work.lock(this.#pump.reading, this.#readNext)
      return
    }
    const span = this.#pump.ranges.next()
    if (span === undefined) return
    this.#number = this.#pump.number++
    this.#offset = span.offset
    this.#wanted = span.length
    const due = pace?.take(span.length)
    if (due === undefined) this.#readRange()
    else this.#work.after(due, this.#readRange)
  }

  readonly #readRange = (): void => {
    const { source, signal } = this.#flow
    if (source.viewAt !== undefined) {
      this.#bytes = source.viewAt(this.#offset, this.#wanted)
      this.#stage()
    } else if (source.readAt !== undefined) {
      this.#submit(source.readAt(this.#buffer.subarray(0, this.#wanted), this.#offset), this.#hasRead)
    } else if (source.rangeAt !== undefined) {
      this.#work.after(source.rangeAt(this.#offset, this.#wanted, signal), this.#hasRange)
    }
  }

  readonly #hasRange = (bytes: Uint8Array): void => {
    if (bytes.length !== this.#wanted) throw endedEarly(this.#wanted, bytes.length)
    this.#bytes = bytes
    this.#stage()
  }

  readonly #hasRead = (count: number): void => {
    if (count === 0) throw endedEarly(this.#offset + this.#wanted, this.#offset + this.#got)
    this.#got += count
    const { source } = this.#flow
    if (this.#got < this.#wanted && source.readAt !== undefined) {
      this.#submit(source.readAt(this.#buffer.subarray(this.#got, this.#wanted), this.#offset + this.#got), this.#hasRead)
      return
    }
    this.#bytes = this.#buffer.subarray(0, this.#wanted)
    this.#stage()
  }

  /** The lock of the source's order is this lane's. */
  readonly #readNext = (lock: MutexLock): void => {
    const pump = this.#pump
    const { source, signal } = this.#flow
    this.#lock = lock
    const limit = (source.limit ?? Infinity) - pump.bytesRead
    if (pump.hasEnded || pump.hasFailed || limit <= 0) {
      pump.hasEnded = true
      this.#unlock()
      return
    }
    this.#offset = pump.bytesRead
    if (source.next !== undefined) this.#work.after(source.next(signal), this.#hasPiece)
    else if (source.receive !== undefined) this.#work.after(source.receive(this.#buffer.subarray(0, Math.min(this.#buffer.length, limit)), signal), this.#hasReadNext)
    else if (source.read !== undefined) {
      if (source.readiness !== undefined) this.#work.onFailure(this.#readLater)
      this.#submit(source.read(this.#buffer.subarray(0, Math.min(this.#buffer.length, limit)), this.#offset), this.#hasReadNext)
    }
  }

  /** A descriptor that does not block has nothing yet. */
  readonly #readLater = (error: NodeJS.ErrnoException): void => {
    const { source } = this.#flow
    this.#work.onFailure(this.#failed)
    if (error.errno !== Errno.EAGAIN || source.readiness === undefined) {
      this.#failed(error)
      return
    }
    const lock = this.#lock
    if (lock !== undefined) this.#work.submit(source.readiness(), () => this.#readNext(lock), this.#pump.submitOptions)
  }

  readonly #hasReadNext = (count: number): void => {
    this.#work.onFailure(this.#failed)
    this.#taken(this.#buffer.subarray(0, count))
  }

  readonly #hasPiece = (piece: Piece | undefined): void => {
    const limit = (this.#flow.source.limit ?? Infinity) - this.#pump.bytesRead
    this.#piece = piece
    const bytes = piece?.bytes ?? EMPTY
    this.#taken(bytes.length > limit ? bytes.subarray(0, limit) : bytes, piece !== undefined)
  }

  #taken(bytes: Uint8Array, isPiece = false): void {
    const pump = this.#pump
    if (bytes.length === 0 && !isPiece) {
      pump.hasEnded = true
      this.#unlock()
      return
    }
    pump.bytesRead += bytes.length
    this.#number = pump.number++
    this.#bytes = bytes
    const due = this.#flow.pace?.take(bytes.length)
    this.#unlock()
    if (due === undefined) this.#stage()
    else this.#work.after(due, this.#stage)
  }

  #unlock(): void {
    this.#lock?.release()
    this.#lock = undefined
  }

  readonly #stage = (): void => {
    const { through } = this.#flow
    if (through === undefined) {
      this.#staged(undefined)
      return
    }
    const turn = this.#pump.staging.wait(this.#number)
    if (turn === undefined) this.#update()
    else this.#work.after(turn, this.#update)
  }

  readonly #update = (): void => {
    const { through } = this.#flow
    this.#at('source', through?.name ?? '', through?.devices)
    const outputs = through?.update(this.#bytes)
    if (outputs instanceof Promise) this.#work.after(outputs, this.#updated)
    else this.#updated(outputs)
  }

  readonly #updated = (outputs: readonly Uint8Array[] | undefined): void => {
    this.#staged(outputs)
  }

  /** @param outputs undefined: the piece itself */
  #staged(outputs: readonly Uint8Array[] | undefined): void {
    const { through } = this.#flow
    this.#outputs = outputs ?? [this.#bytes]
    this.#output = 0
    this.#outputOffset = through?.transforms === true ? this.#pump.takeOutput(this.#outputs) : this.#offset
    if (through !== undefined) this.#pump.staging.pass()
    this.#at('target', 'write', undefined)
    if (!this.#pump.writesInOrder) {
      this.#write()
      return
    }
    const turn = this.#pump.writing.wait(this.#number)
    if (turn === undefined) this.#write()
    else this.#work.after(turn, this.#write)
  }

  /** The next output, or the next piece. */
  readonly #write = (): void => {
    const { target, signal } = this.#flow
    for (let bytes = this.#outputs[this.#output]; bytes !== undefined; bytes = this.#outputs[this.#output]) {
      this.#written = 0
      if (bytes.length === 0 || this.#pump.staysHole(bytes)) {
        this.#next(bytes)
        continue
      }
      this.#pump.checkRoom(this.#outputOffset + bytes.length)
      if (target.viewAt !== undefined) {
        target.viewAt(this.#outputOffset, bytes.length).set(bytes)
        this.#next(bytes)
        continue
      }
      if (target.push !== undefined) {
        const whole = bytes
        this.#work.after(target.push(bytes, signal), () => {
          this.#next(whole)
          this.#write()
        })
      } else this.#writeRest()
      return
    }
    this.#done()
  }

  #writeRest(): void {
    const { target } = this.#flow
    const bytes = this.#outputs[this.#output] as Uint8Array // only for one that is there
    const rest = this.#written === 0 ? bytes : bytes.subarray(this.#written)
    if (target.readiness !== undefined) this.#work.onFailure(this.#writeLater)
    const at = this.#outputOffset + this.#written
    const operation = target.writeAt === undefined ? target.write?.(rest, at) : target.writeAt(rest, at)
    if (operation === undefined) throw transferProblem('ERR_TRUEAIO_TRANSFER', 'the target takes no bytes') // no end is made so
    this.#submit(operation, this.#hasWritten)
  }

  readonly #writeLater = (error: NodeJS.ErrnoException): void => {
    const { target } = this.#flow
    this.#work.onFailure(this.#failed)
    if (error.errno === Errno.EAGAIN && target.readiness !== undefined) this.#work.submit(target.readiness(), () => this.#writeRest(), this.#pump.submitOptions)
    else this.#failed(error)
  }

  readonly #hasWritten = (count: number): void => {
    this.#work.onFailure(this.#failed)
    const bytes = this.#outputs[this.#output] as Uint8Array // it was written
    if (count === 0) throw transferProblem('ENOSPC', 'the target takes no more bytes')
    this.#written += count
    if (this.#written < bytes.length) {
      this.#writeRest()
      return
    }
    this.#next(bytes)
    this.#write()
  }

  #next(bytes: Uint8Array): void {
    this.#flow.wrote(bytes.length)
    this.#outputOffset += bytes.length
    this.#written = 0
    this.#output++
  }

  #done(): void {
    if (this.#pump.writesInOrder) this.#pump.writing.pass()
    const noting = this.#flow.noted?.(this.#offset, this.#bytes)
    if (noting === undefined) this.#finished()
    else {
      this.#at('target', 'note in the journal', undefined)
      this.#work.after(noting, this.#finished)
    }
  }

  readonly #finished = (): void => {
    this.#piece?.release()
    this.#piece = undefined
    this.#flow.moved(this.#bytes.length)
    this.#work.queue(this.#take)
  }
}

const EMPTY = new Uint8Array(0)

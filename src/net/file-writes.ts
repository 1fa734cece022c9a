// ① interface — a part of a file among the writes of a stream: it stands in line as a write of no bytes, and duplex.ts sends the file in its place.
import type { FileReference, Operation, View } from '../operation/operation.js'
import { PromisedFile } from './promise-sendings.js'

/** What a stream is to write, first to last: bytes that go together, or a part of a file. */
export type Part = View[] | FileWrite

/** A part of a file that stands in line. */
export class FileWrite {
  readonly #file: FileReference
  readonly #offset: number
  readonly #length: number
  readonly #settle: (value: unknown) => void
  #isSettled = false
  #steps: PromisedFile | undefined = undefined

  /** @param settle gets the bytes that were sent, or a promise that rejects */
  constructor(file: FileReference, offset: number, length: number, settle: (value: unknown) => void) {
    this.#file = file
    this.#offset = offset
    this.#length = length
    this.#settle = settle
  }

  /** The next piece; undefined: all of it is sent, and it is settled. @param result what the piece before answered */
  next(target: number, result: number | undefined): Operation<number> | undefined {
    this.#steps ??= new PromisedFile(this.#file, target, this.#offset, this.#length, this.#settle)
    const operation = this.#steps.next(result)
    if (operation === undefined) {
      this.#isSettled = true
      this.#steps.succeeded()
    }
    return operation
  }

  failed(error: Error): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#settle(Promise.reject(error))
  }
}

const places = new WeakMap<object, FileWrite>()

/** The write of no bytes that stands for it. */
export function placeOf(write: FileWrite): Buffer {
  const place = Buffer.alloc(0)
  places.set(place, write)
  return place
}

/** What a write of no bytes stands for; undefined: for itself. */
export function fileAt(place: Buffer): FileWrite | undefined {
  return place.length === 0 ? places.get(place) : undefined
}

// ① interface — the pieces that a tail gives, out of the bytes that were read: lines, text, or the bytes themselves.
import { StringDecoder } from 'node:string_decoder'

/** What a tail yields. */
export type TailForm = 'lines' | 'text' | 'bytes'

const NEWLINE = 0x0a
const RETURN = 0x0d

/** A line's text, without the return of a line that ends in both. */
function lineOf(bytes: Buffer): string {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === RETURN ? bytes.length - 1 : bytes.length
  return bytes.toString('utf8', 0, end)
}

/** Where a part of at most so many bytes ends, so that it cuts no UTF-8 sequence in two. */
function cut(bytes: Buffer, most: number): number {
  let end = most
  while (end > most - 4 && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return end === 0 || ((bytes[end] ?? 0) & 0xc0) === 0x80 ? most : end
}

/** Makes pieces of what comes. Holds one line that has not ended, and no more of it than `lineBytesMax`. */
export class PieceMaker {
  readonly #form: TailForm
  readonly #lineBytesMax: number
  #decoder = new StringDecoder('utf8')
  #begun: Buffer[] = []
  #begunBytes = 0

  constructor(form: TailForm, lineBytesMax: number) {
    this.#form = form
    this.#lineBytesMax = lineBytesMax
  }

  /** Pieces that are complete with these bytes, which may be read into again afterwards. */
  * add(bytes: Buffer): Generator<string | Buffer, void, undefined> {
    if (this.#form === 'bytes') yield Buffer.from(bytes)
    else if (this.#form === 'text') {
      const text = this.#decoder.write(bytes)
      if (text !== '') yield text
    } else yield* this.#lines(Buffer.from(bytes))
  }

  /** What is left at the end of a file. */
  * end(): Generator<string, void, undefined> {
    const text = this.#decoder.end()
    if (text !== '') yield text
    if (this.#begunBytes > 0) yield lineOf(this.#joined())
  }

  * #lines(bytes: Buffer): Generator<string, void, undefined> {
    let at = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
      this.#begin(bytes.subarray(at, end))
      at = end + 1
      yield* this.#parts()
      yield lineOf(this.#joined())
    }
    this.#begin(bytes.subarray(at))
    yield* this.#parts()
  }

  #begin(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#begun.push(bytes)
    this.#begunBytes += bytes.length
  }

  /** The parts of a line that is too long. */
  * #parts(): Generator<string, void, undefined> {
    if (this.#begunBytes <= this.#lineBytesMax) return
    let rest = this.#joined()
    while (rest.length > this.#lineBytesMax) {
      const end = cut(rest, this.#lineBytesMax)
      yield rest.toString('utf8', 0, end)
      rest = rest.subarray(end)
    }
    this.#begin(rest)
  }

  /** What has begun, as one; nothing has begun afterwards. */
  #joined(): Buffer {
    const all = this.#begun.length === 1 ? this.#begun[0] as Buffer : Buffer.concat(this.#begun)
    this.#begun = []
    this.#begunBytes = 0
    return all
  }
}

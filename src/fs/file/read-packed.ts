// ① interface — files read whole, those of a tick together: one trip to a thread for up to 64 of them (request/packed-list.ts).
// What a list does not read to its end (a pipe, a large file) it leaves open, and read-file.ts continues with it.
import { Opcode } from '../../operation/opcode.js'
import { Errno, systemError } from '../../operation/system-error.js'
import { ItemStep, ListItem } from '../../ring/layout/whole.js'
import type { TextEncoding } from '../arguments/index.js'
import { NODE_MAJOR } from '../node/index.js'
import { PackedLists, Wish, type Arena, type Countdown } from '../request/index.js'
import { contentOf } from './content.js'

const ENXIO = -6
const ENFILE = -23
const EMFILE = -24
/** Of an open that a list must not decide: no descriptor left, or what an open without waiting answers differently. */
const UNDECIDED: ReadonlySet<number> = new Set([ENXIO, Errno.EAGAIN, EMFILE, ENFILE])
// Since Node 26 an error of readFile's reading tells the path too.
const READ_ERRORS_NAME_PATH = NODE_MAJOR >= 26

/** How a file is read that a list cannot read, or not to its end. */
export interface ReadsAlone {
  readonly open: (wish: ReadWish, resolve: (content: unknown) => void) => void
  /** @param bytes what has been read of it */
  readonly goOn: (wish: ReadWish, resolve: (content: unknown) => void, fd: number, bytes: Buffer | undefined) => void
}

export class ReadWish extends Wish {
  readonly encoding: TextEncoding
  readonly #reads: ReadsAlone

  constructor(resolve: (content: unknown) => void, path: string, encoding: TextEncoding, countdown: Countdown | undefined, reads: ReadsAlone) {
    super(resolve, path, 'open', countdown)
    this.encoding = encoding
    this.#reads = reads
  }

  protected override goAlone(resolve: (content: unknown) => void): void {
    this.#reads.open(this, resolve)
  }

  goOn(fd: number, bytes: Buffer | undefined): void {
    this.#reads.goOn(this, this.takeOver(), fd, bytes)
  }

  failedAt(step: number, result: number): void {
    const { path } = this
    if (step === ItemStep.OPEN) this.failed(() => systemError(result, 'open', path))
    else this.failed(() => systemError(result, 'read', READ_ERRORS_NAME_PATH ? path : undefined))
  }
}

class PackedReads extends PackedLists<ReadWish> {
  protected override fill(): boolean {
    return true
  }

  protected override made(wish: ReadWish, { bytes, words }: Arena, item: number): void {
    const result = words[item + ListItem.RESULT] as number
    const fd = words[item + ListItem.FD] as number
    const at = words[item + ListItem.AT] as number
    if (fd >= 0) {
      words[item + ListItem.FD] = -1 // it is the wish's from here on
      wish.goOn(fd, result > 0 ? Buffer.from(bytes.subarray(at, at + result)) : undefined)
    } else if (result >= 0) {
      try {
        wish.told(contentOf(bytes, at, result, wish.encoding))
      } catch (error) { // no memory for it
        wish.failed(() => error as Error)
      }
    } else if (UNDECIDED.has(result)) wish.alone()
    else wish.failedAt(words[item + ListItem.STEP] as number, result)
  }
}

export const packedReads: PackedLists<ReadWish> = new PackedReads(Opcode.READ_FILES, { isCached: true })

// ① interface — files read whole, those of a tick together: one trip to a thread for up to 64 of them (request/packed-list.ts).
// What a list does not read to its end (a pipe, a large file) it leaves open, and read-file.ts goes on with it.
import { Opcode } from '../../operation/opcode.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Failure } from '../../proactor/failure.js'
import { resolveWithError } from '../../proactor/settle.js'
import { ItemStep, ListItem } from '../../ring/layout/whole.js'
import type { TextEncoding } from '../arguments/index.js'
import { NODE_MAJOR } from '../node/index.js'
import { nodeError, PackedLists, type Arena, type Wish } from '../request/index.js'
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
  readonly open: (wish: ReadWish) => void
  /** @param bytes what has been read of it */
  readonly goOn: (wish: ReadWish, fd: number, bytes: Buffer | undefined) => void
}

export class ReadWish implements Wish {
  readonly resolve: (content: unknown) => void
  readonly path: string
  readonly encoding: TextEncoding
  readonly #reads: ReadsAlone

  constructor(resolve: (content: unknown) => void, path: string, encoding: TextEncoding, reads: ReadsAlone) {
    this.resolve = resolve
    this.path = path
    this.encoding = encoding
    this.#reads = reads
  }

  alone(): void {
    this.#reads.open(this)
  }

  goOn(fd: number, bytes: Buffer | undefined): void {
    this.#reads.goOn(this, fd, bytes)
  }

  cancelled(failure: Failure): void {
    resolveWithError(this.resolve, () => nodeError(failure, 'open', this.path))
  }

  failed(result: number, step: number): void {
    const { path } = this
    if (step === ItemStep.OPEN) resolveWithError(this.resolve, () => systemError(result, 'open', path))
    else resolveWithError(this.resolve, () => systemError(result, 'read', READ_ERRORS_NAME_PATH ? path : undefined))
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
        wish.resolve(contentOf(bytes, at, result, wish.encoding))
      } catch (error) { // no memory for it
        resolveWithError(wish.resolve, () => error as Error)
      }
    } else if (UNDECIDED.has(result)) wish.alone()
    else wish.failed(result, words[item + ListItem.STEP] as number)
  }
}

export const packedReads: PackedLists<ReadWish> = new PackedReads(Opcode.READ_FILES)

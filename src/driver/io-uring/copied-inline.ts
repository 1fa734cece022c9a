// ④ driver — io_uring: which buffered transfers go to the kernel's workers. The others are copied from or to the page cache inside
// io_uring_enter, which holds up the loop.
import { FileFact, fileFacts } from '../../native/file-facts.js'
import { FileKind, type Operation } from '../../operation/operation.js'

/**
 * Transfers above this many bytes go to the workers. Below, the hand-over costs more than the copy (measured with
 * `npm run bench -- --only sequential`).
 */
export const ASYNC_BYTES = 65536
/** Up to here nobody need ask: a hand-over costs as much as several such copies, and all that fit in flight take 10 ms. */
export const SMALL_BYTES = 8192
/**
 * So many bytes of one batch are copied inside its submission; what comes after them goes to the workers. 1,000 reads of 64 KiB hold the
 * loop's thread 3 ms with this, and 13 ms without. Each of them costs 25 µs of processor time in place of 19 (6.18, 2 cores).
 */
const COPIED_BYTES_MAX = 4 << 20

export class CopiedInline {
  readonly #facts = fileFacts()
  #bytes = 0

  /** Whether a transfer of more than SMALL_BYTES goes to a worker. It is counted if it does not. */
  isTooMuch({ file, fileKind, length }: Operation): boolean {
    if (length <= ASYNC_BYTES && (this.#bytes += length) <= COPIED_BYTES_MAX) return false
    return fileKind === FileKind.DESCRIPTOR && this.#facts.has(file, FileFact.BUFFERED)
  }

  nextBatch(): void {
    this.#bytes = 0
  }
}

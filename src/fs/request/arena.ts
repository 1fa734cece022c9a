// ① interface — the memory of a packed list (operation/whole.ts): its header, items and paths on the way down, contents or
// numbers on the way back. Kept and used again; what a caller gets is always copied out of it.
import { ListHeader, ListItem, NOT_MADE } from '../../ring/layout/whole.js'

/** The most items of a list. */
export const ITEMS_MAX = 64
const PATHS_AT = (ListHeader.WORDS + ITEMS_MAX * ListItem.WORDS) * 4
/** All paths of a list, with their NULs. */
const PATHS_BYTES = 32768
/** Where contents and numbers begin. */
export const DATA_AT: number = PATHS_AT + PATHS_BYTES
/** Thirty files of some kilobytes leave room; a single one of up to an eighth of it is copied out without a second thought. */
const ARENA_BYTES: number = 512 * 1024
const KEPT_MAX = 8

type WritesUtf8 = Buffer & { utf8Write(text: string, at: number, most: number): number }

export class Arena {
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly numbers: Float64Array

  constructor() {
    this.bytes = Buffer.allocUnsafeSlow(ARENA_BYTES)
    this.words = new Int32Array(this.bytes.buffer)
    this.numbers = new Float64Array(this.bytes.buffer)
  }

  /** Begins a list. False: its paths do not fit. */
  begin(paths: readonly string[]): boolean {
    const { bytes, words } = this
    const text = `${paths.join('\0')}\0`
    // Three bytes a character at most; nothing is counted where that fits.
    if (text.length * 3 > PATHS_BYTES && Buffer.byteLength(text) > PATHS_BYTES) return false
    ;(bytes as WritesUtf8).utf8Write(text, PATHS_AT, PATHS_BYTES)
    words[ListHeader.COUNT] = paths.length
    words[ListHeader.NEXT] = 0
    words[ListHeader.PATHS_AT] = PATHS_AT
    words[ListHeader.DATA_AT] = DATA_AT
    words[ListHeader.LENGTH] = ARENA_BYTES
    words[ListHeader.USED] = 0
    words[ListHeader.WAITS] = 0
    words[ListHeader.AT_ONCE] = 0
    const end = ListHeader.WORDS + paths.length * ListItem.WORDS
    for (let item = ListHeader.WORDS; item < end; item += ListItem.WORDS) {
      words[item + ListItem.RESULT] = NOT_MADE
      words[item + ListItem.FD] = -1
      words[item + ListItem.STEP] = 0
      words[item + ListItem.ARGUMENT] = 0
      words[item + ListItem.MODE] = 0
    }
    return true
  }

  /** Items begun. */
  get begun(): number {
    return Atomics.load(this.words, ListHeader.NEXT)
  }

  /** From here on no more items are begun. Returns how many have been: the last of them may still be in progress. */
  takeBack(): number {
    return Atomics.exchange(this.words, ListHeader.NEXT, this.words[ListHeader.COUNT] as number)
  }
}

const kept: Arena[] = []

export function takeArena(): Arena {
  return kept.pop() ?? new Arena()
}

/** Not while a thread may still write into it. */
export function giveBackArena(arena: Arena): void {
  if (kept.length < KEPT_MAX) kept.push(arena)
}

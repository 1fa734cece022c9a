// ① interface — small files written whole, those of a tick together: one trip to a thread for up to 64 of them. Their contents are
// copied into the list's memory, so nothing of a caller's is lent. What a list cannot decide goes alone (write-in-row.ts).
import { Opcode } from '../../operation/opcode.js'
import { systemError } from '../../operation/system-error.js'
import { ItemStep, ListHeader, ListItem } from '../../ring/layout/whole.js'
import { DATA_AT, enter, PackedLists, Wish, type Arena } from '../request/index.js'
import { goOnWriting, UNDECIDED, writeInRow } from './write-in-row.js'

/** Up to here copying a content costs less than a trip of its own. */
export const PACKED_BYTES_MAX = 32768

class WriteWish extends Wish {
  readonly flags: number
  readonly mode: number
  readonly bytes: Buffer
  readonly #stepByStep: () => Promise<void>

  constructor(resolve: (done: unknown) => void, path: string, flags: number, mode: number, bytes: Buffer, stepByStep: () => Promise<void>) {
    super(resolve, path, 'open', undefined)
    this.flags = flags
    this.mode = mode
    this.bytes = bytes
    this.#stepByStep = stepByStep
  }

  protected override goAlone(resolve: (done: unknown) => void): void {
    resolve(writeInRow(this.path, this.flags, this.mode, this.bytes, undefined, this.#stepByStep))
  }

  stepByStep(): void {
    this.told(this.#stepByStep())
  }

  goOn(fd: number, written: number): void {
    enter({ start: () => this.told(goOnWriting(fd, this.bytes, written, undefined)) })
  }
}

class PackedWrites extends PackedLists<WriteWish> {
  protected override fill({ flags, mode, bytes }: WriteWish, arena: Arena, item: number): boolean {
    const { words } = arena
    const used = words[ListHeader.USED] as number
    const at = DATA_AT + used
    if (at + bytes.length > arena.bytes.length) return false
    bytes.copy(arena.bytes, at)
    words[ListHeader.USED] = used + bytes.length
    words[item + ListItem.ARGUMENT] = flags
    words[item + ListItem.MODE] = mode
    words[item + ListItem.AT] = at
    words[item + ListItem.LENGTH] = bytes.length
    return true
  }

  protected override made(wish: WriteWish, { words }: Arena, item: number): void {
    const result = words[item + ListItem.RESULT] as number
    const fd = words[item + ListItem.FD] as number
    if (fd >= 0) {
      words[item + ListItem.FD] = -1 // it is the wish's from here on
      wish.goOn(fd, words[item + ListItem.LENGTH] as number)
    } else if (result >= 0) wish.told(undefined)
    else this.#failed(wish, result, words[item + ListItem.STEP] as number)
  }

  #failed(wish: WriteWish, result: number, step: number): void {
    if (step === ItemStep.TRANSFER) wish.failed(() => systemError(result, 'write'))
    else if (step === ItemStep.CLOSE) wish.failed(() => systemError(result, 'close'))
    else if (UNDECIDED.has(result)) wish.stepByStep()
    else wish.failed(() => systemError(result, 'open', wish.path))
  }
}

const packedWrites = new PackedWrites(Opcode.WRITE_FILES)

/** Opens, writes all of `bytes`, closes, together with whatever else this tick writes. @param stepByStep does the same one by one */
export function writePacked(path: string, flags: number, mode: number, bytes: Buffer, stepByStep: () => Promise<void>): Promise<void> {
  return new Promise<unknown>((resolve) => {
    packedWrites.add(new WriteWish(resolve, path, flags, mode, bytes, stepByStep))
  }) as Promise<void>
}

// ① interface — names made, removed and changed, those of a tick together: one trip to a thread for up to 64 of them. A ring gives each
// of them to a worker of the kernel's, which costs more than the call itself.
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { mkdir, rename, rmdir, unlink } from '../../operation/path.js'
import { systemError } from '../../operation/system-error.js'
import { ListHeader, ListItem, NameChange } from '../../ring/layout/whole.js'
import { countdownOf, DATA_AT, LISTED_PATH_MAX, PackedLists, requestFor, Wish, type Arena, type Countdown } from '../request/index.js'

class ChangeWish extends Wish {
  readonly kind: number
  readonly mode: number
  readonly to: string | undefined

  constructor(resolve: (value: unknown) => void, change: Change, countdown: Countdown | undefined) {
    super(resolve, change.path, change.syscall, countdown)
    this.kind = change.kind
    this.mode = change.mode ?? 0
    this.to = change.to
  }

  protected override goAlone(resolve: (value: unknown) => void): void {
    requestFor(resolve, alone(this), this.countdown?.options, this.syscall, this.path, this.to)
  }
}

function alone({ kind, mode, path, to }: ChangeWish): Operation {
  switch (kind) {
    case NameChange.MKDIR: return mkdir(path, { mode })
    case NameChange.UNLINK: return unlink(path)
    case NameChange.RMDIR: return rmdir(path)
    default: return rename(path, to as string) // a rename has it
  }
}

class NameChanges extends PackedLists<ChangeWish> {
  protected override fill({ kind, mode, to }: ChangeWish, { bytes, words }: Arena, item: number): boolean {
    words[item + ListItem.ARGUMENT] = kind
    words[item + ListItem.MODE] = mode
    if (to === undefined) return true
    const used = words[ListHeader.USED] as number
    const at = DATA_AT + used
    if (at + LISTED_PATH_MAX * 3 > bytes.length) return false
    words[item + ListItem.AT] = at
    words[ListHeader.USED] = used + bytes.write(`${to}\0`, at)
    return true
  }

  protected override made(wish: ChangeWish, { words }: Arena, item: number): void {
    const result = words[item + ListItem.RESULT] as number
    if (result >= 0) wish.told(undefined)
    else wish.failed(() => systemError(result, wish.syscall, wish.path, wish.to))
  }
}

const nameChanges = new NameChanges(Opcode.CHANGE_NAMES, { changesNames: true })

interface Change {
  readonly kind: (typeof NameChange)['MKDIR' | 'UNLINK' | 'RMDIR' | 'RENAME']
  readonly syscall: string
  readonly path: string
  /** Of a rename. */
  readonly to?: string
  /** Of a directory that is made. */
  readonly mode?: number
}

/** Changes a name, together with whatever else this tick changes. */
export function changed<Result>(change: Change, options: unknown): Promise<Result> {
  return new Promise<unknown>((resolve) => {
    nameChanges.add(new ChangeWish(resolve, change, countdownOf(options)))
  }) as Promise<Result>
}

// ① interface — stat, lstat and access of a tick together: one trip to a thread for up to 64 paths (request/packed-list.ts).
import { Opcode } from '../../operation/opcode.js'
import { systemError } from '../../operation/system-error.js'
import { ListHeader, ListItem, LookUpKind, STAT_NUMBERS } from '../../ring/layout/whole.js'
import { statsFrom } from '../node/index.js'
import { DATA_AT, PackedLists, Wish, type Arena, type Countdown } from '../request/index.js'

/** How a path is looked up step by step. */
export type LooksAlone = (wish: LookUp, resolve: (value: unknown) => void) => void

const NUMBERS_AT = DATA_AT / 8

/** One call of stat, lstat or access. */
class LookUp extends Wish {
  readonly kind: number
  /** AT_* flags, or an access mode. */
  readonly argument: number
  readonly #alone: LooksAlone

  constructor(resolve: (value: unknown) => void, path: string, syscall: string, kind: number, argument: number, countdown: Countdown | undefined, alone: LooksAlone) {
    super(resolve, path, syscall, countdown)
    this.kind = kind
    this.argument = argument
    this.#alone = alone
  }

  protected override goAlone(resolve: (value: unknown) => void): void {
    this.#alone(this, resolve)
  }
}

class LookUps extends PackedLists<LookUp> {
  protected override fill({ kind, argument }: LookUp, { words }: Arena, item: number): boolean {
    words[item + ListItem.MODE] = kind
    words[item + ListItem.ARGUMENT] = argument
    return true
  }

  protected override made(wish: LookUp, { numbers, words }: Arena, item: number): void {
    const result = words[item + ListItem.RESULT] as number
    if (result < 0) wish.failed(() => systemError(result, wish.syscall, wish.path))
    else if (wish.kind === LookUpKind.ACCESS) wish.told(undefined)
    else wish.told(statsFrom(numbers, NUMBERS_AT + ((item - ListHeader.WORDS) / ListItem.WORDS) * STAT_NUMBERS))
  }
}

const lookUps = new LookUps(Opcode.LOOK_UP)

/** Looks a path up, together with whatever else this tick looks up. */
export function lookedUp<Result>(path: string, syscall: string, kind: number, argument: number, countdown: Countdown | undefined, alone: LooksAlone): Promise<Result> {
  return new Promise<unknown>((resolve) => {
    lookUps.add(new LookUp(resolve, path, syscall, kind, argument, countdown, alone))
  }) as Promise<Result>
}

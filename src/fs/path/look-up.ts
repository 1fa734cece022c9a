// ① interface — stat, lstat and access of a tick together: one trip to a thread for up to 64 paths (request/packed-list.ts).
import { Opcode } from '../../operation/opcode.js'
import { systemError } from '../../operation/system-error.js'
import type { Failure } from '../../proactor/failure.js'
import { resolveWithError } from '../../proactor/settle.js'
import { ListHeader, ListItem, LookUpKind, STAT_NUMBERS } from '../../ring/layout/whole.js'
import { statsFrom } from '../node/index.js'
import { DATA_AT, nodeError, PackedLists, type Arena, type Wish } from '../request/index.js'

/** How a path is looked up step by step. */
export type LooksAlone = (wish: LookUp) => void

const NUMBERS_AT = DATA_AT / 8

/** One call of stat, lstat or access. */
export class LookUp implements Wish {
  readonly resolve: (value: unknown) => void
  readonly path: string
  readonly syscall: string
  readonly kind: number
  /** AT_* flags, or an access mode. */
  readonly argument: number
  readonly #alone: LooksAlone

  constructor(resolve: (value: unknown) => void, path: string, syscall: string, kind: number, argument: number, alone: LooksAlone) {
    this.resolve = resolve
    this.path = path
    this.syscall = syscall
    this.kind = kind
    this.argument = argument
    this.#alone = alone
  }

  alone(): void {
    this.#alone(this)
  }

  cancelled(failure: Failure): void {
    resolveWithError(this.resolve, () => nodeError(failure, this.syscall, this.path))
  }

  failed(result: number): void {
    resolveWithError(this.resolve, () => systemError(result, this.syscall, this.path))
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
    if (result < 0) wish.failed(result)
    else if (wish.kind === LookUpKind.ACCESS) wish.resolve(undefined)
    else wish.resolve(statsFrom(numbers, NUMBERS_AT + ((item - ListHeader.WORDS) / ListItem.WORDS) * STAT_NUMBERS))
  }
}

const lookUps = new LookUps(Opcode.LOOK_UP)

/** Looks a path up, together with whatever else this tick looks up. */
export function lookedUp<Result>(path: string, syscall: string, kind: number, argument: number, alone: LooksAlone): Promise<Result> {
  return new Promise<unknown>((resolve) => {
    lookUps.add(new LookUp(resolve, path, syscall, kind, argument, alone))
  }) as Promise<Result>
}

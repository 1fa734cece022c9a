// ① interface — directories made in one trip to a thread, those of a tick together: with whatever is missing above them, or
// under a name that nothing else has.
import type { PathLike } from 'node:fs'
import { Opcode } from '../../operation/opcode.js'
import { systemError } from '../../operation/system-error.js'
import { ListItem, NameChange } from '../../ring/layout/whole.js'
import { plainPath, textEncoding } from '../arguments/index.js'
import { node } from '../node/index.js'
import { countdownOf, isListed, PackedLists, Wish, within, type Arena, type Countdown } from '../request/index.js'

type Resolve = (value: unknown) => void

abstract class DirectoryWish extends Wish {
  abstract readonly kind: number
  abstract readonly mode: number
  /** @param result as native/whole_name.c tells it */
  abstract made(result: number, arena: Arena, item: number): void
}

/** mkdir with `recursive`. What does not simply succeed is Node's to sort out, and to explain. */
class WithParents extends DirectoryWish {
  override readonly kind = NameChange.WITH_PARENTS
  override readonly mode: number
  readonly #alone: (resolve: Resolve) => void
  readonly #failed: () => Promise<unknown>

  constructor(resolve: Resolve, path: string, mode: number, countdown: Countdown | undefined, alone: (resolve: Resolve) => void, failed: () => Promise<unknown>) {
    super(resolve, path, 'mkdir', countdown)
    this.mode = mode
    this.#alone = alone
    this.#failed = failed
  }

  protected override goAlone(resolve: Resolve): void {
    this.#alone(resolve)
  }

  override made(result: number): void {
    if (result < 0) this.takeOver()(this.#failed())
    // The name as it was made: half a surrogate pair can't be in one.
    else this.told(result === 0 ? undefined : Buffer.from(this.path).toString('utf8', 0, result))
  }
}

class Temporary extends DirectoryWish {
  override readonly kind = NameChange.TEMPORARY
  override readonly mode = 0
  readonly #prefix: string

  constructor(resolve: Resolve, prefix: string, countdown: Countdown | undefined) {
    super(resolve, `${prefix}XXXXXX`, 'mkdtemp', countdown)
    this.#prefix = prefix
  }

  protected override goAlone(resolve: Resolve): void {
    resolve(within(node.mkdtemp(this.#prefix), this.countdown?.options, 'mkdtemp'))
  }

  override made(result: number, { bytes, words }: Arena, item: number): void {
    const at = words[item + ListItem.AT] as number
    // Whether it was made or not: the six letters have been drawn.
    const name = at === 0 ? this.path : bytes.toString('utf8', at, at + Buffer.byteLength(this.path))
    if (result >= 0) this.told(name)
    else this.failed(() => systemError(result, 'mkdtemp', name))
  }
}

class Directories extends PackedLists<DirectoryWish> {
  protected override fill({ kind, mode }: DirectoryWish, { words }: Arena, item: number): boolean {
    words[item + ListItem.ARGUMENT] = kind
    words[item + ListItem.MODE] = mode
    return true
  }

  protected override made(wish: DirectoryWish, arena: Arena, item: number): void {
    wish.made(arena.words[item + ListItem.RESULT] as number, arena, item)
  }
}

// A single one goes this way as well: step by step it would be one trip for each directory.
const directories = new Directories(Opcode.CHANGE_NAMES, { least: 1, changesNames: true })
/** What Node and the system cut into names in ways of their own. */
const ODD_PATH = /\/\/|\/$|(?:^|\/)\.{1,2}(?:\/|$)/

/**
 * Makes a directory and what is missing above it. Undefined: the path is not for this.
 * @param alone does it step by step
 * @param failed does it as Node does, after something went wrong here
 */
export function madeWithParents(
  path: string, mode: number, countdown: Countdown | undefined, alone: (resolve: Resolve) => void, failed: () => Promise<unknown>,
): Promise<string | undefined> | undefined {
  if (!isListed(path) || path === '' || ODD_PATH.test(path)) return undefined
  return new Promise<unknown>((resolve) => {
    directories.add(new WithParents(resolve, path, mode, countdown, alone, failed))
  }) as Promise<string | undefined>
}

/** fs.mkdtemp. What was made after the deadline stays. Undefined: leave it to Node, which warns of a prefix that ends in X. */
export function mkdtemp(prefix: PathLike, options?: unknown): Promise<string | Buffer> | undefined {
  const plain = plainPath(prefix)
  const encoding = textEncoding(options)
  if (plain === undefined || !isListed(plain) || typeof prefix !== 'string' || plain.endsWith('X') || (encoding !== undefined && encoding !== 'utf8')) return undefined
  return new Promise<unknown>((resolve) => {
    directories.add(new Temporary(resolve, plain, countdownOf(options)))
  }) as Promise<string>
}

// ① interface — realpath, of a tick together: one trip to a thread, which asks the C library as Node's own does. Node's form
// with a callback walks the path step by step in JavaScript, a trip or two for each name in it; where the C library finds the path, both find the same.
import type { PathLike } from 'node:fs'
import { promisify } from 'node:util'
import { Opcode } from '../../operation/opcode.js'
import { systemError } from '../../operation/system-error.js'
import { ListItem, LookUpKind } from '../../ring/layout/whole.js'
import { plainPath, textEncoding } from '../arguments/index.js'
import { node, nodeFs } from '../node/index.js'
import { countdownOf, isListed, PackedLists, Wish, within, type Arena, type Countdown } from '../request/index.js'

type RealPath = Promise<string | Buffer>
const ENAMETOOLONG = -36

class RealPathWish extends Wish {
  /** How Node does it: what the list does not find out is asked there. */
  readonly nodes: ((path: string) => Promise<unknown>)
  /** Whether what the C library says of a failure is what Node says. */
  readonly tellsFailure: boolean

  constructor(resolve: (value: unknown) => void, path: string, countdown: Countdown | undefined, nodes: (path: string) => Promise<unknown>, tellsFailure: boolean) {
    super(resolve, path, 'realpath', countdown)
    this.nodes = nodes
    this.tellsFailure = tellsFailure
  }

  protected override goAlone(resolve: (value: unknown) => void): void {
    resolve(within(this.nodes(this.path), this.countdown?.options, 'realpath'))
  }
}

class RealPaths extends PackedLists<RealPathWish> {
  protected override fill(_: RealPathWish, { words }: Arena, item: number): boolean {
    words[item + ListItem.MODE] = LookUpKind.REAL_PATH
    return true
  }

  protected override made(wish: RealPathWish, { bytes, words }: Arena, item: number): void {
    const result = words[item + ListItem.RESULT] as number
    const at = words[item + ListItem.AT] as number
    if (result >= 0) wish.told(bytes.toString('utf8', at, at + result))
    else if (result === ENAMETOOLONG || !wish.tellsFailure) wish.alone() // a path may be longer than the C library's memory here
    else wish.failed(() => systemError(result, 'realpath', wish.path))
  }
}

// With a promise Node makes one trip, too, and that one costs less: 38 µs of processor time in place of 53, where 64 together cost 12 in place
// of 19. Its walk with a callback takes a trip or two for each name in the path, so that a single one gains.
const realPaths = new RealPaths(Opcode.LOOK_UP, { least: 2 })
const walks = new RealPaths(Opcode.LOOK_UP, { least: 1 })

function realPathBy(lists: RealPaths, path: PathLike, options: unknown, nodes: (path: string) => Promise<unknown>, tellsFailure: boolean): RealPath | undefined {
  const plain = plainPath(path)
  const encoding = textEncoding(options)
  if (plain === undefined || !isListed(plain) || (encoding !== undefined && encoding !== 'utf8')) return undefined
  return new Promise<unknown>((resolve) => {
    lists.add(new RealPathWish(resolve, plain, countdownOf(options), nodes, tellsFailure))
  }) as RealPath
}

/** fs.promises.realpath. Undefined: leave it to Node. */
export function realpath(path: PathLike, options?: unknown): RealPath | undefined {
  return realPathBy(realPaths, path, options, node.realpath, true)
}

const walkedByNode: (path: string) => Promise<unknown> = promisify(nodeFs.realpath)

/** fs.realpath with a callback. Its errors name the step at which Node's walk has failed: Node tells them. */
export function realpathByWalking(path: PathLike, options?: unknown): RealPath | undefined {
  return realPathBy(walks, path, options, walkedByNode, false)
}

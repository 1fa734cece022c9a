// ① interface — a whole tree as one trip to one thread (native/tree_remove.c, tree_copy.c), with its progress in shared memory.
// Where no pool of threads is, remove.ts and copy-tree.ts do the same directory by directory.
import { availableParallelism } from 'node:os'
import { defaultProactor } from '../../default-proactor.js'
import { whole, type TreeOpcode } from '../../operation/whole.js'
import { failureOf } from '../../proactor/failure.js'
import { CancelReason, type Entry, type Settler } from '../../proactor/in-flight.js'
import { resolveWithError } from '../../proactor/settle.js'
import { CopyFlag, TreeHeader } from '../../ring/layout/whole.js'
import { nodeError, Turns, type Countdown } from '../request/index.js'

/** Each has a thread of its own, so that it holds nobody else's work up; more of them would only share the processors. */
const turns = new Turns(2 * availableParallelism())

const PATHS = [TreeHeader.FROM_AT, TreeHeader.TO_AT, TreeHeader.BASE_AT] as const

/** The request for a tree: its memory, and what stands in it while it goes on and afterwards. */
export class TreeRequest {
  readonly memory: Int32Array
  readonly #bytes: Buffer
  readonly #opcode: TreeOpcode
  readonly #syscall: string
  readonly #path: string
  #resolve: ((result: unknown) => void) | undefined = undefined

  /**
   * @param paths of what is removed; or source, target and the source's absolute path
   * @param listBytes memory for the place where a copy ends
   */
  constructor(opcode: TreeOpcode, paths: readonly string[], flags: number, syscall: string, listBytes = 0) {
    this.#opcode = opcode
    this.#syscall = syscall
    this.#path = paths[0] ?? ''
    const texts = paths.map((path) => Buffer.from(`${path}\0`))
    const listAt = texts.reduce<number>((sum, { length }) => sum + length, TreeHeader.BYTES)
    const bytes = Buffer.allocUnsafeSlow((listAt + listBytes + 7) & ~7).fill(0) // slow: memory of its own
    bytes.set(Buffer.concat(texts), TreeHeader.BYTES)
    this.#bytes = bytes
    this.memory = new Int32Array(bytes.buffer)
    let at: number = TreeHeader.BYTES
    texts.forEach(({ length }, index) => {
      this.memory[PATHS[index] as number] = at // no more paths than places
      at += length
    })
    this.memory[TreeHeader.FLAGS] = flags
    this.memory[TreeHeader.LIST_AT] = listAt
    this.memory[TreeHeader.LENGTH] = bytes.length
  }

  /** Entries done so far. */
  get entries(): number {
    return Atomics.load(this.memory, TreeHeader.ENTRIES) >>> 0
  }

  /** Bytes of files copied so far. */
  get bytes(): number {
    const high = Atomics.load(this.memory, TreeHeader.COPIED_HIGH) >>> 0
    return high * 2 ** 32 + (Atomics.load(this.memory, TreeHeader.COPIED_LOW) >>> 0)
  }

  /** Where a copy ended: which step, and the path of the entry from the tree's root on. */
  get ended(): { readonly step: number, readonly path: string } {
    const at = this.memory[TreeHeader.LIST_AT] as number
    return { step: this.memory[TreeHeader.STEP] as number, path: this.#bytes.toString('utf8', at, at + (this.memory[TreeHeader.LIST_USED] as number)) }
  }

  /** From here on existing entries are skipped. */
  resume(): void {
    this.memory[TreeHeader.FLAGS] = (this.memory[TreeHeader.FLAGS] as number) | CopyFlag.RESUME
  }

  /** Carries it out, again after `resume`. Resolves to a number of entries, or a negative errno; rejects when it was cancelled before its end. */
  run(countdown: Countdown | undefined): Promise<number> {
    return turns.run(() => new Promise<unknown>((resolve) => {
      this.#resolve = resolve
      defaultProactor().submitTo(treeSettler, whole(this.#opcode, this.memory), countdown?.options, this)
    }) as Promise<number>, countdown, this.#syscall, this.#path)
  }

  settle(entry: Entry, result: number): void {
    const resolve = this.#resolve as (result: unknown) => void // run was called
    const isCancelled = entry.cancelReason !== CancelReason.NONE || entry.problem !== undefined
    if (!isCancelled || result >= 0) {
      resolve(result)
      return
    }
    const failure = failureOf(entry, result)
    resolveWithError(resolve, () => nodeError(failure, this.#syscall, this.#path))
  }
}

const treeSettler: Settler = {
  settle(entry: Entry, result: number) {
    (entry.first as TreeRequest).settle(entry, result)
  },
}

/** Whether trees can be carried out by a thread. */
export function hasTrees(opcode: TreeOpcode): boolean {
  return defaultProactor().offers(opcode)
}

// ① interface — pipes to splice through: a pool of few, each taken when there is something to move, and given back when it is empty.
import { closeKept } from '../lasting.js'
import { ownDescriptors } from '../native/load.js'
import { call } from '../operation/call.js'
import type { Proactor } from '../proactor/proactor.js'

export interface Pipe {
  readonly readEnd: number
  readonly writeEnd: number
  /** Bytes that it holds. */
  readonly bytes: number
}

/** More than about a thousand pipes of their first size, or 64 of this one, meet pipe-user-pages-soft; who finds none free copies. */
const PIPES_MAX = 32
/** 1 MiB, which is also pipe-max-size: 216 ms of processor time a GiB, against 460 for a copy. */
const PIPE_BYTES = 2 ** 20
const O_NONBLOCK = 0o4000
const O_CLOEXEC = 0o2000000
const F_SETPIPE_SZ = 1031
const F_GETPIPE_SZ = 1032

export class Pipes {
  readonly #io: Proactor
  readonly #free: Pipe[] = []
  #count = 0

  constructor(io: Proactor) {
    this.#io = io
  }

  /** One that is empty; undefined: all are in use, or the system has none left. */
  async take(): Promise<Pipe | undefined> {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#count >= PIPES_MAX) return undefined
    this.#count++
    try {
      return await this.#make()
    } catch {
      // ENFILE, EMFILE, no driver that makes any call: it is copied then, which shows what is wrong, if anything is.
      this.#count--
      return undefined
    }
  }

  /** It is empty again. */
  putBack(pipe: Pipe): void {
    this.#free.push(pipe)
  }

  /** It holds bytes that nobody wants any more. */
  async discard({ readEnd, writeEnd }: Pipe): Promise<void> {
    this.#count--
    await Promise.all([closeKept(this.#io, readEnd), closeKept(this.#io, writeEnd)])
  }

  async #make(): Promise<Pipe> {
    const ends = new Int32Array(2)
    await this.#io.submit(call('pipe2', ends, O_NONBLOCK | O_CLOEXEC))
    const [readEnd = -1, writeEnd = -1] = ends
    const own = ownDescriptors()
    if (own !== undefined) for (const fd of ends) own[fd] = 1 // closed at the worker's end
    // Without the right to a larger one it stays as it is.
    await this.#io.submit(call('fcntl', writeEnd, F_SETPIPE_SZ, PIPE_BYTES)).catch(() => undefined)
    const bytes = await this.#io.submit(call('fcntl', writeEnd, F_GETPIPE_SZ))
    return { readEnd, writeEnd, bytes }
  }
}

const pools = new WeakMap<Proactor, Pipes>()

/** The pool of a proactor. */
export function pipesOf(io: Proactor): Pipes {
  let pipes = pools.get(io)
  if (pipes === undefined) pools.set(io, (pipes = new Pipes(io)))
  return pipes
}

// ⑥ native — what kind of open file a descriptor stands for: whether it has a position, and who can transfer its bytes. A number
// may come to stand for another file, so this is kept for one turn of the loop at the most.
import { fstatSync } from 'node:fs'
import { loadBinding } from './load.js'

/** Facts of an open file, as bits (native/file_facts.h). */
export const FileFact = {
  /** A regular file, a block device or a directory: read(2) and write(2) move its position. Others have none. */
  POSITION: 1,
  /** A regular file or block device, and a ring's transfers at an offset do what pread(2) and pwrite(2) do. */
  RING: 2,
  /** Its reads wait for nobody but a device, and not even for that where the page cache has the bytes. */
  CACHED: 4,
  NON_BLOCKING: 8,
  /** A regular file or block device without O_DIRECT: the bytes are copied through the page cache. */
  BUFFERED: 16,
  /** From here on up: a part of the inode number. */
  INODE: 32,
} as const

const EBADF = -9
const DESCRIPTORS_KEPT = 65536
const { POSITION, BUFFERED, INODE } = FileFact
const INODE_MASK = 0x1fffff

export class FileFacts {
  readonly #look: (this: void, fd: number) => number
  #facts: Int32Array = new Int32Array(256)
  /** The turn of the loop in which a descriptor was looked at. */
  #known: Int32Array = new Int32Array(256)
  #turn = 1
  /** By number, which socket the engine has made of it. */
  #sockets: Int32Array = new Int32Array(256)
  #lastSocket = 0
  #nextTurn: NodeJS.Immediate | undefined = undefined

  constructor() {
    const { fileFacts: native = lookThroughNode } = loadBinding().binding ?? {}
    this.#look = native
  }

  /** FileFact bits and a part of the inode number above them, or a negative errno: not a descriptor. */
  of(fd: number): number {
    if (this.#known[fd] === this.#turn) return this.#facts[fd] as number // below length
    return this.fresh(fd)
  }

  /** Whether it is a descriptor of a file with all of these facts. */
  has(fd: number, facts: number): boolean {
    const known = this.of(fd)
    return known >= 0 && (known & facts) === facts
  }

  /** A descriptor was opened: what was known of its number is of another file. (Of one that was closed, the system says EBADF.) */
  forget(fd: number): void {
    if (fd < this.#known.length) this.#known[fd] = 0
    this.forgetSocket(fd)
  }

  /** The engine has made a socket of this number. */
  noteSocket(fd: number): void {
    this.forget(fd)
    if (fd >= DESCRIPTORS_KEPT) return
    if (fd >= this.#sockets.length) this.#sockets = grown(this.#sockets, fd)
    this.#lastSocket = this.#lastSocket === INODE_MASK ? 1 : this.#lastSocket + 1
    this.#sockets[fd] = this.#lastSocket
  }

  /** It is being closed. */
  forgetSocket(fd: number): void {
    if (fd < this.#sockets.length) this.#sockets[fd] = 0
  }

  /**
   * Which of the engine's sockets a number stands for, without asking the system; 0: none that is known. Whoever closes one without the
   * engine and opens another finds its sends in one order with those of the first: no more than that hangs on it.
   */
  socketOf(fd: number): number {
    return fd < this.#sockets.length ? (this.#sockets[fd] as number) : 0
  }

  /** Some descriptor was opened. */
  forgetAll(): void {
    this.#turn = this.#turn === 0x7fffffff ? 1 : this.#turn + 1
  }

  /** The same, looked up now: what is asked for next is told this. */
  fresh(fd: number): number {
    if (fd < 0) return EBADF
    const facts = this.#look(fd)
    if (fd >= DESCRIPTORS_KEPT) return facts
    if (fd >= this.#known.length) this.#grow(fd)
    this.#facts[fd] = facts
    this.#known[fd] = this.#turn
    // Between two turns other code runs that may close and open without asking here.
    this.#nextTurn ??= setImmediate(() => {
      this.#nextTurn = undefined
      this.forgetAll()
    }).unref()
    return facts
  }

  #grow(fd: number): void {
    this.#facts = grown(this.#facts, fd)
    this.#known = grown(this.#known, fd)
  }
}

function grown(table: Int32Array, fd: number): Int32Array {
  const larger = new Int32Array(Math.max(fd + 1, table.length * 2))
  larger.set(table)
  return larger
}

/** Whether the facts may be of one open file: its flags may have been changed in between. */
export function isSameFile(some: number, others: number): boolean {
  return some >= 0 && others >= 0 && ((some ^ others) & ~FileFact.NON_BLOCKING) === 0
}

/** Without the addon: Node's fstat, which has no way not to ask a file's server. */
function lookThroughNode(fd: number): number {
  try {
    const status = fstatSync(fd)
    const isStored = status.isFile() || status.isBlockDevice()
    const bits = (isStored || status.isDirectory() ? POSITION : 0) | (isStored ? BUFFERED : 0)
    return bits + (status.ino & INODE_MASK) * INODE
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? EBADF
  }
}

let ofThisThread: FileFacts | undefined

/** This thread's. */
export function fileFacts(): FileFacts {
  ofThisThread ??= new FileFacts()
  return ofThisThread
}

/** What is known of numbers is looked up again. Makes nothing: the first look for the addon calls existsSync, which comes here under register. */
export function forgetFacts(): void {
  ofThisThread?.forgetAll()
}

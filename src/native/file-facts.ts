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
/** What was opened in one turn and is looked at together. More of one turn are looked at one by one. */
const OPENED_MAX = 64
const { POSITION, BUFFERED, INODE } = FileFact
const INODE_MASK = 0x1fffff

export class FileFacts {
  readonly #look: (this: void, fd: number) => number
  readonly #lookAtAll: ((this: void, pairs: Int32Array, count: number) => void) | undefined
  /** By number: its facts, or the flags it was opened with until it is looked at. */
  #facts: Int32Array = new Int32Array(256)
  /** By number: the turn of the loop in which it was looked at; or, negative, in which the engine opened it. */
  #known: Int32Array = new Int32Array(256)
  /** Numbers that were opened in this turn. */
  readonly #opened = new Int32Array(OPENED_MAX)
  #openedCount = 0
  /** For the addon: number and flags in turn. */
  readonly #pairs = new Int32Array(2 * OPENED_MAX)
  #turn = 1
  /** By number, which socket the engine has made of it. */
  #sockets: Int32Array = new Int32Array(256)
  #lastSocket = 0
  #nextTurn: NodeJS.Immediate | undefined = undefined

  constructor() {
    const { fileFacts: native = lookThroughNode, factsOfOpened } = loadBinding().binding ?? {}
    this.#look = native
    this.#lookAtAll = factsOfOpened
  }

  /** FileFact bits and a part of the inode number above them, or a negative errno: not a descriptor. */
  of(fd: number): number {
    const known = this.#known[fd]
    if (known === this.#turn) return this.#facts[fd] as number // below length
    if (known === -this.#turn) this.#lookAtOpened()
    return this.#known[fd] === this.#turn ? (this.#facts[fd] as number) : this.fresh(fd)
  }

  /** Whether it is a descriptor of a file with all of these facts. */
  has(fd: number, facts: number): boolean {
    const known = this.of(fd)
    return known >= 0 && (known & facts) === facts
  }

  /** A descriptor was opened or is being closed: what was known of its number is of another file. */
  forget(fd: number): void {
    if (fd < this.#known.length) this.#known[fd] = 0
    this.#forgetSocket(fd)
  }

  /**
   * The engine has opened a file, with these flags. Whoever opens one has usually opened others in the same turn, and reads them all: the
   * first that is asked about is looked at together with them, in one call, and their flags are not asked for (0.5 µs in place of 1).
   */
  opened(fd: number, flags: number): void {
    this.forget(fd)
    if (this.#lookAtAll === undefined || fd >= DESCRIPTORS_KEPT || this.#openedCount === OPENED_MAX) return
    if (fd >= this.#known.length) this.#grow(fd)
    this.#facts[fd] = flags
    this.#known[fd] = -this.#turn
    this.#opened[this.#openedCount++] = fd
    this.#forgetWithTurn()
  }

  #lookAtOpened(): void {
    const pairs = this.#pairs
    let length = 0
    for (let index = 0; index < this.#openedCount; index++) {
      const fd = this.#opened[index] as number
      // One that is not there any more, or stands here twice, is left out.
      if (this.#known[fd] !== -this.#turn) continue
      this.#known[fd] = 0
      pairs[length++] = fd
      pairs[length++] = this.#facts[fd] as number
    }
    this.#openedCount = 0
    this.#lookAtAll?.(pairs, length / 2)
    for (let at = 0; at < length; at += 2) {
      const fd = pairs[at] as number
      const facts = pairs[at + 1] as number
      // What is not open was closed behind the engine's back: whatever gets the number next is looked at by itself.
      if (facts < 0) continue
      this.#facts[fd] = facts
      this.#known[fd] = this.#turn
    }
  }

  /** The engine has made a socket of this number. */
  noteSocket(fd: number): void {
    this.forget(fd)
    if (fd >= DESCRIPTORS_KEPT) return
    if (fd >= this.#sockets.length) this.#sockets = grown(this.#sockets, fd)
    this.#lastSocket = this.#lastSocket === INODE_MASK ? 1 : this.#lastSocket + 1
    this.#sockets[fd] = this.#lastSocket
  }

  #forgetSocket(fd: number): void {
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
    this.#openedCount = 0
  }

  /** The same, looked up now: the next query gets this. */
  fresh(fd: number): number {
    if (fd < 0) return EBADF
    const facts = this.#look(fd)
    if (fd >= DESCRIPTORS_KEPT) return facts
    if (fd >= this.#known.length) this.#grow(fd)
    this.#facts[fd] = facts
    this.#known[fd] = this.#turn
    this.#forgetWithTurn()
    return facts
  }

  /** Between two turns other code runs that may close and open without asking here. */
  #forgetWithTurn(): void {
    this.#nextTurn ??= setImmediate(() => {
      this.#nextTurn = undefined
      this.forgetAll()
    }).unref()
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

// ① interface — Linux AIO: what io_submit(2) finds out about descriptors before it takes a request. An engine finds it out
// later; so that a bad one is refused where the kernel refuses it, it is looked at here, each once a batch.
import { nodeFs } from '../driver/node/own-functions.js'
import type { Binding } from '../native/binding.js'
import { loadBinding } from '../native/load.js'
import { Errno } from '../operation/system-error.js'
import { FileTraits } from '../ring/layout/linux-aio.js'

/** What no descriptor is, and EBADF. */
const NONE = -1
/** Taken on trust: what has nobody to ask about it. */
const UNKNOWN = FileTraits.READS | FileTraits.WRITES

export class Descriptors {
  readonly #binding: Binding | undefined
  readonly #known = new Map<number, number>()
  #lastFd = NONE
  #lastTraits: number = Errno.EBADF

  /** @param checked false: all are taken on trust, as are all where there is no addon */
  constructor(checked: boolean) {
    this.#binding = checked ? loadBinding().binding : undefined
  }

  /** A descriptor may be another file in the next batch. */
  forget(): void {
    this.#lastFd = NONE
    this.#lastTraits = Errno.EBADF
    if (this.#known.size > 0) this.#known.clear()
  }

  /** FileTraits, or -EBADF. */
  traits(fd: number): number {
    if (fd === this.#lastFd) return this.#lastTraits
    let traits = this.#known.get(fd)
    if (traits === undefined) {
      traits = !isDescriptor(fd) ? Errno.EBADF : (this.#binding?.fileTraits?.(fd) ?? UNKNOWN)
      this.#known.set(fd, traits)
    }
    this.#lastFd = fd
    this.#lastTraits = traits
    return traits
  }

  /** Whether it is one that may be silent for ever. */
  isStored(fd: number): boolean {
    return (this.traits(fd) & FileTraits.STORED) !== 0
  }

  /**
   * A duplicate of an eventfd, which stays the same counter whatever becomes of the caller's number; EBADF or EINVAL where the
   * kernel answers so. It is the engine's, and closed at a worker's end;
   * its receiver closes it before.
   */
  duplicateEventfd(fd: unknown): number {
    const binding = this.#binding
    if (binding === undefined) return Errno.EINVAL // a counter of the system's, for descriptors that are not
    if (!isDescriptor(fd) || this.traits(fd) === Errno.EBADF) return Errno.EBADF
    if (nodeFs.readlinkSync(`/proc/self/fd/${String(fd)}`) !== 'anon_inode:[eventfd]') return Errno.EINVAL
    return binding.duplicate?.(fd) ?? Errno.EINVAL // every Linux has it
  }
}

function isDescriptor(fd: unknown): fd is number {
  return typeof fd === 'number' && Number.isInteger(fd) && fd >= 0 && fd <= 0x7fffffff
}

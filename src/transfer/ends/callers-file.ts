// ① interface — an open file of the caller's, held from the call of `transfer` on: its number may be closed at any moment, and given to another file.
import { fstatSync } from 'node:fs'
import { closeKept } from '../../lasting.js'
import { closeOwn, loadBinding, ownDescriptors } from '../../native/load.js'
import { close } from '../../operation/file.js'
import { fstatx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'

/** One end's, which has it until `letGo`. */
export class CallersFile {
  readonly #number: number
  #fd: number
  #refused = 0
  /** Which file it was at the call, where no duplicate can be made. */
  #identity: string | undefined = undefined

  constructor(fd: number) {
    this.#number = fd
    this.#fd = fd
  }

  /** At the call. Does not throw: what is wrong is said when the end is opened. */
  hold(io: Proactor): void {
    const fd = this.#number
    if (io.driverFor(fstatx(fd)) === 'simulated') return // nothing but its program has these numbers
    const own = loadBinding().binding?.duplicate?.(fd) ?? Errno.ENOSYS
    if (own >= 0) this.#fd = own
    else if (own === Errno.EBADF) this.#refused = own
    else this.#identity = this.#identityNow() // without the addon, on Windows, or when the process has no number left
  }

  /** Of the transfer's own. @throws EBADF: it was not open at the call */
  get fd(): number {
    if (this.#refused !== 0) throw systemError(this.#refused, 'fstat')
    return this.#fd
  }

  /** True: it was not duplicated, so each piece asks for `checked`, and nothing else has the number. */
  get isWatched(): boolean {
    return this.#identity !== undefined
  }

  /** The same, before each use. @throws EBADF: the number is another file's now */
  get checked(): number {
    if (this.#identity !== undefined && this.#identityNow() !== this.#identity) {
      throw systemError(Errno.EBADF, 'fstat', undefined, undefined, `descriptor ${String(this.#number)} was closed while the transfer used it`)
    }
    return this.fd
  }

  /** Once, when nothing of the transfer's is in flight. */
  async letGo(io: Proactor): Promise<void> {
    const fd = this.#fd
    if (fd === this.#number) return
    this.#fd = this.#number
    this.#refused = Errno.EBADF
    // In a worker it is noted as the engine's. Of Node's own close the addon would not hear, and close the number once more at the worker's end.
    if (ownDescriptors() !== undefined && io.driverFor(close(fd)) === 'node') closeOwn(fd)
    else await closeKept(io, fd)
  }

  #identityNow(): string | undefined {
    try {
      const { dev, ino } = fstatSync(this.#number, { bigint: true })
      return `${String(dev)}:${String(ino)}`
    } catch (error) {
      this.#refused = (error as NodeJS.ErrnoException).errno ?? Errno.EBADF
      return undefined
    }
  }
}

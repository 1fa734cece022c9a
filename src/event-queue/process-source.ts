// ① interface — the end of any process as a source, also of one that is no child of ours: a pidfd (Linux 5.3) becomes readable then.
// It tells once, and not how the process ended: the system says that to its parent alone.
import { closeOwn, loadBinding } from '../native/load.js'
import { checkInteger } from '../operation/arguments.js'
import { Errno, systemError } from '../operation/system-error.js'
import { SYS } from '../operation/system-call-numbers.js'
import { poll, PollEvent } from '../operation/timer.js'
import type { ArmedOperation } from './armed-operation.js'
import { Source } from './source.js'
import type { SourceHost } from './source-host.js'

const NONE = -1

/** A pidfd, the engine's own; or a negative errno. Made at once: a moment later the number may be another process's. */
function openProcess(id: number): number {
  const { binding } = loadBinding()
  const { close, pidfd_open: open } = SYS
  if (binding?.duplicate === undefined || open === undefined || close === undefined) return Errno.ENOTSUP
  const opened = binding.systemCall(open, BigInt64Array.of(BigInt(id), 0n, 0n, 0n, 0n, 0n))
  if (opened < 0) return opened
  const own = binding.duplicate(opened)
  binding.systemCall(close, BigInt64Array.of(BigInt(opened), 0n, 0n, 0n, 0n, 0n))
  return own
}

/** Waits for the end of any process. Made by `EventQueue.process`. */
export class ProcessSource<Cookie = unknown> extends Source<Cookie, 'process', undefined> {
  /** The id of the process. */
  readonly id: number
  #fd: number
  #armed: ArmedOperation | undefined = undefined

  /** Use `EventQueue.process`. @internal */
  constructor(host: SourceHost, id: number, cookie: Cookie) {
    checkInteger(id, 'id', 1, 0x7fffffff)
    super('process', cookie, true, host)
    this.id = id
    this.#fd = openProcess(id)
    if (this.#fd < 0) this.fail(systemError(this.#fd, 'pidfd_open'))
    else this.resume()
  }

  /** @internal */
  protected override resume(): void {
    this.#armed = this.host.arm(poll(this.#fd, PollEvent.POLLIN), (_events, _more, error) => {
      if (error === undefined) this.fire(undefined)
      else this.fail(error)
    })
  }

  /** @internal */
  protected override pause(): void {
    this.#armed?.withdraw()
    this.#armed = undefined
  }

  /** @internal */
  protected override stop(): void {
    this.pause()
    if (this.#fd < 0) return
    closeOwn(this.#fd) // the poll has a hold on the process of its own, until it is withdrawn
    this.#fd = NONE
  }
}

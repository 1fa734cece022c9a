// ① interface — the end of a child process as a source, by waitid(2) in the engine. It tells once.
import { waitChild, type ChildChange, type WaitOptions } from '../operation/timer.js'
import type { Operation } from '../operation/operation.js'
import type { ArmedOperation } from './armed-operation.js'
import { Source } from './source.js'
import type { SourceHost } from './source-host.js'

/** Waits for the end of a child process. Made by `EventQueue.child`. */
export class ChildSource<Cookie = unknown> extends Source<Cookie, 'child', ChildChange> {
  readonly #operation: Operation<ChildChange>
  #armed: ArmedOperation | undefined = undefined

  /** Use `EventQueue.child`. @internal */
  constructor(host: SourceHost, id: number, cookie: Cookie, options: WaitOptions) {
    const operation = waitChild(id, options)
    host.checkRoomForChild()
    super('child', cookie, true, host)
    this.#operation = operation
    this.resume()
  }

  /** @internal */
  protected override resume(): void {
    this.#armed = this.host.arm(this.#operation, (value, _more, error) => {
      if (error === undefined) this.fire(value as ChildChange)
      else this.fail(error)
    })
  }

  /** @internal */
  protected override pause(): void {
    this.stop()
  }

  /** @internal */
  protected override stop(): void {
    this.#armed?.withdraw()
    this.#armed = undefined
  }
}

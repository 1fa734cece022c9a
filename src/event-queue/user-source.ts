// ① interface — a source that the program itself triggers: whatever it does, from callbacks of other libraries to
// messages of worker threads, can so come out of the same queue.
import { Source, type SourceOptions } from './source.js'
import type { SourceHost } from './source-host.js'

/** A source that the program triggers. Made by `EventQueue.user`. */
export class UserSource<Cookie = unknown> extends Source<Cookie, 'user'> {
  /** Use `EventQueue.user`. @internal */
  constructor(host: SourceHost, cookie: Cookie, options: SourceOptions) {
    super('user', cookie, options.once === true, host)
  }

  /**
   * Triggers the source. An unread event of it is updated: its count grows, and `value` replaces the one before.
   * @returns false: the source is over, and nothing happens
   */
  trigger(value?: unknown): boolean {
    if (!this.live) return false
    this.fire(value)
    return true
  }

  /** @internal */
  protected override stop(): void { /* it holds nothing */ }
}

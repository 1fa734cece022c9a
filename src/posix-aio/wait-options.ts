// ① interface — posix-aio: how long its waits may take.
import { invalidArgType } from '../operation/arguments.js'

/** How long a blocking wait may take. */
export interface BlockingOptions {
  /** Milliseconds, ≥ 0; undefined and above 2^31 - 1 (24 days): no limit. Default: no limit. */
  readonly timeout?: number | undefined
}

/** How long a wait may take, and a signal that ends it. */
export interface WaitOptions extends BlockingOptions {
  /** Aborting it ends the wait with an AbortError, which corresponds to EINTR in C. The requests continue. */
  readonly signal?: AbortSignal | undefined
}

/** The timeout, undefined for none. @throws ERR_INVALID_ARG_TYPE */
export function timeoutOf({ timeout }: BlockingOptions): number | undefined {
  if (timeout === undefined) return undefined
  if (!(typeof timeout === 'number' && timeout >= 0)) throw invalidArgType('options.timeout', 'of type number and ≥ 0', timeout)
  return timeout > 0x7fffffff ? undefined : timeout
}

/** @throws ERR_INVALID_ARG_TYPE */
export function checkSignal({ signal }: WaitOptions): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('options.signal', 'an instance of AbortSignal', signal)
}

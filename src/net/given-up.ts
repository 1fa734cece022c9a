// ① interface — what ends a send by its signal or its deadline: in line it is taken out, on the wire it is cancelled. The engine's own options
// do not serve here, as a send may wait in line for long, and several go as one operation.
import { Errno, systemError } from '../operation/system-error.js'
import { checkOptions, type SubmitOptions } from '../proactor/options.js'
import { AbortError } from '../waiting/abort-error.js'
import { onAbort } from '../waiting/on-abort.js'
import type { Sending, SendLine } from './sending.js'

/**
 * Watches over one that is about to be added to its line.
 * @returns what ends the watching
 * @throws ERR_INVALID_ARG_TYPE
 */
export function giveUpOn(line: SendLine, sending: Sending, options: SubmitOptions): () => void {
  const { signal, timeout } = checkOptions(options)
  const giveUp = (problem: Error): void => {
    sending.problem ??= problem
    line.giveUp(sending)
  }
  const stopListening = signal === undefined ? undefined : onAbort(signal, () => giveUp(new AbortError(signal.reason)))
  const timer = timeout === undefined ? undefined
    : setTimeout(() => giveUp(systemError(Errno.ETIMEDOUT, 'send', undefined, undefined, 'the operation did not end within its timeout')), timeout)
  return () => {
    stopListening?.()
    clearTimeout(timer)
  }
}

// ① interface — what ends a send by its signal or its deadline: in line it is taken out, on the wire it is cancelled. The engine's own options
// do not serve here, as a send may wait in line for long, and several go as one operation.
import { Errno, systemError } from '../operation/system-error.js'
import { OPERATION_TOO_LATE } from '../proactor/failure.js'
import { checkOptions, type SubmitOptions } from '../proactor/options.js'
import { heed } from '../waiting/heed.js'
import type { Sending, SendLine } from './sending.js'

/**
 * Watches over one that is about to be added to its line.
 * @returns what ends the watching
 * @throws ERR_INVALID_ARG_TYPE; AbortError, where the signal was aborted before
 */
export function giveUpOn(line: SendLine, sending: Sending, options: SubmitOptions): () => void {
  return heed(checkOptions(options), () => systemError(Errno.ETIMEDOUT, 'send', undefined, undefined, OPERATION_TOO_LATE), (problem) => {
    sending.problem ??= problem
    line.giveUp(sending)
  })
}

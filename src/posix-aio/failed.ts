// ① interface — posix-aio: what C tells by -1 and errno: a system error, thrown.
import { systemError, type SystemError } from '../operation/system-error.js'

/** The error of a call, by negative errno. `sentence` says more than the system would. */
export function failed(errno: number, syscall: string, sentence?: string): SystemError {
  const error = systemError(errno, syscall, undefined, undefined, sentence)
  Error.captureStackTrace(error, failed) // from the call on, not from here
  return error
}

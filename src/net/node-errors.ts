// ① interface — errors of a socket's stream in Node's words: `read ECONNRESET`, `write EPIPE`, as its net has them.
import { errorCode } from '../operation/system-error.js'
import type { SystemError } from '../operation/system-error.js'

/** The error of a call that a stream made. */
export function streamError(errno: number, syscall: 'read' | 'write' | 'shutdown'): SystemError {
  const code = errorCode(errno)
  return Object.assign(new Error(`${syscall} ${code}`), { errno, code, syscall })
}

/** Of a write after the peer has ended, which this side is not to survive. */
export function endedByPeer(): Error {
  return Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' })
}

/** Of a stream that has no socket any more. */
export function socketClosed(): Error {
  return Object.assign(new Error('Socket is closed'), { code: 'ERR_SOCKET_CLOSED' })
}

/** Of a write that waited for a connection which its stream was destroyed before. */
export function closedEarly(): Error {
  return Object.assign(new Error('Socket closed before the connection was established'), { code: 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION' })
}

/** Of a reset of a socket that has none. */
export function notResettable(): TypeError {
  return Object.assign(new TypeError('This handle type cannot be sent'), { code: 'ERR_INVALID_HANDLE_TYPE' })
}

/** Of a write that a stream was destroyed before. */
export function streamDestroyed(): Error {
  return Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' })
}

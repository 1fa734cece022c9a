// ① interface — errors of listen and connect, as Node's net has them: `connect ECONNREFUSED 127.0.0.1:80`, with address and port.
import { ClosedError } from '../proactor/failure.js'
import type { SystemError } from '../operation/system-error.js'
import { getSystemErrorMap } from 'node:util'

interface AddressError extends SystemError {
  address?: string
  port?: number
}

const sentences = getSystemErrorMap()

/** The error of an address that cannot be listened on, whichever of the calls said so. */
export function listenError(error: Error, address: string, port: number | undefined): Error {
  const { errno, code } = error as Partial<SystemError>
  if (errno === undefined || code === undefined || error instanceof ClosedError) return error
  const where = port === undefined ? address : `${address}:${String(port)}`
  const named = new Error(`listen ${code}: ${sentences.get(errno)?.[1] ?? 'system error'} ${where}`, { cause: error }) as AddressError
  named.errno = errno
  named.code = code
  named.syscall = 'listen'
  named.address = address
  if (port !== undefined) named.port = port
  return named
}

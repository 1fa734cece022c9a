// ① interface — the errors of completion ports that no system call gives.
export function portError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/** What a wait ends with whose port, or consumer, is closed. */
export function abandoned(): Error {
  return portError('ERR_TRUEAIO_ABANDONED_WAIT', 'The completion port was closed during the wait (ERROR_ABANDONED_WAIT_0)')
}

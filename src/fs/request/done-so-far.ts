// ① interface — what an aborted or timed-out function of many steps had done by then, told by its error.

/** Fields that the error of an abort or a timeout has, from functions of many steps. */
export interface DoneSoFar {
  /** rm: names that were removed. This is a lower bound: calls in progress at the abort may have been made, too. */
  entriesRemoved?: number
  /** cp: entries that were copied completely. A lower bound, as above. */
  entriesCopied?: number
  /** writeFile, appendFile: bytes that the system has taken. */
  bytesWritten?: number
}

/** The same error, with what was done if it is of an abort or a timeout; any other is Node's, field by field. */
export function withDone(error: unknown, done: DoneSoFar): Error {
  const { code } = error as { code?: unknown }
  if (code === 'ABORT_ERR' || code === 'ETIMEDOUT') Object.assign(error as Error, done)
  return error as Error
}

// ① interface — Ctrl-C and SIGTERM: the first one ends what is in progress, and it cleans up behind itself. The second one ends the process.
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const BY_SIGNAL = 128

export interface Interruption {
  readonly signal: AbortSignal
  /** The exit code of the signal that came; undefined: none. */
  readonly code: number | undefined
  stopListening(): void
}

export function interruption(): Interruption {
  const controller = new AbortController()
  let code: number | undefined
  const stop = (name: NodeJS.Signals): void => {
    if (code !== undefined) process.exit(code)
    code = BY_SIGNAL + constants.signals[name]
    controller.abort()
  }
  for (const name of SIGNALS) process.on(name, stop)
  return {
    signal: controller.signal,
    get code() {
      return code
    },
    stopListening() {
      for (const name of SIGNALS) process.off(name, stop)
    },
  }
}

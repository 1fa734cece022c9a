// ③ proactor — who sees each operation begin and end, inside the engine: the recorder of `trueaio trace`. It may not submit, block or
// throw. Channels (messages.ts) are for everybody else: a message for each event costs 200 ns and more.
import type { Entry } from './in-flight.js'

export interface Observer {
  begun(entry: Entry): void
  ended(entry: Entry, result: number): void
  /** What a tick has submitted was handed over, or all of a wake-up is told: a time that was read before is over. */
  turned(): void
}

/** One for the thread. */
export const observation: { by: Observer | undefined } = { by: undefined }

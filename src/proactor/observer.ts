// ③ proactor — who sees each operation begin and end, inside the engine: the recorder of `trueaio trace`. It may not submit, block or
// throw. Channels (messages.ts) are for everybody else: a message for each event costs 200 ns and more.
import type { Entry } from './in-flight.js'

export interface Observer {
  begun(entry: Entry): void
  ended(entry: Entry, result: number): void
  /** A tick's submissions were flushed, or all completions of a wake-up delivered: an earlier clock reading is out of date. */
  turned(): void
}

/** One for the thread. */
export const observation: { by: Observer | undefined } = { by: undefined }

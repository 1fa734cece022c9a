// ④ driver — io_uring: completions that are reported later, since none may be reported inside `submit`, or between a completion and others of its batch.
import type { CompletionSink } from '../../proactor/driver.js'
import type { Fifo } from '../../waiting/fifo.js'

export interface Ended {
  readonly slot: number
  readonly generation: number
  readonly result: number
}

export function tellEnded(ended: Fifo<Ended>, sink: CompletionSink): void {
  for (let one = ended.shift(); one !== undefined; one = ended.shift()) sink.complete(one.slot, one.generation, one.result, one.result, false)
}

export function tellUnstoppable(running: Fifo<Ended>, sink: CompletionSink): void {
  for (let one = running.shift(); one !== undefined; one = running.shift()) sink.unstoppable(one.slot, one.generation)
}

// ① interface — how an overlapped operation's end is asked for without a port: its result, waited for or not, and the completion routine, which
// is called with it. Operations of a handle without a port go to the engine from here.
import { AsyncResource } from 'node:async_hooks'
import type { Operation } from '../operation/operation.js'
import { failureOf } from '../proactor/failure.js'
import { Entry } from '../proactor/in-flight.js'
import type { SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { checkPatience, tooLate, type Patience } from '../waiting/patience.js'
import { Packet, type Overlapped } from './packet.js'

/**
 * Called when an operation has ended (LPOVERLAPPED_COMPLETION_ROUTINE). Arguments: why it failed, or undefined; its
 * bytes; its structure.
 */
export type CompletionRoutine = (error: Error | undefined, bytes: number, overlapped: Overlapped<unknown>) => void

/** Options of an overlapped operation. */
export interface OverlappedOptions extends SubmitOptions {
  /** Called once it has ended, in the async context of the submission (ReadFileEx, WriteFileEx). Only for a handle without a port. */
  readonly routine?: CompletionRoutine | undefined
}

/** Stands for the entry while it is being submitted: the operation may end before there is one. */
export const PENDING: Entry = new Entry(-1)

/** An operation's end as a packet. */
export function packetOf<Key>(entry: Entry, result: number, value: unknown, key: Key, overlapped: unknown): Packet<Key> {
  const failed = result < 0
  return new Packet(failed ? 0 : typeof value === 'number' ? value : result, key, overlapped, failed ? failureOf(entry, result) : undefined)
}

/** The result of an operation that has ended. @throws what it failed with */
function resultOf({ end }: Overlapped<unknown>): number {
  const { bytes = 0, error } = end ?? {} // always there once it has ended
  if (error !== undefined) throw error
  return bytes
}

/** GetOverlappedResult without a wait; undefined: ERROR_IO_INCOMPLETE. */
export function resultNow(overlapped: Overlapped<unknown>): number | undefined {
  return overlapped.pending ? undefined : resultOf(overlapped)
}

/** GetOverlappedResultEx: waits for the end. @throws (rejects) what the operation fails with, ETIMEDOUT, AbortError */
export async function resultLater(overlapped: Overlapped<unknown>, { signal, timeout }: Patience): Promise<number> {
  const attempt = (): boolean | undefined => (overlapped.pending ? undefined : true)
  await overlapped.whenEnded.wait(attempt, { exclusive: false, signal, timeout, late: () => attempt() ?? stillPending('result') })
  return resultOf(overlapped)
}

/** The same, blocking this thread. */
export function resultBlocking(overlapped: Overlapped<unknown>, proactor: Proactor, options: Pick<Patience, 'timeout'>): number {
  checkPatience(options)
  const { timeout = Infinity } = options
  if (overlapped.pending) proactor.blockUntil(() => (overlapped.pending ? 1 : 0), timeout === Infinity ? -1 : timeout)
  if (overlapped.pending) stillPending('resultSync')
  return resultOf(overlapped)
}

function stillPending(call: string): never {
  throw tooLate(call, 'the operation did not end')
}

/** Where a handle's operations go that is associated with no port. */
export class WithoutPort {
  /** For handles. @internal */
  readonly proactor: Proactor

  constructor(proactor: Proactor) {
    this.proactor = proactor
  }

  submit(operation: Operation, overlapped: Overlapped<unknown>, { routine, ...options }: OverlappedOptions): void {
    overlapped.entry = PENDING
    overlapped.port = this
    if (routine !== undefined) {
      const scope = new AsyncResource('TRUEAIO_ROUTINE')
      overlapped.routine = (end) => scope.runInAsyncScope(routine, undefined, end.error, end.bytes, overlapped)
    }
    try {
      const entry = this.proactor.submitTo(this, operation, options, overlapped)
      if (overlapped.entry === PENDING) overlapped.entry = entry // else it has ended already
    } catch (error) {
      overlapped.entry = undefined
      throw error
    }
  }

  cancel(entry: Entry): void {
    if (entry !== PENDING) this.proactor.cancelSubmitted(entry, entry.generation)
  }

  /** For the proactor: an operation has ended. */
  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    if (more) return
    const overlapped = entry.first as Overlapped<unknown>
    const end = packetOf(entry, result, value, undefined, overlapped)
    const { routine } = overlapped
    overlapped.ended(end)
    if (routine !== undefined) this.proactor.afterCompletions(() => call(routine, end))
  }
}

/** What a routine throws is an uncaught exception, and stops nobody else's. */
function call(routine: (end: Packet) => void, end: Packet): void {
  try {
    routine(end)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

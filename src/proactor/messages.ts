// ③ proactor — what is published on diagnostics channels: `trueaio:submit` and `trueaio:complete`, and the tracing channel
// `trueaio:operation`. Messages are queued where something happens, and shown when nothing is half way: subscribers may submit, block,
// abort and close.
import { channel, tracingChannel, type Channel, type TracingChannel } from 'node:diagnostics_channel'
import { opcodeName } from '../operation/opcode.js'
import { FileKind, type Operation } from '../operation/operation.js'
import { Fifo } from '../waiting/fifo.js'
import { errorOf, failureOf } from './failure.js'
import type { Entry } from './in-flight.js'
import { observation } from './observer.js'

interface Message {
  readonly channel: Channel
  readonly content: object
}

/**
 * What subscribers of `tracing:trueaio:operation:start`, `…:end`, `…:asyncStart`, `…:asyncEnd` and `…:error` are given: one object for
 * all events of an operation. Its names are those that Node's own proposal for node:fs has (nodejs/node#65330).
 */
interface TracedOperation {
  /** 'read', 'open', 'statx' … */
  readonly operation: string
  /** Where it was asked for. */
  readonly api: 'trueaio'
  readonly fd?: number
  readonly path?: string | Uint8Array
  readonly dest?: string | Uint8Array
  /** The proactor, and what was submitted to it. */
  readonly proactor: object
  readonly submission: Operation
  /** From asyncStart on, where it succeeded. */
  result?: unknown
  /** From error on, where it failed. */
  error?: Error
}

const submitChannel: Channel = channel('trueaio:submit')
const completeChannel: Channel = channel('trueaio:complete')
/** Each proactor that is made. */
export const proactorChannel: Channel = channel('trueaio:proactor')
const { start, end, asyncStart, asyncEnd, error }: TracingChannel = tracingChannel('trueaio:operation')

function contextOf(proactor: object, submission: Operation): TracedOperation {
  const { detail, file, fileKind, opcode } = submission
  const operation = opcodeName(opcode)
  if (detail?.path !== undefined) {
    const named = { operation, api: 'trueaio', path: detail.path, proactor, submission } as const
    return detail.path2 === undefined ? named : { ...named, dest: detail.path2 }
  }
  return fileKind === FileKind.DESCRIPTOR && file >= 0 ? { operation, api: 'trueaio', fd: file, proactor, submission } : { operation, api: 'trueaio', proactor, submission }
}

export class Messages {
  readonly #queue = new Fifo<Message>()
  readonly #proactor: object
  readonly #latencyWanted: boolean

  constructor(proactor: object, latencyWanted: boolean) {
    this.#proactor = proactor
    this.#latencyWanted = latencyWanted
  }

  get length(): number {
    return this.#queue.length
  }

  /** An operation was submitted. Nothing of it is queued where nobody listens. */
  begun(entry: Entry): void {
    if (this.#latencyWanted || completeChannel.hasSubscribers) entry.startedAt = performance.now()
    if (observation.by !== undefined) observation.by.begun(entry)
    if (submitChannel.hasSubscribers) this.#push(submitChannel, { proactor: this.#proactor, operation: entry.operation })
    if (start.hasSubscribers || asyncEnd.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || error.hasSubscribers) {
      const context = contextOf(this.#proactor, entry.operation)
      entry.traced = context
      this.#push(start, context)
      this.#push(end, context)
    }
  }

  /** It has settled for its caller. */
  ended(entry: Entry, result: number, value: unknown): void {
    if (observation.by !== undefined) observation.by.ended(entry, result)
    if (completeChannel.hasSubscribers) {
      this.#push(completeChannel, { proactor: this.#proactor, operation: entry.operation, result, milliseconds: performance.now() - entry.startedAt })
    }
    if (entry.traced !== undefined) this.#endTrace(entry, result, value)
  }

  #endTrace(entry: Entry, result: number, value: unknown): void {
    const context = entry.traced as TracedOperation // begun has set it
    entry.traced = undefined
    if (result < 0) {
      context.error = errorOf(failureOf(entry, result))
      this.#push(error, context)
    } else context.result = value ?? result
    this.#push(asyncStart, context)
    this.#push(asyncEnd, context)
  }

  #push(to: Channel, content: object): void {
    this.#queue.push({ channel: to, content })
  }

  /** Shows what is queued. Node raises what a subscriber throws as an uncaught error of its own. */
  publish(): void {
    for (let one = this.#queue.shift(); one !== undefined; one = this.#queue.shift()) one.channel.publish(one.content)
  }
}

// ① interface — what the two ends of a shared completion port say to each other: remote-ends.ts in the thread of the port,
// remote-port.ts in the other one.
import type { MessagePort } from 'node:worker_threads'

/** One end for another thread. Send it once, with `messagePort` in the transfer list. */
export interface SharedPort {
  /** The channel to the port's thread: put it in the transfer list. */
  readonly messagePort: MessagePort
  /** Counts what others have told the port's thread: one word of all ends, so that the thread can sleep on it. @internal */
  readonly told: SharedArrayBuffer
  /** Counts the notifications of this end. @internal */
  readonly answered: SharedArrayBuffer
}

/** An error as it survives being copied. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly properties: Readonly<Record<string, unknown>>
}

export interface PlainPacket {
  readonly bytes: number
  readonly key: unknown
  readonly overlapped: unknown
  readonly error: PlainError | undefined
}

/** To the port. `id` tells apart the gets of an end. */
export type Request =
  | { readonly kind: 'get'; readonly id: number; readonly max: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'post'; readonly packet: PlainPacket }
  | { readonly kind: 'back'; readonly packets: readonly PlainPacket[] }
  /** The packets of a get have arrived. */
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'block' }
  | { readonly kind: 'unblock' }

/** From the port. */
export type Answer =
  | { readonly kind: 'packets'; readonly id: number; readonly packets: readonly PlainPacket[] }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'closed' }

export function plainError(error: Error): PlainError {
  return { name: error.name, message: error.message, properties: Object.fromEntries(Object.entries(error).filter(([, value]) => typeof value === 'string' || typeof value === 'number')) }
}

export function errorFrom({ name, message, properties }: PlainError): Error {
  const error = Object.assign(new Error(message), properties)
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  return error
}

/** Adds one to a count that another thread may sleep on. */
export function ring(words: Int32Array): void {
  Atomics.add(words, 0, 1)
  Atomics.notify(words, 0)
}

// ① interface — a thread of the pool for CPU steps: imports the module that a task names, calls its function, and answers.
// compute.ts is the other end.
import { parentPort, type MessagePort, type TransferListItem } from 'node:worker_threads'

/** What the pool sends. */
export interface ComputeRequest {
  /** URL of the module, as text. */
  readonly module: string
  /** The exported function. */
  readonly name: string
  readonly argument: unknown
}

/** What a thread answers. `code` and the like of errors do not survive a structured clone: they go beside it. */
export type ComputeAnswer = { readonly state: 'returned'; readonly value: unknown } | { readonly state: 'threw'; readonly error: unknown; readonly properties: Readonly<Record<string, unknown>> }

/** A result whose memory is handed over rather than copied. See `moved`. */
export interface Moved<Value> {
  readonly value: Value
  readonly transfer: readonly TransferListItem[]
}

/** Where `moved` leaves its mark: registered, so that any copy of this package in the thread means the same. */
export const MOVED: unique symbol = Symbol.for('trueaio.moved') as never

async function answer(port: MessagePort, { module, name, argument }: ComputeRequest): Promise<void> {
  try {
    const exported = ((await import(module)) as Readonly<Record<string, unknown>>)[name]
    if (typeof exported !== 'function') throw Object.assign(new TypeError(`${module} exports no function "${name}"`), { code: 'ERR_TRUEAIO_NO_FUNCTION' })
    const returned = await (exported as (argument: unknown) => unknown)(argument)
    const list = (returned as { readonly [MOVED]?: readonly TransferListItem[] } | null | undefined)?.[MOVED]
    const value = list === undefined ? returned : (returned as Moved<unknown>).value
    port.postMessage({ state: 'returned', value } satisfies ComputeAnswer, [...(list ?? [])])
  } catch (error) {
    tell(port, error)
  }
}

function tell(port: MessagePort, error: unknown): void {
  const properties = error instanceof Error ? { ...error } : {}
  try {
    port.postMessage({ state: 'threw', error, properties } satisfies ComputeAnswer)
  } catch {
    // It carries something that cannot be cloned: its words can.
    const plain = new Error(error instanceof Error ? error.message : String(error))
    if (error instanceof Error && error.stack !== undefined) plain.stack = error.stack
    port.postMessage({ state: 'threw', error: plain, properties: {} } satisfies ComputeAnswer)
  }
}

const port = parentPort
port?.on('message', (request: ComputeRequest) => void answer(port, request))

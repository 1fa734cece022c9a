// ① interface — a thread of the pool for CPU steps: imports the module that a task names, calls its function, and answers.
// compute.ts is the other end. It is a program: nobody imports more than its types.
import { types } from 'node:util'
import { parentPort, type MessagePort } from 'node:worker_threads'
import { partsOf } from './moved.js'

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

async function answer(port: MessagePort, { module, name, argument }: ComputeRequest): Promise<void> {
  try {
    const exported = ((await import(module)) as Readonly<Record<string, unknown>>)[name]
    if (typeof exported !== 'function') throw Object.assign(new TypeError(`${module} exports no function "${name}"`), { code: 'ERR_TRUEAIO_NO_FUNCTION' })
    const returned = await (exported as (argument: unknown) => unknown)(argument)
    const { value, transfer } = partsOf(returned)
    port.postMessage({ state: 'returned', value } satisfies ComputeAnswer, transfer)
  } catch (error) {
    tell(port, error)
  }
}

function tell(port: MessagePort, error: unknown): void {
  try {
    // A DOMException arrives as an empty object on Node 20.
    if (error instanceof Error && !types.isNativeError(error)) tellWords(port, error)
    else port.postMessage({ state: 'threw', error, properties: error instanceof Error ? Object.fromEntries(Object.entries(error)) : {} } satisfies ComputeAnswer)
  } catch {
    tellWords(port, error)
  }
}

/** Of an error that cannot be cloned. */
function tellWords(port: MessagePort, error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  const plain = new Error(message)
  if (stack !== undefined) plain.stack = stack
  port.postMessage({ state: 'threw', error: plain, properties: { name } } satisfies ComputeAnswer)
}

const port = parentPort
port?.on('message', (request: ComputeRequest) => void answer(port, request))

// What the tests of the CPU pool run on its threads.
import { threadId } from 'node:worker_threads'
import { moved } from 'trueaio/work'

export default function twice(number: number): number {
  return number * 2
}

/** Blocks its thread until the other party has arrived: two of these end only when they run at once. */
export function meet({ words, parties }: { readonly words: Int32Array; readonly parties: number }): number {
  Atomics.add(words, 0, 1)
  Atomics.notify(words, 0)
  for (let here = Atomics.load(words, 0); here < parties; here = Atomics.load(words, 0)) Atomics.wait(words, 0, here)
  return threadId
}

/** Says that it runs, and blocks until it is let go. */
export function hold(words: Int32Array): string {
  Atomics.add(words, 0, 1)
  Atomics.notify(words, 0)
  Atomics.wait(words, 1, 0)
  return 'let go'
}

export function spin(words: Int32Array): never {
  Atomics.add(words, 0, 1)
  Atomics.notify(words, 0)
  for (;;) Atomics.load(words, 0)
}

export async function later(text: string): Promise<string> {
  await Promise.resolve()
  return `${text} later`
}

export function fails(message: string): never {
  throw Object.assign(new RangeError(message), { code: 'E_MINE', detail: 7 })
}

export function failsWithFunction(): never {
  throw Object.assign(new Error('not clonable'), { extra: (): void => undefined })
}

export function throwsText(): never {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a user's function may do
  throw 'text'
}

export function notClonable(): () => void {
  return () => undefined
}

export function leaves(): void {
  process.exit(3)
}

export function fill({ bytes, value }: { readonly bytes: ArrayBuffer; readonly value: number }): unknown {
  new Uint8Array(bytes).fill(value)
  return moved(bytes, [bytes])
}

export const notAFunction = 1

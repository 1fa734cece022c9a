// ① interface — whether a ReadStream's bytes go to one pipe and nowhere else. Then nobody sees the chunks, and they need not become
// JavaScript's: direct-pipe.ts. Or nobody keeps them, and one buffer serves again: reused-buffers.ts.
import type { ReadStream } from 'node:fs'
import { Readable, Writable } from 'node:stream'

/** What `pipe` calls its listener, in every version of Node. */
const PIPES_LISTENER = 'ondata'

/** Whether a stream has these methods as its class had them at first: a program that puts its own there wants to see what goes through them. */
export class PlainMethods {
  readonly #methods: readonly (readonly [name: string, method: unknown])[]

  constructor(prototype: object, names: readonly string[]) {
    this.#methods = names.map((name) => [name, Reflect.get(prototype, name) as unknown] as const)
  }

  areThoseOf(stream: object): boolean {
    return this.#methods.every(([name, method]) => Reflect.get(stream, name) === method)
  }
}

const READING = new PlainMethods(Readable.prototype, ['pipe', 'push', 'read', 'resume', 'unshift'])
/** Of what is written to, whatever its class. */
export const WRITING: PlainMethods = new PlainMethods(Writable.prototype, ['write', 'cork', 'uncork'])

interface ReadableState {
  readonly pipes: readonly Writable[]
}

/** The only destination of a stream; undefined: there are others, or somebody listens, or has changed a method. */
export function onlyPipe(stream: ReadStream): Writable | undefined {
  if (stream.readableEncoding !== null || stream.listenerCount('data') !== 1 || stream.listenerCount('readable') > 0) return undefined
  const { pipes } = (stream as unknown as { readonly _readableState: ReadableState })._readableState
  if (pipes.length !== 1 || (stream.listeners('data')[0] as { readonly name: string }).name !== PIPES_LISTENER) return undefined
  return READING.areThoseOf(stream) ? pipes[0] : undefined
}

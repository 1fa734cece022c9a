// ① interface — how the drop-in knows a FileHandle of its own among what callers pass.
import type { FileHandle } from 'node:fs/promises'

/** On the prototype of the engine's FileHandle. */
export const ENGINE_HANDLE: unique symbol = Symbol('trueaio.fileHandle')

/** The value, if it is a FileHandle of the engine's. */
export function engineHandle(value: unknown): FileHandle | undefined {
  return typeof value === 'object' && value !== null && ENGINE_HANDLE in value ? (value as unknown as FileHandle) : undefined
}

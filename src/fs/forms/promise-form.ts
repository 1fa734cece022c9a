// ① interface — the functions of the drop-in with a promise: ours where it takes the arguments, Node's where it does not.
import type { FileHandle } from 'node:fs/promises'
import { signalIsFine } from '../arguments/index.js'
import { node } from '../node/index.js'
import { deadlineOf, openedWithin, within } from '../request/index.js'
import type { Promises } from '../types/index.js'

type Anything = (...given: never[]) => unknown

/** Work of Node's, with the deadline that may be in the last argument. Node refuses an invalid signal. */
export function inTime<Work>(work: Work, given: readonly unknown[], name: string): Work {
  const last = given[given.length - 1]
  const deadline = deadlineOf(last)
  if (deadline === undefined || !signalIsFine(deadline.signal)) return work
  if (name === 'open') return openedWithin(work as Promise<FileHandle>, last, name, (handle) => handle) as Work
  return within(work as Promise<unknown>, last, name) as Work
}

/** A function of ours, where it takes the arguments; Node's, where it does not. Named as Node's. */
export function promiseForm<Name extends keyof Promises>(name: Name, ours: Anything): Promises[Name] {
  const theirs = node[name] as (...given: unknown[]) => unknown
  const take = ours as (...given: unknown[]) => unknown
  const either = (...given: unknown[]): unknown => take(...given) ?? inTime(theirs(...given), given, name)
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  // Node's are async functions, which some callers ask for.
  return Object.setPrototypeOf(either, Object.getPrototypeOf(theirs) as object) as never
}

// ① interface — the functions of the drop-in with a promise: ours where it takes the arguments, Node's where it does not.
import type * as nodeModule from 'node:fs/promises'
import { signalIsFine } from '../arguments/index.js'
import { node } from '../node/index.js'
import { deadlineOf, within } from '../request/index.js'

export type Node = typeof nodeModule
type Anything = (...given: never[]) => unknown
/** Node's function, and the same with a deadline: in its options where it has some, else as a last argument. */
export type Also<Function_, Arguments extends readonly unknown[], Result> = Function_ & ((...given: Arguments) => Promise<Result>)

/** Node's function, with the deadline that may be among the last argument. A signal that is none is Node's to refuse. */
function nodeWithin(theirs: (...given: unknown[]) => unknown, given: unknown[], name: string): unknown {
  const last = given[given.length - 1]
  const deadline = deadlineOf(last)
  const work = theirs(...given)
  return deadline === undefined || !signalIsFine(deadline.signal) ? work : within(work as Promise<unknown>, last, name)
}

/** A function of ours, where it takes the arguments; Node's, where it does not. Named as Node's. */
export function promiseForm<Name extends keyof Node>(name: Name, ours: Anything): Node[Name] & Anything {
  const theirs = node[name] as (...given: unknown[]) => unknown
  const take = ours as (...given: unknown[]) => unknown
  const either = (...given: unknown[]): unknown => take(...given) ?? nodeWithin(theirs, given, name)
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  // Node's are async functions, which some callers ask for.
  return Object.setPrototypeOf(either, Object.getPrototypeOf(theirs) as object) as never
}

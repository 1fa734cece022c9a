// ① interface — the functions of the drop-in with a callback: arguments to the left, callback at the end. A callback runs
// in a tick of its own, outside of any promise, so that what it throws is an uncaught exception as Node raises it.
import { nodeFs } from './node-functions.js'

type Name = keyof typeof nodeFs
type Callback = (...given: unknown[]) => void
type Callable = (...given: unknown[]) => unknown

/** Work on its way, and what its callback gets. */
export interface Taken {
  readonly work: Promise<unknown>
  /** After the null. */
  readonly results: (value: unknown) => unknown[]
  /** After the error. */
  readonly failed: readonly unknown[]
}

const NOTHING: readonly unknown[] = []

/** A result that is undefined is none: the callback then gets the null alone, as Node has it. */
function resultItself(value: unknown): unknown[] {
  return value === undefined ? [] : [value]
}

/** Calls back with what became of it. */
export function callBack({ work, results, failed }: Taken, callback: Callback): void {
  work.then(
    (value) => process.nextTick(callback, null, ...results(value)),
    (error: unknown) => process.nextTick(callback, withoutFrames(error), ...failed),
  )
}

/** An error of the system, as callbacks get it from Node: without a stack, as nobody of the caller's is on it. */
function withoutFrames(error: unknown): unknown {
  if (!(error instanceof Error) || error.constructor !== Error || !('errno' in error)) return error
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0) // which may be frozen
  const bare = new Error(error.message)
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  return Object.assign(bare, error)
}

/**
 * A function of Node's name, length and properties (what util.promisify looks for is among them): `take` does it, or gives
 * undefined for what is Node's, which is also whatever comes without a callback.
 */
export function orNodeWith<Key extends Name>(name: Key, take: (given: unknown[]) => Taken | undefined): (typeof nodeFs)[Key] {
  const theirs = nodeFs[name] as Callable
  const either = (...given: unknown[]): unknown => {
    const callback = given[given.length - 1]
    const taken = typeof callback === 'function' ? take(given.slice(0, -1)) : undefined
    if (taken === undefined) return theirs(...given)
    callBack(taken, callback as Callback)
    return undefined
  }
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  return either as never
}

/** The same for a function that gives a promise of the one result. */
export function orNode<Key extends Name>(name: Key, ours: (...given: never[]) => unknown, results: (value: unknown) => unknown[] = resultItself): (typeof nodeFs)[Key] {
  const take = ours as Callable
  return orNodeWith(name, (given) => {
    const work = take(...given) as Promise<unknown> | undefined
    return work === undefined ? undefined : { work, results, failed: NOTHING }
  })
}

// ① interface — the functions of the drop-in with a callback: arguments to the left, callback at the end. A callback runs
// in a tick of its own, outside of any promise, so that what it throws is an uncaught exception as Node raises it.
import { promisify } from 'node:util'
import type { CallbackName } from '../functions.js'
import { nodeFs } from '../node/index.js'
import { deadlineOf, openedWithin, within } from '../request/index.js'
import type { Callbacks } from '../types/index.js'
import { hasDeadlineBehind, shapeOf } from './callback-arguments.js'

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

/** Node makes what the system says outside of JavaScript: the errors of its callbacks have no frames, and are printed without. */
function withoutFrames(error: unknown): unknown {
  const { code, errno } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || typeof errno !== 'number' || code?.startsWith('ERR_') === true) return error
  // Not by writing `stack`: where the error was made would still be shown as the place it was thrown from.
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0) // false where intrinsics are frozen: it then keeps its frames
  Error.captureStackTrace(error)
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  return error
}

/** Calls back with what became of it. */
function callBack({ work, results, failed }: Taken, callback: Callback): void {
  work.then(
    (value) => process.nextTick(callback, null, ...results(value)),
    (error: unknown) => process.nextTick(callback, withoutFrames(error), ...failed),
  )
}

const closeAsNode = promisify(nodeFs.close)

/** Node's function, whose callback is not waited for beyond the deadline. What Node throws, or refuses at once, comes as from Node. */
function callNodeInTime(name: CallbackName, given: readonly unknown[]): void {
  const callback = given[given.length - 1] as Callback
  const options = given[given.length - 2]
  const atOnce: { isPossible: boolean, failure: unknown[] | undefined } = { isPossible: true, failure: undefined }
  let settle: Callback | undefined
  const failed: unknown[] = []
  const work = new Promise<unknown[]>((resolve, reject) => {
    settle = (error: unknown, ...results: unknown[]) => {
      if (!(error instanceof Error)) resolve(results)
      else if (atOnce.isPossible) atOnce.failure = [error, ...results]
      else {
        failed.push(...results)
        reject(error)
      }
    }
  })
  // What Node's function has no place for is kept from it.
  const theirs = nodeFs[name] as Callable
  theirs(...given.slice(0, hasDeadlineBehind(name, given) ? -2 : -1), settle)
  atOnce.isPossible = false
  if (atOnce.failure !== undefined) {
    callback(...atOnce.failure)
    return
  }
  const inTime = name === 'open' ? openedWithin(work, options, name, ([fd]) => ({ close: () => closeAsNode(fd as number) })) : within(work, options, name)
  callBack({ work: inTime, results: (value) => value as unknown[], failed }, callback)
}

/**
 * A function of Node's name, length and properties (what util.promisify looks for is among them): `take` does it, or gives
 * undefined for what is Node's, which is also whatever is not a call as Node has it.
 */
export function callbackFormOf<Key extends CallbackName>(name: Key, take: (given: unknown[]) => Taken | undefined): Callbacks[Key] {
  const theirs = nodeFs[name] as Callable
  const isCall = shapeOf(name)
  // Not an arrow: Node's can be called with `new`.
  const either = function (...given: unknown[]): unknown {
    const isShaped = isCall(given)
    const taken = isShaped ? take(given.slice(0, -1)) : undefined
    if (taken !== undefined) callBack(taken, given[given.length - 1] as Callback)
    else if (isShaped && deadlineOf(given[given.length - 2]) !== undefined) callNodeInTime(name, given)
    else return theirs(...given)
    return undefined
  }
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  return either as never
}

/** The same for a function that gives a promise of the one result. */
export function callbackForm<Key extends CallbackName>(name: Key, ours: (...given: never[]) => unknown, results: (value: unknown) => unknown[] = resultItself): Callbacks[Key] {
  const take = ours as Callable
  return callbackFormOf(name, (given) => {
    const work = take(...given) as Promise<unknown> | undefined
    return work === undefined ? undefined : { work, results, failed: NOTHING }
  })
}

// ① interface — "work to do": a state machine whose steps never block. Each step's action says what to wait for next and which
// action comes then; between the two nothing stands still, neither a thread nor a promise for each step.
import { AsyncResource } from 'node:async_hooks'
import { defaultProactor } from '../default-proactor.js'
import { checkInteger, invalidArgType, invalidArgValue } from '../operation/arguments.js'
import { Operation, type ResultOf } from '../operation/operation.js'
import { errorOf, failureOf, type Failure } from '../proactor/failure.js'
import type { Settler } from '../proactor/in-flight.js'
import { checkOptions, type SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { Mutex, type MutexLock } from '../waiting/mutex.js'
import { checkPatience, type Patience } from '../waiting/patience.js'
import { Semaphore } from '../waiting/semaphore.js'
import { compute, type ComputeOptions, type Task } from './compute.js'
import { runSoon } from './run-queue.js'

/** A step: it gets the result of the last wait, arranges the next wait, and returns. */
export type Action<Value, Result> = (value: Value, work: Work<Result>) => void

/** Options of {@link Work}. */
export interface WorkOptions {
  /** Carries out its operations. Default: `defaultProactor()`. */
  readonly proactor?: Proactor | undefined
}

const State = { IDLE: 0, WAITING: 1, READY: 2, RUNNING: 3, ENDED: 4 } as const
type State = (typeof State)[keyof typeof State]

/** An operation's end, for the machine that its entry names. Nothing of a user's runs in here. */
const settler: Settler = {
  settle(entry, result, value, more) {
    if (more) return
    const work = entry.first as Work<unknown>
    if (result < 0) work.failed(failureOf(entry, result))
    else work.arrived(value)
  },
}

function stateError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/**
 * A state machine. Start it with `queue` (or any other wait); each action then arranges exactly one next step: `queue`,
 * `submit`, `lock`, `down`, `after`, `compute`. An action that arranges none ends the machine, as `finish` and `fail` do.
 *
 * Actions run outside of the engine's loops, in the async context in which the machine was made. An action that throws, and a
 * wait that fails without `onFailure`, end the machine: `done` rejects.
 * @see the "work to do" of Linux AIO: wtd_set_action, wtd_queue, wtd_down
 */
export class Work<Result = void> {
  /** Settles when the machine ends. */
  readonly done: Promise<Result>
  readonly #proactor: Proactor
  readonly #context = new AsyncResource('TRUEAIO_WORK', { requireManualDestroy: true })
  #state: State = State.IDLE
  #action: Action<never, Result> | undefined = undefined
  #onFailure: Action<Error, Result> | undefined = undefined
  #value: unknown = undefined
  #failure: Failure | Error | undefined = undefined
  #resolve!: (result: Result) => void
  #reject!: (error: Error) => void

  /** @throws ERR_INVALID_ARG_TYPE, ERR_TRUEAIO_NO_DRIVER */
  constructor(options: WorkOptions = {}) {
    this.#proactor = options.proactor ?? defaultProactor()
    this.done = new Promise<Result>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /**
   * Sets the action that runs after the next wait. Each wait's own `action` does the same.
   * @throws ERR_INVALID_ARG_TYPE
   */
  setAction<Value = void>(action: Action<Value, Result>): this {
    if (typeof action !== 'function') throw invalidArgType('action', 'of type function', action)
    this.#action = action
    return this
  }

  /**
   * Sets the function that runs, instead of the action, when a wait fails: it may continue or end the machine.
   * @throws ERR_INVALID_ARG_TYPE
   */
  onFailure(action: Action<Error, Result>): this {
    if (typeof action !== 'function') throw invalidArgType('action', 'of type function', action)
    this.#onFailure = action
    return this
  }

  /**
   * Waits for nothing: the action runs after those that are ready already.
   * @throws ERR_TRUEAIO_WORK_BUSY, ERR_TRUEAIO_WORK_ENDED, ERR_INVALID_ARG_TYPE
   */
  queue(action?: Action<void, Result>): void {
    this.#begin(action)
    this.arrived(undefined)
  }

  /**
   * Waits for an operation; the action gets its result.
   * @throws ERR_TRUEAIO_WORK_BUSY, ERR_TRUEAIO_WORK_ENDED, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (multishot), ERR_OUT_OF_RANGE
   */
  submit<Wanted extends Operation>(operation: Wanted, action?: Action<ResultOf<Wanted>, Result>, options?: SubmitOptions): void {
    if (!(operation instanceof Operation)) throw invalidArgType('operation', 'an instance of Operation', operation)
    if (operation.detail?.multishot === true) throw invalidArgValue('operation', operation, 'must have one result: a step waits for one')
    if (options !== undefined) checkOptions(options)
    this.#begin(action)
    this.#proactor.submitTo(settler, operation, options, this)
  }

  /**
   * Waits for a mutex; the action gets the lock, which is the machine's until it is released.
   * @throws ERR_TRUEAIO_WORK_BUSY, ERR_TRUEAIO_WORK_ENDED, ERR_INVALID_ARG_TYPE
   */
  lock(mutex: Mutex, action?: Action<MutexLock, Result>, options: Patience = {}): void {
    if (!(mutex instanceof Mutex)) throw invalidArgType('mutex', 'an instance of Mutex', mutex)
    checkPatience(options)
    this.#begin(action)
    this.#await(mutex.lock(options))
  }

  /**
   * Waits for permits of a semaphore.
   * @param options `count` 1 to 2^31 - 1, default 1; `signal`; `timeout`
   * @throws ERR_TRUEAIO_WORK_BUSY, ERR_TRUEAIO_WORK_ENDED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  down(semaphore: Semaphore, action?: Action<void, Result>, options: Patience & { readonly count?: number } = {}): void {
    if (!(semaphore instanceof Semaphore)) throw invalidArgType('semaphore', 'an instance of Semaphore', semaphore)
    const { count = 1 } = options
    checkInteger(count, 'count', 1, 0x7fffffff)
    checkPatience(options)
    this.#begin(action)
    this.#await(semaphore.down(count, options))
  }

  /**
   * Waits for a promise; the action gets what it resolves to.
   * @throws ERR_TRUEAIO_WORK_BUSY, ERR_TRUEAIO_WORK_ENDED, ERR_INVALID_ARG_TYPE
   */
  after<Value>(promise: PromiseLike<Value>, action?: Action<Value, Result>): void {
    if (typeof (promise as PromiseLike<Value> | undefined)?.then !== 'function') throw invalidArgType('promise', 'an instance of Promise', promise)
    this.#begin(action)
    this.#await(promise)
  }

  /**
   * Waits for a function that costs CPU, run by a thread of the shared pool; the action gets what it returned. See `compute`.
   * @throws ERR_TRUEAIO_WORK_BUSY, ERR_TRUEAIO_WORK_ENDED, ERR_INVALID_ARG_TYPE
   */
  compute<Value = unknown>(task: Task, action?: Action<Value, Result>, options?: ComputeOptions): void {
    this.#checkFree()
    if (action !== undefined) this.setAction(action)
    const computed = compute<Value>(task, options)
    this.#begin(action)
    this.#await(computed)
  }

  /** Ends the machine. What it waits for is not cancelled: give that a signal. Ended machines stay as they are. */
  finish(result: Result): void {
    if (this.#end()) this.#resolve(result)
  }

  /** Ends the machine: `done` rejects with the error. */
  fail(error: Error): void {
    if (this.#end()) this.#reject(error)
  }

  /** For what is waited for: it has come. @internal */
  arrived(value: unknown): void {
    if (this.#state !== State.WAITING) return
    this.#state = State.READY
    this.#value = value
    runSoon(this)
  }

  /** For what is waited for: it will not come. @internal */
  failed(failure: Failure | Error): void {
    if (this.#state !== State.WAITING) return
    this.#failure = failure
    this.arrived(undefined)
  }

  /** For the run queue. @internal */
  run(): void {
    if (this.#state !== State.READY) return // it was ended meanwhile
    this.#state = State.RUNNING
    try {
      this.#context.runInAsyncScope(this.#step, this)
    } catch (error) {
      this.fail(error as Error)
      return
    }
    // What an action arranged has changed the state, which control flow analysis does not see.
    if (this.#state as State === State.RUNNING) this.finish(undefined as Result)
  }

  #step(): void {
    const value = this.#value as never
    const failure = this.#failure
    this.#value = undefined
    if (failure === undefined) {
      this.#refuseWaiting(this.#action as (value: never, work: this) => unknown, value) // no wait begins without an action
      return
    }
    this.#failure = undefined
    const error = failure instanceof Error ? failure : errorOf(failure)
    if (this.#onFailure === undefined) throw error
    this.#refuseWaiting(this.#onFailure, error)
  }

  #refuseWaiting<Value>(action: (value: Value, work: this) => unknown, value: Value): void {
    const returned = action(value, this)
    if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') return
    Promise.resolve(returned).catch((error: unknown) => this.fail(error as Error))
    throw stateError('ERR_INVALID_RETURN_VALUE', 'An action returned a promise: it must not be async, but arrange the next step (submit, lock, down, after, compute)')
  }

  #checkFree(): void {
    if (this.#state === State.ENDED) throw stateError('ERR_TRUEAIO_WORK_ENDED', 'This work has ended')
    if (this.#state === State.WAITING || this.#state === State.READY) throw stateError('ERR_TRUEAIO_WORK_BUSY', 'This work already waits for a step: arrange one step at a time')
  }

  #begin(action: Action<never, Result> | undefined): void {
    this.#checkFree()
    if (action !== undefined) this.setAction(action)
    if (this.#action === undefined) throw invalidArgType('action', 'of type function', action)
    this.#state = State.WAITING
  }

  #await(promise: PromiseLike<unknown>): void {
    promise.then((value) => this.arrived(value), (error: unknown) => this.failed(error as Error))
  }

  #end(): boolean {
    if (this.#state === State.ENDED) return false
    this.#state = State.ENDED
    this.#context.emitDestroy()
    return true
  }
}

// ① interface — acall: any system call made asynchronous. Submissions become operations (②) of a proactor (③); their ends go
// into records and rings.
import { invalidArgType, invalidArgValue } from '../operation/arguments.js'
import { call, callNumber } from '../operation/call.js'
import type { Operation } from '../operation/operation.js'
import type { ProgramOutcome } from '../operation/program.js'
import { Errno, systemError } from '../operation/system-error.js'
import { Opcode } from '../operation/opcode.js'
import { WAITS_FOR_PEER } from '../operation/waits.js'
import { Proactor, type ProactorOptions } from '../default-proactor.js'
import { ClosedError } from '../proactor/failure.js'
import { CancelReason, EntryState, type Entry } from '../proactor/in-flight.js'
import { checkOptions, type SubmitOptions } from '../proactor/options.js'
import { WaitQueue } from '../waiting/wait-queue.js'
import { CallId } from './call-id.js'
import { CallTable, type Call } from './call-table.js'
import { CallStatus } from './completion.js'
import type { CompletionRing } from './completion-ring.js'
import { ACALL_SUBMIT_NO_RING, argumentsOf, checkFields, onThread, type Submission } from './submission.js'
import { translated } from './translate.js'

/** Options of {@link Acall}. */
export interface AcallOptions extends ProactorOptions {
  /** The proactor to use, which the caller closes. Default: a new one, made with the other options. */
  readonly proactor?: Proactor
}

/** What `submit` did. */
export interface SubmitResult {
  /** Number of submissions taken, from the start of the list. */
  readonly taken: number
  /** Why the next one was not taken; undefined: all were. */
  readonly error: Error | undefined
}

/** Options of a wait. */
export interface CallWaitOptions {
  /** Milliseconds, ≥ 0. Default: none. */
  readonly timeout?: number
  /** Aborting it ends the wait with an AbortError. The calls continue. */
  readonly signal?: AbortSignal
}

/** The outcome of a cancel. */
export interface CancelReport {
  /**
   * - `cancelled`: withdrawn before it had any effect;
   * - `interrupted`: it had begun and was interrupted (a program: see `outcome` of its completion record);
   * - `completed`: it ended by itself in spite of the cancel, with `result`: all of its bytes, some of them, or its own
   *   error;
   * - `too late`: it had ended before;
   * - `abandoned`: nothing can stop it; it continues, with its memory lent, and is not reported again.
   */
  readonly outcome: 'cancelled' | 'interrupted' | 'completed' | 'too late' | 'abandoned'
  /** As in the completion; undefined when it was too late: the completion has it. */
  readonly result: number | undefined
}

const NO_OPTIONS: CallWaitOptions = {}
const OUTCOME = {
  [CallStatus.PENDING]: 'completed', [CallStatus.DONE]: 'completed', [CallStatus.CANCELLED]: 'cancelled',
  [CallStatus.INTERRUPTED]: 'interrupted', [CallStatus.ABANDONED]: 'abandoned',
} as const
const UNDECIDED = 0
const BY_OPERATION = 1
const BY_THREAD = 2

/** Any system call, asynchronous. It belongs to one thread; each worker makes its own. */
export class Acall implements AsyncDisposable {
  /** The proactor that carries out the calls. */
  readonly proactor: Proactor
  readonly #ownsProactor: boolean
  readonly #table = new CallTable()
  /** Those who wait for the end of particular calls. */
  readonly #waiters = new WaitQueue()
  readonly #rings = new Set<CompletionRing>()
  /** Rings with new entries that somebody waits for, until the batch of completions is delivered. */
  readonly #news: CompletionRing[] = []
  /** By number of a call that can be translated: whether the driver here is worth it. */
  readonly #ways: number[] = []
  readonly #threads: boolean
  /** A driver here takes some files and leaves others: the way is found out for each call. */
  readonly #looksAtFiles: boolean
  readonly #hasRing: boolean
  #announced = false
  #whenClosed: Promise<void> | undefined = undefined

  /** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_TRUEAIO_NO_DRIVER */
  constructor(options: AcallOptions = {}) {
    const { proactor, ...own } = options
    if (proactor !== undefined && !(proactor instanceof Proactor)) throw invalidArgType('options.proactor', 'an instance of Proactor', proactor)
    this.#ownsProactor = proactor === undefined
    this.proactor = proactor ?? new Proactor(own)
    this.#threads = this.#driverOf(call(0)) === 'thread-pool'
    const inUse = this.proactor.explain().filter(({ state }) => state === 'in use').map(({ name }) => name)
    this.#hasRing = inUse.includes('io-uring')
    this.#looksAtFiles = this.#hasRing || inUse.includes('linux-aio')
  }

  /** Calls submitted that have not ended. */
  get inFlight(): number {
    return this.#table.count
  }

  /**
   * Submits calls, in order, until one is refused: one that is wrong (`ERR_INVALID_ARG_…`), whose ring has no place
   * left (EAGAIN), whose completion record is another call's still (EBUSY), or that no driver here can make (ENOSYS).
   * They are submitted to the system together, at the end of the tick. A later failure is the completion's result, also
   * if the system gives no thread (EAGAIN).
   *
   * @param options of each of them; its `timeout` and `signal` cancel
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE for the list or the options themselves
   */
  submit(submissions: readonly Submission[], options?: SubmitOptions): SubmitResult {
    if (!Array.isArray(submissions)) throw invalidArgType('submissions', 'an Array', submissions)
    if (options !== undefined) checkOptions(options)
    let taken = 0
    try {
      for (; taken < submissions.length; taken++) this.#submitOne(submissions[taken] as Submission, options)
    } catch (error) {
      return { taken, error: error as Error }
    }
    return { taken, error: undefined }
  }

  #submitOne(submission: Submission, options: SubmitOptions | undefined): void {
    if (this.#whenClosed !== undefined) throw new ClosedError('acall')
    checkFields(submission)
    const operation = this.#operationOf(submission)
    const { completion, ring } = submission
    if (completion?.inUse === true) throw refusal(Errno.EBUSY, 'the completion record is still another call\'s')
    if (ring !== undefined && !ring.reserve(this)) throw refusal(Errno.EAGAIN, `all ${ring.capacity} places of the completion ring are spoken for: take entries first`)
    const begun = this.#table.add(submission.cookie ?? 0, ring, completion, submission.id)
    if (completion !== undefined) {
      completion.inUse = true
      completion.status = CallStatus.PENDING
      completion.outcome = undefined
    }
    const entry = this.proactor.submitTo(this, operation, options, begun)
    if (begun.status !== CallStatus.PENDING) return // refused there and then, and told
    begun.entry = entry
    begun.entryGeneration = entry.generation
  }

  /** For the proactor: a call has ended. @internal */
  settle(entry: Entry, result: number, value: unknown): void {
    const ended = entry.first as Call
    const outcome = result < 0 || entry.operation.detail?.program === undefined ? undefined : value as ProgramOutcome
    ended.status = statusOf(entry, result, outcome)
    ended.result = entry.problem !== undefined ? ((entry.problem as NodeJS.ErrnoException).errno ?? Errno.EFAULT)
      : outcome === undefined ? result : outcome.ended === 'bound' ? ELOOP : outcome.result
    const { completion, cookie, id, ring } = ended
    this.#table.remove(ended)
    if (completion !== undefined) {
      completion.status = ended.status
      completion.result = ended.result
      completion.cookie = cookie
      completion.outcome = outcome
      completion.inUse = false
    }
    if (ring?.put(ended.status, ended.result, cookie, outcome?.made ?? 0, id) === true && !this.#news.includes(ring)) this.#news.push(ring)
    if (!this.#announced && (this.#news.length > 0 || this.#waiters.length > 0)) {
      // Waiters are notified once a batch, so that they find all of it.
      this.#announced = true
      this.proactor.afterCompletions(this.#tell)
    }
  }

  readonly #tell = (): void => {
    this.#announced = false
    for (const ring of this.#news.splice(0)) ring.announce()
    this.#waiters.wakeAll(undefined)
  }

  /**
   * Waits until at least one of some calls has ended. Resolves to how many of them have; 0: the timeout has passed. A
   * call that had ended before counts at once.
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (an id that is not of a call submitted here, or an empty list); rejects with AbortError
   */
  wait(ids: readonly CallId[], options: CallWaitOptions = NO_OPTIONS): Promise<number> {
    const count = this.#counterOf(ids)
    const { signal, timeout } = checkWait(options)
    return this.#waiters.wait(() => (count() > 0 ? count() : undefined), { exclusive: false, timeout, signal, late: count })
  }

  /** The same, blocking this thread. Calls continue meanwhile; nothing else of this thread runs. */
  waitSync(ids: readonly CallId[], options: Omit<CallWaitOptions, 'signal'> = NO_OPTIONS): number {
    const count = this.#counterOf(ids)
    const { timeout } = checkWait(options)
    this.blockUntil(() => (count() > 0 ? 0 : 1), timeout ?? -1)
    return count()
  }

  #counterOf(ids: readonly CallId[]): () => number {
    if (!Array.isArray(ids)) throw invalidArgType('ids', 'an Array', ids)
    if (ids.length === 0) throw invalidArgValue('ids', ids, 'must name a call')
    let ended = 0
    const calls: Call[] = []
    ids.forEach((id: CallId, index) => {
      const found = this.#find(id, `ids[${String(index)}]`)
      if (found === 'ended') ended++
      else calls.push(found)
    })
    return () => calls.reduce((sum, { status }) => (status === CallStatus.PENDING ? sum : sum + 1), ended)
  }

  #find(id: CallId, name: string): Call | 'ended' {
    if (!(id instanceof CallId)) throw invalidArgType(name, 'an instance of CallId', id)
    const found = this.#table.find(id)
    if (found === 'unknown') throw invalidArgValue(name, id.toString(), 'is not the id of a call submitted here')
    if (found !== 'ended') found.watched = true
    return found
  }

  /**
   * Cancels a call: withdraws it if it has not begun, interrupts it if it has. Resolves to the outcome once the call
   * has ended, or once its thread was found to answer no signal (20 ms at least). The completion arrives as for every
   * call.
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (not the id of a call submitted here); rejects with AbortError, ETIMEDOUT
   */
  cancel(id: CallId, options: CallWaitOptions = NO_OPTIONS): Promise<CancelReport> {
    const found = this.#find(id, 'id')
    const { signal, timeout } = checkWait(options)
    if (found === 'ended') return Promise.resolve({ outcome: 'too late', result: undefined })
    if (found.entry !== undefined) this.proactor.cancelSubmitted(found.entry, found.entryGeneration)
    const report = (): CancelReport | undefined => (found.status === CallStatus.PENDING ? undefined : { outcome: OUTCOME[found.status], result: found.result })
    return this.#waiters.wait(report, {
      exclusive: false, timeout, signal,
      late: () => {
        throw systemError(Errno.ETIMEDOUT, 'acall_cancel', undefined, undefined, 'the call has not ended within the timeout')
      },
    })
  }

  /**
   * Which way a submission would go, in words: its driver, and the ring or the thread.
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
   */
  explain(submission: Submission): string {
    checkFields(submission)
    const operation = this.#translatedOf(submission)
    if (operation === undefined) return this.proactor.explain(onThread(submission))
    return `${this.proactor.explain(operation)}, as the operation for ${String(submission.nr)}`
  }

  /** Refuses further submissions, cancels what is in flight, and resolves when all of it has ended. */
  close(): Promise<void> {
    this.#whenClosed ??= this.#close()
    return this.#whenClosed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    for (const { entry, entryGeneration } of this.#table.all()) if (entry !== undefined) this.proactor.cancelSubmitted(entry, entryGeneration)
    await this.#waiters.wait(() => (this.#table.count === 0 ? true : undefined), { exclusive: false })
    for (const ring of this.#rings) ring.forget(this)
    this.#rings.clear()
    if (this.#ownsProactor) await this.proactor.close()
  }

  /** For rings. @internal */
  blockUntil(remaining: () => number, milliseconds: number): void {
    this.proactor.blockUntil(remaining, milliseconds)
  }

  /** For rings. @internal */
  joined(ring: CompletionRing): void {
    this.#rings.add(ring)
  }

  #operationOf(submission: Submission): Operation {
    const operation = this.#translatedOf(submission)
    if (operation !== undefined) return operation
    const onItsThread = onThread(submission)
    if (!this.#threads) throw refusal(Errno.ENOSYS, this.proactor.explain(onItsThread))
    return onItsThread
  }

  /** The engine's operation for a call, if the driver carries it out otherwise than by a thread that makes the call. */
  #translatedOf(submission: Submission): Operation | undefined {
    if (submission.program !== undefined || ((submission.flags ?? 0) & ACALL_SUBMIT_NO_RING) !== 0) return undefined
    const { nr } = submission
    const number = typeof nr === 'number' && (nr & 0xffff) === nr ? nr : callNumber(nr, 'submission.nr')
    const way = this.#ways[number] ?? UNDECIDED
    if (way === BY_THREAD) return undefined
    const operation = translated(number, argumentsOf(submission))
    if (operation === undefined || way === BY_OPERATION) return operation
    const found = this.#driverOf(operation) === 'thread-pool' && !this.#staysInOrder(operation) && !waitsForPeer(operation) ? BY_THREAD : BY_OPERATION
    if (!this.#looksAtFiles) this.#ways[number] = found
    return found === BY_OPERATION ? operation : undefined
  }

  #driverOf(operation: Operation): string {
    return this.proactor.driverFor(operation)
  }

  /** A ring leaves reads and writes at a file's position to the pool, which takes no thread of its own for each. */
  #staysInOrder({ opcode, offset }: Operation): boolean {
    return this.#hasRing && offset < 0 && (opcode === Opcode.READ || opcode === Opcode.WRITE)
  }
}

/** Every driver waits for the other side of a socket without a thread. */
function waitsForPeer({ opcode }: Operation): boolean {
  return WAITS_FOR_PEER[opcode] === 1
}

/** A program that was stopped by its own bound. */
const ELOOP = -40

function statusOf(entry: Entry, result: number, outcome: ProgramOutcome | undefined): CallStatus {
  if (outcome?.ended === 'cancelled') return CallStatus.INTERRUPTED
  if (entry.problem !== undefined) return CallStatus.CANCELLED
  if (entry.cancelReason === CancelReason.NONE) return CallStatus.DONE
  if (result === Errno.EINTR) return CallStatus.INTERRUPTED
  if (result !== Errno.ECANCELED) return CallStatus.DONE
  return entry.state === EntryState.ABANDONED ? CallStatus.ABANDONED : CallStatus.CANCELLED
}

function refusal(errno: number, sentence: string): Error {
  return systemError(errno, 'acall_submit', undefined, undefined, sentence)
}

function checkWait(options: CallWaitOptions): CallWaitOptions {
  const { timeout } = options
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) throw invalidArgType('timeout', 'of type number and ≥ 0', timeout)
  return options
}

// ① interface — posix-aio: the eight calls over one proactor (③). A request's way: fields checked (prepare-request.ts), its
// place on its descriptor (outstanding.ts), the proactor, and back to its end, which is notified once (request.ts).
import { invalidArgType } from '../operation/arguments.js'
import { Opcode } from '../operation/opcode.js'
import { fstatx } from '../operation/path.js'
import { Errno } from '../operation/system-error.js'
import { Proactor } from '../proactor/proactor.js'
import { AbortError } from '../waiting/abort-error.js'
import { AIO_ALLDONE, AIO_CANCELED, AIO_NOTCANCELED, EINPROGRESS, LIO_NOP, LIO_NOWAIT, LIO_READ, LIO_WAIT, LIO_WRITE, SIGEV_NONE } from './constants.js'
import { type aiocb, requestOf, type sigevent } from './control-block.js'
import { lookAt } from './descriptor-facts.js'
import { failed } from './failed.js'
import { limitsOf, type PosixAioLimits } from './limits.js'
import { contextFor, Notifier } from './notifier.js'
import { Outstanding } from './outstanding.js'
import { isDescriptorNumber, prepareNothing, prepareSync, prepareTransfer } from './prepare-request.js'
import { RequestList } from './request-list.js'
import { State, type Request } from './request.js'
import { checkEvent } from './sigevent.js'
import { oneEnded, suspend } from './suspend.js'
import { checkSignal, timeoutOf, type BlockingOptions, type WaitOptions } from './wait-options.js'

const { READ, WRITE } = Opcode
const { NONE, DONE } = State

/** A list of control blocks; null and undefined in it are skipped. */
export type BlockList = readonly (aiocb | null | undefined)[]

/** Options of {@link PosixAio}. */
export interface PosixAioOptions extends Partial<PosixAioLimits> {
  /** Carries the requests out. Closing it cancels them. */
  readonly proactor: Proactor
  /**
   * True: `aio_cancel` also asks the system to stop requests in progress (the read of a silent socket, for example),
   * which the original implementations do not. Default: false.
   */
  readonly cancelRunning?: boolean
}

/**
 * POSIX asynchronous I/O over a proactor of the caller's choice, with its own limits. The functions of this module are
 * the methods of one such object over the thread's default proactor.
 *
 * Where C returns -1 and sets errno, these throw Node's kind of error with that `code`; else they return what C returns.
 */
export class PosixAio {
  /** The limits in force. */
  readonly limits: PosixAioLimits
  readonly #proactor: Proactor
  readonly #notifier = new Notifier()
  readonly #outstanding: Outstanding

  /** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
  constructor(options: PosixAioOptions) {
    const { proactor, cancelRunning = false } = options
    if (!(proactor instanceof Proactor)) throw invalidArgType('options.proactor', 'an instance of Proactor', proactor)
    if (typeof cancelRunning !== 'boolean') throw invalidArgType('options.cancelRunning', 'of type boolean', cancelRunning)
    this.limits = limitsOf(options)
    this.#proactor = proactor
    this.#outstanding = new Outstanding(proactor, this.#notifier, cancelRunning)
  }

  /** Requests submitted and not ended. */
  get outstanding(): number {
    return this.#outstanding.count
  }

  /**
   * Queues a read of `aio_nbytes` bytes at `aio_offset` into `aio_buf`, and returns 0.
   *
   * Requests on a file that can seek run concurrently. Those on one that cannot, or that was opened with O_APPEND, run
   * one after the other, in order of submission.
   *
   * @throws EAGAIN: AIO_MAX requests are outstanding. EBADF: no descriptor number. EINVAL: `aio_offset`, `aio_nbytes`,
   * `aio_reqprio` or `aio_sigevent` out of range; the block is in use. Node's ERR_INVALID_ARG_TYPE for wrong types,
   * ERR_INVALID_STATE for a detached buffer. Nothing is queued then; `aio_error` reports all other errors.
   * @see POSIX.1-2017, aio_read
   */
  aio_read(block: aiocb): 0 {
    return this.#transfer(block, READ, 'aio_read')
  }

  /**
   * Queues a write of `aio_nbytes` bytes from `aio_buf` at `aio_offset`, with O_APPEND at the end, and returns 0.
   * Order and errors are those of `aio_read`.
   * @throws what `aio_read` throws
   * @see POSIX.1-2017, aio_write
   */
  aio_write(block: aiocb): 0 {
    return this.#transfer(block, WRITE, 'aio_write')
  }

  /**
   * Queues a sync after all requests that are outstanding on the descriptor now: it starts when they have ended.
   * Returns 0.
   * @param op `O_SYNC` or `O_DSYNC`
   * @throws EAGAIN, EBADF (no descriptor number; not open for writing), EINVAL (`op`; the block is in use)
   * @see POSIX.1-2017, aio_fsync
   */
  aio_fsync(op: number, block: aiocb): 0 {
    const request = this.#freeRequestOf(block, 'aio_fsync')
    const problem = prepareSync(request, block, op)
    if (problem !== 0) throw failed(problem, 'aio_fsync')
    const { known, writable } = lookAt(block.aio_fildes)
    if (known && !writable) throw failed(Errno.EBADF, 'aio_fsync', 'the descriptor is not open for writing')
    this.#outstanding.begin(request)
    return 0
  }

  /**
   * The error status of a request: EINPROGRESS, 0, or the errno it failed with. Positive numbers, as in `os.constants.errno`.
   * @throws EINVAL: never submitted, or its result was taken by `aio_return`
   * @see POSIX.1-2017, aio_error
   */
  aio_error(block: aiocb): number {
    const request = requestOf(block)
    if (request.state === NONE) throw failed(Errno.EINVAL, 'aio_error', 'the control block has no request')
    return request.state === DONE ? request.errno : EINPROGRESS
  }

  /**
   * The return status of a request that has ended, once: what read(2), write(2) or fsync(2) would have returned, so -1 if it
   * failed.
   * @throws EINVAL: not ended, never submitted, or taken before
   * @see POSIX.1-2017, aio_return
   */
  aio_return(block: aiocb): number {
    const request = requestOf(block)
    if (request.state !== DONE) throw failed(Errno.EINVAL, 'aio_return', request.state === NONE ? 'the control block has no result' : 'the request has not ended')
    request.state = NONE
    return request.result
  }

  /**
   * Cancels one request, or all of a descriptor. Requests that have not started end with ECANCELED at once, and are
   * notified like all others. A request in progress continues, unless `cancelRunning` was chosen: then the system is
   * asked to stop it, which may happen after this call returns.
   *
   * @returns AIO_CANCELED, AIO_NOTCANCELED (at least one is in progress) or AIO_ALLDONE
   * @throws EBADF: not an open descriptor. EINVAL: the block belongs to another descriptor
   * @see POSIX.1-2017, aio_cancel
   */
  aio_cancel(fildes: number, block?: aiocb | null): number {
    if (!isDescriptorNumber(fildes, 'fildes')) throw failed(Errno.EBADF, 'aio_cancel')
    if (block === undefined || block === null) {
      const requests = this.#outstanding.of(fildes)
      if (requests.length > 0) return this.#cancel(requests)
      this.#checkOpen(fildes)
      return AIO_ALLDONE
    }
    const request = requestOf(block)
    if (block.aio_fildes !== fildes) throw failed(Errno.EINVAL, 'aio_cancel', 'the control block is of another descriptor')
    if (!request.inProgress) return AIO_ALLDONE
    if (!this.#outstanding.has(request)) throw failed(Errno.EINVAL, 'aio_cancel', 'the request was submitted elsewhere')
    return this.#cancel([request])
  }

  /**
   * Waits until one of the requests has ended. Resolves to 0: at once if one had ended before (or was never submitted), or
   * if there is none.
   * @throws (rejects) EAGAIN: the timeout has passed. AbortError
   * @see POSIX.1-2017, aio_suspend
   */
  async aio_suspend(list: BlockList, options: WaitOptions = {}): Promise<0> {
    checkSignal(options)
    return suspend(requestsOf(list), timeoutOf(options), options.signal, () => this.#proactor.tellCompletions())
  }

  /**
   * The same, blocking this thread: no callback and no promise runs meanwhile, so nothing interrupts it.
   * @throws EAGAIN: the timeout has passed. EINVAL: there is no timeout, and none of the requests belongs to this
   * object
   */
  aio_suspendSync(list: BlockList, options: BlockingOptions = {}): 0 {
    const requests = requestsOf(list)
    const timeout = timeoutOf(options)
    if (requests.length === 0) return 0
    if (timeout === 0) this.#proactor.tellCompletions()
    else this.#proactor.blockUntil(() => (oneEnded(requests) ? 0 : 1), timeout ?? -1)
    if (oneEnded(requests)) return 0
    if (timeout === undefined) throw failed(Errno.EINVAL, 'aio_suspend', 'none of the requests belongs to this object, so nothing could end the wait')
    throw failed(Errno.EAGAIN, 'aio_suspend', 'none of the requests ended within the timeout')
  }

  /**
   * Queues the reads and writes of a list, each as `aio_lio_opcode` says. An error of one of them (its descriptor, its
   * opcode, …) is reported by its own `aio_error`.
   *
   * `LIO_NOWAIT` returns 0 once all are queued, and `sig` is notified when all have ended. `LIO_WAIT` ignores `sig` and resolves to 0
   * when all have ended; a timeout or an abort ends the wait, not the requests.
   *
   * @throws EINVAL: mode, more than AIO_LISTIO_MAX entries, a block that is in use or twice in the list, `sig`; nothing is queued
   * then. EAGAIN: not all were queued; those have this error status. With `LIO_WAIT` (rejects): EAGAIN and EIO (one has
   * failed) once all have ended, ETIMEDOUT, AbortError
   * @see POSIX.1-2017, lio_listio
   */
  lio_listio(mode: typeof LIO_WAIT, list: BlockList, sig?: sigevent | null, options?: WaitOptions): Promise<0>
  lio_listio(mode: typeof LIO_NOWAIT, list: BlockList, sig?: sigevent | null): 0
  lio_listio(mode: typeof LIO_WAIT | typeof LIO_NOWAIT, list: BlockList, sig?: sigevent | null, options: WaitOptions = {}): Promise<0> | 0 {
    if (mode === LIO_WAIT) {
      checkSignal(options)
      return this.#whenListEnded(list, timeoutOf(options), options.signal)
    }
    if ((mode as number) !== LIO_NOWAIT) throw failed(Errno.EINVAL, 'lio_listio', `${String(mode)} is not a mode: expected LIO_WAIT or LIO_NOWAIT`)
    const event = sig ?? undefined
    if (event !== undefined && checkEvent(event, 'sig') !== 0) throw failed(Errno.EINVAL, 'lio_listio', 'no such notification')
    const { refused } = this.#queue(list, event?.sigev_notify === SIGEV_NONE ? undefined : event)
    if (refused) throw failed(Errno.EAGAIN, 'lio_listio', 'some requests were not queued')
    return 0
  }

  /** As `lio_listio` with `LIO_WAIT`, blocking this thread. @throws as there, and ETIMEDOUT */
  lio_listioSync(list: BlockList, options: BlockingOptions = {}): 0 {
    const timeout = timeoutOf(options)
    const queued = this.#queue(list, undefined)
    // While some wait for their turn, each completion counts: it may be what they wait for.
    this.#proactor.blockUntil(() => (this.#outstanding.held > 0 ? Math.min(1, queued.remaining) : queued.remaining), timeout ?? -1)
    return outcomeOf(queued)
  }

  #transfer(block: aiocb, opcode: typeof READ | typeof WRITE, syscall: string): 0 {
    const request = this.#freeRequestOf(block, syscall)
    const problem = prepareTransfer(request, block, opcode, this.limits.AIO_PRIO_DELTA_MAX)
    if (problem !== 0) throw failed(problem, syscall)
    this.#outstanding.begin(request)
    return 0
  }

  /** The request of a block that may be submitted now, outside of any list. */
  #freeRequestOf(block: aiocb, syscall: string): Request {
    const request = requestOf(block)
    if (request.inProgress) throw failed(Errno.EINVAL, syscall, 'the control block is in use')
    if (this.#outstanding.count >= this.limits.AIO_MAX) throw failed(Errno.EAGAIN, syscall, `${String(this.limits.AIO_MAX)} requests are outstanding`)
    request.list = undefined
    return request
  }

  async #whenListEnded(list: BlockList, timeout: number | undefined, signal: AbortSignal | undefined): Promise<0> {
    if (signal?.aborted === true) throw new AbortError(signal.reason)
    const queued = this.#queue(list, undefined)
    await queued.ended.wait(() => (queued.remaining === 0 ? queued : undefined), {
      timeout, signal,
      late: () => {
        this.#proactor.tellCompletions()
        return queued
      },
    })
    return outcomeOf(queued)
  }

  /** Queues what can be queued of a list. Whatever forbids the whole of it is thrown before anything is. */
  #queue(list: BlockList, event: sigevent | undefined): RequestList {
    if (!Array.isArray(list)) throw invalidArgType('list', 'an instance of Array', list)
    if (list.length > this.limits.AIO_LISTIO_MAX) throw failed(Errno.EINVAL, 'lio_listio', `more than ${String(this.limits.AIO_LISTIO_MAX)} entries`)
    const queued = new RequestList(this.#notifier, event, contextFor(event))
    const requests: Request[] = []
    const problems: number[] = []
    for (const block of list as BlockList) {
      if (block === null || block === undefined) continue
      const request = requestOf(block)
      if (block.aio_lio_opcode === LIO_NOP) continue
      if (request.inProgress || request.list === queued) throw failed(Errno.EINVAL, 'lio_listio', 'a control block is in use')
      request.list = queued
      problems.push(this.#prepareEntry(request, block))
      requests.push(request)
    }
    queued.remaining += requests.length
    for (let index = 0; index < requests.length; index++) {
      const request = requests[index] as Request // below length
      const problem = problems[index] as number
      if (problem !== 0) this.#outstanding.refuse(request, problem)
      else if (this.#outstanding.count >= this.limits.AIO_MAX) {
        queued.refused = true
        request.notice = undefined // it was never queued: its end is not notified
        this.#outstanding.refuse(request, Errno.EAGAIN)
      } else this.#outstanding.begin(request)
    }
    queued.oneEnded()
    return queued
  }

  #prepareEntry(request: Request, block: aiocb): number {
    const { aio_lio_opcode: opcode } = block
    if (opcode !== LIO_READ && opcode !== LIO_WRITE) return prepareNothing(request, block)
    return prepareTransfer(request, block, opcode === LIO_READ ? READ : WRITE, this.limits.AIO_PRIO_DELTA_MAX)
  }

  #cancel(requests: readonly Request[]): number {
    const cancelled = this.#outstanding.cancel(requests)
    if (requests.some((request) => request.inProgress)) return AIO_NOTCANCELED
    return cancelled > 0 ? AIO_CANCELED : AIO_ALLDONE
  }

  /** A driver may have descriptors that are not this process's own: it has the last word. @throws EBADF */
  #checkOpen(fd: number): void {
    if (lookAt(fd).known) return
    const [status] = this.#proactor.runSync([fstatx(fd)])
    if (status.status === 'rejected' && (status.reason as { errno?: number }).errno === Errno.EBADF) throw failed(Errno.EBADF, 'aio_cancel')
  }
}

function requestsOf(list: BlockList): Request[] {
  if (!Array.isArray(list)) throw invalidArgType('list', 'an instance of Array', list)
  const requests: Request[] = []
  for (const block of list as BlockList) if (block !== null && block !== undefined) requests.push(requestOf(block))
  return requests
}

/** 0, or how a list came out. @throws ETIMEDOUT, EAGAIN, EIO */
function outcomeOf({ remaining, refused, failed: oneFailed }: RequestList): 0 {
  if (remaining > 0) throw failed(Errno.ETIMEDOUT, 'lio_listio', 'not all requests ended within the timeout')
  if (refused) throw failed(Errno.EAGAIN, 'lio_listio', 'some requests were not queued')
  if (oneFailed) throw failed(Errno.EIO, 'lio_listio', 'a request failed')
  return 0
}

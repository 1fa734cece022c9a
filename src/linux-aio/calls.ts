// ① interface — Linux AIO: the calls, under the kernel's names and with its errors.
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { Errno, systemError } from '../operation/system-error.js'
import { defaultProactor } from '../default-proactor.js'
import { Proactor } from '../proactor/proactor.js'
import { AbortError } from '../waiting/abort-error.js'
import { AioContext } from './context.js'
import type { Iocb, IoEvent } from './iocb.js'

const INT32_MAX = 0x7fffffff

/** Options of {@link io_setup}. */
export interface SetupOptions {
  /** The proactor whose drivers carry out the requests. Default: `defaultProactor()`. */
  readonly proactor?: Proactor
  /**
   * Whether `io_submit` checks descriptors, so that a bad one is refused there, as by the kernel. False: the engine
   * reports it in the event, and IOCB_FLAG_RESFD is EINVAL. Use that for descriptors that are not this process's own
   * (the simulated driver). Default: true.
   */
  readonly checkDescriptors?: boolean
}

/**
 * Makes a context for `nr_events` requests in flight and events not taken. The kernel makes room for more than that;
 * here it is exact. A context belongs to the thread that made it, and holds no resource of the system. An unreachable
 * context is collected once nothing of it is in flight, but counts against AIO_MAX_NR until destroyed.
 *
 * @param nr_events 1 to 65536
 * @throws EINVAL (0 or negative), EAGAIN (more than is left of AIO_MAX_NR), ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE (no 32-bit integer)
 * @see io_setup(2)
 */
export function io_setup<Data = unknown>(nr_events: number, options: SetupOptions = {}): AioContext<Data> {
  if (checkInteger(nr_events, 'nr_events', -INT32_MAX - 1, INT32_MAX) <= 0) throw systemError(Errno.EINVAL, 'io_setup')
  const { proactor = defaultProactor(), checkDescriptors = true } = options
  if (!(proactor instanceof Proactor)) throw invalidArgType('options.proactor', 'an instance of Proactor', proactor)
  return new AioContext<Data>(nr_events, proactor, checkDescriptors)
}

/** The context, if it is one and still there. @throws EINVAL */
function live<Data>(context: AioContext<Data>, call: string): AioContext<Data> {
  if (!(context instanceof AioContext) || context.destroyed) throw systemError(Errno.EINVAL, call)
  return context
}

/**
 * Submits requests, in order, up to the first that is refused. All requests of one tick, in any number of calls, go to
 * the system together at its end.
 *
 * @returns how many were taken; `context.refused` says why the next one was not. Correct it or leave it out before
 * submitting the rest again
 * @throws the error of the first, when that one is refused: EINVAL (no such command, offset below 0, arguments where there must be
 * none, no live context), EBADF (no such descriptor, or not open for this), EFAULT (no control block, no view, or more bytes than
 * it has), EAGAIN (the context is full: take events and come again), ENOTSUP (unknown RWF flag); ERR_INVALID_ARG_TYPE
 * @see io_submit(2)
 */
export function io_submit<Data>(context: AioContext<Data>, iocbs: readonly Iocb<Data>[]): number {
  live(context, 'io_submit')
  if (!Array.isArray(iocbs)) throw invalidArgType('iocbs', 'an Iocb[]', iocbs)
  return context.submit(iocbs as readonly Iocb<Data>[])
}

/** Checks the numbers of a wait. @throws EINVAL, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
function checkNumbers(call: string, min: number, most: number, timeout: number | null | undefined): void {
  checkInteger(min, 'min_nr', -INT32_MAX - 1, INT32_MAX)
  checkInteger(most, 'nr', -INT32_MAX - 1, INT32_MAX)
  if (timeout !== undefined && timeout !== null && !(typeof timeout === 'number' && timeout >= 0)) throw invalidArgType('timeout', 'of type number and ≥ 0', timeout)
  if (min < 0 || min > most) throw systemError(Errno.EINVAL, call)
}

/**
 * Waits until there are `min_nr` events, and takes at most `nr`. On the timeout it resolves to those there are, perhaps
 * none. Several callers may wait at once; each is served once there are enough events for it.
 *
 * @param min_nr 0: take the events there are
 * @param timeout milliseconds, ≥ 0. Default: none
 * @throws (rejects) EINVAL (negative numbers, `min_nr` above `nr`, no live context, or destroyed while waiting)
 * @see io_getevents(2)
 */
export async function io_getevents<Data>(context: AioContext<Data>, min_nr: number, nr: number, timeout?: number | null): Promise<IoEvent<Data>[]> {
  return waitForEvents(live(context, 'io_getevents'), 'io_getevents', min_nr, nr, timeout, undefined)
}

/**
 * The same, ended by a signal. JavaScript has no signal masks, so an AbortSignal takes the place of the mask.
 *
 * @throws (rejects) as io_getevents; EINTR, its `cause` the signal's reason, when the signal came before any event was taken
 * @see io_pgetevents(2)
 */
export async function io_pgetevents<Data>(
  context: AioContext<Data>, min_nr: number, nr: number, timeout?: number | null, signal?: AbortSignal,
): Promise<IoEvent<Data>[]> {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
  return waitForEvents(live(context, 'io_pgetevents'), 'io_pgetevents', min_nr, nr, timeout, signal)
}

async function waitForEvents<Data>(
  context: AioContext<Data>, call: string, min: number, most: number, timeout: number | null | undefined, signal: AbortSignal | undefined,
): Promise<IoEvent<Data>[]> {
  checkNumbers(call, min, most, timeout)
  let taken = most === 0 ? [] : context.take(most)
  if (taken.length >= min) return taken
  const takeMore = (): void => {
    const more = context.take(most - taken.length)
    taken = taken.length === 0 ? more : taken.concat(more)
  }
  try {
    // What it has taken it keeps while it waits for more, so that it can wait for more than the context holds.
    return await context.waiters.wait<IoEvent<Data>[]>(() => {
      takeMore()
      if (taken.length >= min) return taken
      if (!context.destroyed) return undefined
      if (taken.length === 0) throw systemError(Errno.EINVAL, call)
      return taken
    }, {
      signal,
      timeout: timeout ?? undefined,
      late: () => {
        // After a busy turn of the loop this runs before completions that are already there are delivered.
        context.proactor.tellCompletions()
        takeMore()
        return taken
      },
    })
  } catch (error) {
    if (!(error instanceof AbortError)) throw error
    if (taken.length > 0) return taken
    throw Object.assign(systemError(Errno.EINTR, call), { cause: error.cause })
  }
}

/**
 * The same, blocking this thread; nothing else of it runs meanwhile. It returns fewer when nothing in flight could
 * still produce an event, where the kernel would wait for ever.
 *
 * @throws as io_getevents
 */
export function io_getevents_sync<Data>(context: AioContext<Data>, min_nr: number, nr: number, timeout?: number | null): IoEvent<Data>[] {
  live(context, 'io_getevents')
  checkNumbers('io_getevents', min_nr, nr, timeout)
  context.proactor.blockUntil(() => Math.min(min_nr - context.ready, context.inFlight), timeout ?? -1)
  return nr === 0 ? [] : context.take(nr)
}

/**
 * Waits for the event of one request: the one that `io_submit` numbered `key` (`iocb.aio_key`). During this wait, no
 * `io_getevents` takes the event. Benjamin LaHaise's first design had this as __io_wait(ctx, index, key, timeout).
 *
 * @param timeout milliseconds, ≥ 0. Default: none
 * @returns undefined on the timeout
 * @throws (rejects) EINVAL (no such request in flight, nor its event there; no live context, or destroyed while waiting)
 */
export async function io_wait<Data>(context: AioContext<Data>, key: number, timeout?: number | null): Promise<IoEvent<Data> | undefined> {
  live(context, 'io_wait')
  checkInteger(key, 'key', 0, 0xffffffff)
  checkNumbers('io_wait', 0, 0, timeout)
  const there = context.takeKey(key)
  if (there !== undefined) return there
  const claim = context.claim(key)
  if (claim === undefined) throw systemError(Errno.EINVAL, 'io_wait')
  const event = await claim.wait<IoEvent<Data> | 'late'>((told) => {
    if (context.destroyed) throw systemError(Errno.EINVAL, 'io_wait')
    return told
  }, { timeout: timeout ?? undefined, late: () => 'late' })
  if (event !== 'late') return event
  context.unclaim(key)
  return undefined
}

/**
 * Cancels a request. Polls can be cancelled, and so can transfers on pipes, sockets and terminals, for which the kernel
 * would have waited inside `io_submit`. Transfers of files, and syncs, cannot: they end by themselves.
 *
 * @returns -EINPROGRESS, as the kernel does since 4.18. The event arrives like all others: for a poll with `res` 0, for
 * a transfer with -ECANCELED, or with its result if that was faster
 * @throws EINVAL (not in flight, asked for already, or nothing that can be stopped; no live context), EFAULT (no control block, whatever the context is)
 * @see io_cancel(2)
 */
export function io_cancel<Data>(context: AioContext<Data>, iocb: Iocb<Data>): number {
  // In the kernel's order: it reads the control block before it looks for the context.
  if (typeof (iocb as unknown) !== 'object' || (iocb as unknown) === null) throw systemError(Errno.EFAULT, 'io_cancel')
  live(context, 'io_cancel')
  const answer = context.cancel(iocb)
  if (answer !== Errno.EINPROGRESS) throw systemError(answer, 'io_cancel')
  return answer
}

/**
 * Ends a context. From now on it refuses calls, pending waits for its events get EINVAL, and events not taken are
 * dropped. Resolves when none of its requests holds memory: what `io_cancel` could stop has been stopped, and the rest
 * has ended.
 *
 * @throws (rejects) EINVAL (no live context)
 * @see io_destroy(2)
 */
export async function io_destroy<Data>(context: AioContext<Data>): Promise<void> {
  await live(context, 'io_destroy').destroy()
}

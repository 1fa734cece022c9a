// ① interface — one transfer as its user holds it: a promise of its result, and ways to watch it, to wait for it elsewhere and to ask how it is done.
import { lasting } from '../lasting.js'
import { EventQueue } from '../event-queue/event-queue.js'
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { call } from '../operation/call.js'
import { write } from '../operation/file.js'
import { Errno, systemError } from '../operation/system-error.js'
import type { Proactor } from '../proactor/proactor.js'
import { timerAfter } from '../waiting/heed.js'
import { onAbort } from '../waiting/on-abort.js'
import { TransferAbortError, TransferError } from './errors.js'
import type { CheckedTransferOptions } from './options.js'
import { progressOf, type Progress, type ProgressOptions } from './progress.js'
import type { Running } from './running.js'

/** The result of a transfer. */
export interface TransferResult {
  /** Bytes of the source that were moved. */
  readonly bytes: number
  /** Bytes that were written, without holes and without bytes that existed before a resume. */
  readonly written: number
  /** Bytes that an earlier transfer had already written, if this one resumed it. */
  readonly resumed: number
  /** Synced bytes of a resumed target that had changed since. They were written again. */
  readonly changed: number
  /** Results of hashes and checksums on the way, by the name of the algorithm. */
  readonly digests: Readonly<Record<string, Buffer>>
  /** The devices that did it, first to last. */
  readonly devices: readonly string[]
  /** How long it took. */
  readonly milliseconds: number
}

/** Within 10 ms an aborted transfer settles, even if its end is not quite cleaned up: `closed` tells when it is. */
const CLEAN_MILLISECONDS_MAX = 5

/** Options of `Transfer.submitTo`. */
export interface SubmitToOptions {
  /** Each step is a separate event. Default: false. */
  readonly steps?: boolean | undefined
}

/** The `result` of an event in an event queue. */
export type TransferEvent =
  | { readonly kind: 'end', readonly transfer: Transfer, readonly result: TransferResult | undefined, readonly error: Error | undefined }
  /** 'open source …', 'open target …', 'move …', 'finish …', in the order in which they began. */
  | { readonly kind: 'steps', readonly transfer: Transfer, readonly steps: readonly string[] }

const EFD_CLOEXEC = 0o2000000
const EFD_NONBLOCK = 0o4000

/** Returned by `transfer`. Await it for the result. */
export class Transfer implements PromiseLike<TransferResult> {
  readonly #running: Running
  readonly #io: Proactor
  readonly #promise: Promise<TransferResult>
  /** Resolves when nothing of it is left: no descriptor, no partial file, no memory lent. It does not reject. */
  readonly closed: Promise<void>

  /** Use `transfer`. @param body moves everything, and cleans up behind itself @internal */
  constructor(options: CheckedTransferOptions, running: Running, body: (running: Running) => Promise<void>) {
    this.#running = running
    this.#io = options.io
    const { signal, timeout } = options
    const stopListening = signal === undefined ? undefined : onAbortOrNow(signal, () => running.fail(new TransferAbortError(signal.reason)))
    const timer = timerAfter(timeout, () => running.fail(systemError(Errno.ETIMEDOUT, 'transfer', undefined, undefined, 'the transfer did not end within its timeout')))
    // What the caller does with it in this piece of JavaScript comes first.
    const work = Promise.resolve().then(() => body(running))
    this.closed = work.then(() => undefined, () => undefined)
    this.#promise = new Promise<TransferResult>((resolve, reject) => {
      const end = (settle: () => void): void => {
        if (running.ended !== undefined) return
        running.ended = performance.now()
        clearTimeout(timer)
        stopListening?.()
        settle()
        running.end()
      }
      const fail = (error: unknown): void => end(() => reject(withBytes(error, running.bytes)))
      work.then(() => end(() => resolve(resultOf(running))), (error: unknown) => fail(running.signal.aborted ? running.signal.reason : error))
      running.signal.addEventListener('abort', () => {
        const { reason } = running.signal as { readonly reason: unknown }
        if (reason instanceof TransferError) return // one of its own steps: it is cleaning up
        setTimeout(() => fail(reason), CLEAN_MILLISECONDS_MAX)
      }, { once: true })
    })
  }

  then<Result = TransferResult, Other = never>(
    onResult?: ((result: TransferResult) => Result | PromiseLike<Result>) | null, onError?: ((error: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Result | Other> {
    return this.#promise.then(onResult, onError)
  }

  /** As of a promise. */
  catch<Other = never>(onError?: ((error: unknown) => Other | PromiseLike<Other>) | null): Promise<TransferResult | Other> {
    return this.#promise.catch(onError)
  }

  /** As of a promise. */
  finally(onEnd?: (() => void) | null): Promise<TransferResult> {
    return this.#promise.finally(onEnd)
  }

  /** Bytes of the source that have reached the target. */
  get bytes(): number {
    return this.#running.bytes
  }

  /** Bytes of the source in all; undefined: not known, or not yet. */
  get total(): number | undefined {
    return this.#running.total
  }

  /**
   * Yields the progress at an interval, and once more when it has ended. It costs nothing if it is not used.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  progress({ every = 1000 }: ProgressOptions = {}): AsyncGenerator<Progress, void, undefined> {
    return progressOf(this.#running, checkInteger(every, 'every', 1, 0x7fffffff))
  }

  /**
   * Reports its end to an event queue: an event of the kind `user` with the cookie, whose `result` is a
   * `TransferEvent`. With `steps`, each step is reported as it begins. The end is also reported if the transfer has
   * ended before. From then on a failure is reported to the queue, and is not an unhandled rejection.
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE
   */
  submitTo<Cookie>(queue: EventQueue<Cookie>, cookie: Cookie, { steps = false }: SubmitToOptions = {}): this {
    if (!(queue instanceof EventQueue)) throw invalidArgType('queue', 'an instance of EventQueue', queue)
    const source = queue.user(cookie, { once: true })
    if (steps) {
      const unread: string[] = []
      this.#running.onStep = (step) => {
        unread.push(step)
        // A full queue gets it with the next step, or at the end: nothing is lost.
        if (postedTo(queue, cookie, { kind: 'steps', transfer: this, steps: [...unread] })) unread.length = 0
      }
    }
    this.#promise.then(
      (result) => void source.trigger({ kind: 'end', transfer: this, result, error: undefined } satisfies TransferEvent),
      (error: unknown) => void source.trigger({ kind: 'end', transfer: this, result: undefined, error: error as Error } satisfies TransferEvent),
    )
    return this
  }

  /**
   * Resolves to a descriptor that becomes readable when the transfer has ended, for `poll`, an event queue's `watch`,
   * `trueaio/acall` and everything else that waits for descriptors. The caller closes it.
   * @throws (rejects) EMFILE …, ENOTSUP: no driver here makes system calls
   * @see eventfd(2)
   */
  async descriptor(): Promise<number> {
    const fd = await this.#io.submit(call('eventfd2', 0, EFD_CLOEXEC | EFD_NONBLOCK))
    const one = new BigUint64Array([1n])
    // Whoever has closed it before wants to know nothing more.
    const tell = (): void => void lasting(this.#io).submit(write(fd, one)).catch(() => undefined)
    this.#promise.then(tell, tell)
    return fd
  }

  /**
   * Says how it is done: the ends, what reads, the stages, what writes, and why nothing else was chosen. More is known
   * once it runs.
   */
  explain(): string {
    const { plan, choice, devices } = this.#running
    const lines = [...plan]
    if (choice.name !== '') lines.push(`moved by ${choice.name}`)
    if (devices.length > 0) lines.push(`devices: ${devices.join(', ')}`)
    for (const { name, whyNot } of choice.others) lines.push(`not ${name}: ${whyNot}`)
    return lines.join('\n')
  }
}

/** False: the queue is full. */
function postedTo<Cookie>(queue: EventQueue<Cookie>, cookie: Cookie, event: TransferEvent): boolean {
  try {
    queue.post(cookie, event)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_TRUEAIO_QUEUE_FULL' && code !== 'ERR_TRUEAIO_CLOSED') throw error
    return false
  }
}

function onAbortOrNow(signal: AbortSignal, abort: () => void): (() => void) | undefined {
  if (!signal.aborted) return onAbort(signal, abort)
  abort()
  return undefined
}

function resultOf({ bytes, written, resumed, changed, digests, devices, choice, began, ended }: Running): TransferResult {
  return { bytes, written, resumed, changed, digests, devices: choice.name === '' ? devices : [choice.name, ...devices], milliseconds: (ended ?? began) - began }
}

function withBytes(error: unknown, bytes: number): Error {
  return Object.assign(error instanceof Error ? error : new Error(String(error)), { bytes })
}

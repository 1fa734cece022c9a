// ① interface — the event queue as its users see it: sources of every kind and operations of any kind on one side, their
// events on the other. The engine's completion queue (③) is what holds them and what one waits on; sources add theirs.
import { checkPath, invalidArgType, invalidArgValue, type PathArgument } from '../operation/arguments.js'
import type { BufferGroup } from '../operation/buffer-group.js'
import type { FileReference, Operation } from '../operation/operation.js'
import type { WaitOptions as ChildOptions } from '../operation/timer.js'
import { defaultProactor } from '../default-proactor.js'
import { CompletionQueue, type WaitOptions } from '../proactor/completion-queue.js'
import { ClosedError } from '../proactor/failure.js'
import type { SubmitOptions } from '../proactor/options.js'
import { Proactor } from '../proactor/proactor.js'
import { ChildSource } from './child-source.js'
import { Inotify } from './inotify.js'
import { checkMask, PathSource, type PathOptions } from './path-source.js'
import { ProcessSource } from './process-source.js'
import { ReadinessSource, type ReadinessOptions } from './readiness-source.js'
import { SignalListeners, SignalSource } from './signal-source.js'
import { AcceptSource, ReceiveSource } from './socket-sources.js'
import type { SourceOptions } from './source.js'
import { SourceEvent } from './source.js'
import type { QueueEvent } from './source-event.js'
import { SourceHost } from './source-host.js'
import { Timers } from './timers.js'
import { TimerSource, type Clocks, type TimerSourceOptions } from './timer-source.js'
import { UserSource } from './user-source.js'

/** Options of {@link EventQueue}. */
export interface EventQueueOptions {
  /**
   * Carries out the operations, and waits for descriptors, timers, children and changes. Default: `defaultProactor()`.
   */
  readonly proactor?: Proactor | undefined
  /**
   * The most operations in flight and their unread events together; further ones wait. Also the most values posted and
   * unread. Sources do not count: each has one unread event at most. 1 to 2^20. Default: 4096.
   */
  readonly capacity?: number | undefined
}

/** A source's events, as the completion queue holds them. */
type OfSources<Cookie> = Exclude<QueueEvent<Cookie>, { readonly kind: 'operation' }>

const ONE: WaitOptions = { min: 1, max: 1 }

/**
 * One queue for everything a program waits for. Sources and operations have a cookie; events return it.
 *
 * Events are taken in the order in which they first happened. What happens to a source whose event is unread is added
 * to that event. Sources that wait in the system, and operations, keep the process alive; user sources and signals do
 * not.
 *
 * @example
 * const queue = new EventQueue<string>()
 * queue.timer(1000, 'tick', { repeat: 1000 })
 * queue.submit(open('package.json'), 'opened')
 * for await (const event of queue) {
 *   if (event.cookie === 'opened') console.log(event.kind, event.result)
 *   if (event.kind === 'timer') await queue.close()
 * }
 *
 * @see kqueue(2) of the BSDs, epoll(7), and kevent as proposed for Linux; docs/systems/event-queue.md maps their names
 */
export class EventQueue<Cookie = unknown> implements AsyncDisposable {
  readonly #queue: CompletionQueue<Cookie, OfSources<Cookie>>
  readonly #host: SourceHost
  readonly #clocks: Clocks
  readonly #inotify: Inotify
  readonly #signals = new SignalListeners()
  readonly #posting: { eventTaken(): void }
  #posted = 0
  #whenClosed: Promise<void> | undefined = undefined

  /** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
  constructor(options: EventQueueOptions = {}) {
    const { capacity, proactor = defaultProactor() } = options
    if (!(proactor instanceof Proactor)) throw invalidArgType('options.proactor', 'an instance of Proactor', proactor)
    this.#queue = new CompletionQueue<Cookie, OfSources<Cookie>>(proactor, capacity === undefined ? {} : { capacity })
    this.#host = new SourceHost(proactor, this.#queue)
    this.#clocks = { monotonic: new Timers(this.#host, false), wall: new Timers(this.#host, true) }
    this.#inotify = new Inotify(this.#host)
    this.#posting = {
      eventTaken: () => {
        this.#posted--
      },
    }
  }

  /** Operations in flight and their unread events together, at most. */
  get capacity(): number {
    return this.#queue.capacity
  }

  /** Operations submitted and not completed, including those that wait for capacity. */
  get inFlight(): number {
    return this.#queue.inFlight
  }

  /** Events that can be taken now. */
  get ready(): number {
    return this.#queue.ready
  }

  /** Sources that can have further events, including disabled ones. */
  get sources(): number {
    return this.#host.count
  }

  /**
   * Submits an operation of any kind. Its completion is an event of the kind `operation`, with what the operation
   * resolves to as `result`, or with `error`. Beyond the capacity it waits until events are taken.
   * @param options as for `Proactor.submit`: `signal`, `timeout`, …; a cancelled operation's event has the reason
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_VALUE (a multishot operation: use `watch`, or `timer` with `repeat`, whose
   * unread events are one), ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  submit(operation: Operation, cookie: Cookie, options?: SubmitOptions): void {
    if ((operation as Operation | undefined)?.detail?.multishot === true) {
      throw invalidArgValue('operation', operation, 'must not be multishot, as its results would pile up; use watch(), or timer() with repeat')
    }
    this.#queue.submit(operation, cookie, options)
  }

  /**
   * Waits for a descriptor to be ready. Its events are of the kind `readiness`.
   *
   * Remove the source before the descriptor is closed: the system keeps watching the file behind it.
   *
   * @param events `PollEvent` ored, 0 to 65535. POLLERR and POLLHUP are always reported.
   * @param options `once`: one event. `level`: each wait checks. Default: once if it is ready at the beginning, and
   * each time it becomes ready
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. A descriptor that
   * cannot be watched produces an event with `error`: EBADF, ENOTSUP
   * @see poll(2), kqueue(2) EVFILT_READ and EVFILT_WRITE
   */
  watch(file: FileReference, events: number, cookie: Cookie, options: ReadinessOptions = {}): ReadinessSource<Cookie> {
    this.#checkOpen()
    return new ReadinessSource(this.#host, file, events, cookie, options)
  }

  /**
   * Accepts connections of a listening socket. Its events are of the kind `accept`, each with one descriptor, which
   * belongs to the taker of the event. The next connection is accepted when the event was taken; until then others wait
   * in the backlog. Without free descriptors (EMFILE) it waits for some.
   * @param options `once`: one connection
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. A socket that cannot accept produces an event
   * with `error`: EBADF, EINVAL, ENOTSOCK
   * @see accept4(2)
   */
  accept(file: FileReference, cookie: Cookie, options: SourceOptions = {}): AcceptSource<Cookie> {
    this.#checkOpen()
    return new AcceptSource(this.#host, file, cookie, options)
  }

  /**
   * Receives from a socket into buffers of a group (`Proactor.bufferGroup`, of this queue's proactor). Its events are of the kind `receive`, each
   * with a piece to be released; the last one, at the peer's end, is empty and has `more` false. The next is received when an event was taken.
   * @param options `once`: one piece
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. An error of recv(2) is an event with `error`
   * @see recv(2)
   */
  receive(file: FileReference, group: BufferGroup, cookie: Cookie, options: SourceOptions = {}): ReceiveSource<Cookie> {
    this.#checkOpen()
    return new ReceiveSource(this.#host, file, group, cookie, options)
  }

  /**
   * A timer. Its events are of the kind `timer`; `count` is how often it expired, including missed periods. All timers
   * of a queue share one timer of the system. It is never early; the system and the loop decide how late it is.
   * @param time milliseconds from now, fractions count; or an instant. 0 to 2^53 - 1
   * @param options `repeat`: milliseconds between expiries. `absolute`: `time` is milliseconds since the epoch
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   * @see kqueue(2) EVFILT_TIMER, timerfd_create(2)
   */
  timer(time: number, cookie: Cookie, options: TimerSourceOptions = {}): TimerSource<Cookie> {
    this.#checkOpen()
    return new TimerSource(this.#host, this.#clocks, time, cookie, options)
  }

  /**
   * Waits for the end of a child process, once. Its event is of the kind `child`.
   *
   * Children that Node has started Node also reaps, as soon as its loop turns: the event may then have the error ECHILD
   * in place of the status. Under `getEventsSync` the loop does not turn, and the status is always there.
   *
   * @param id of the process, or what `options.idType` says
   * @param options as for `waitChild`
   * @throws ERR_TRUEAIO_CLOSED, ERR_TRUEAIO_TOO_MANY_SOURCES, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. If there is no
   * such child, the event has the error ECHILD
   * @see waitid(2), kqueue(2) EVFILT_PROC
   */
  child(id: number, cookie: Cookie, options: ChildOptions = {}): ChildSource<Cookie> {
    this.#checkOpen()
    return new ChildSource(this.#host, id, cookie, options)
  }

  /**
   * Waits for the end of any process, once; it need not be a child. Its event is of the kind `process`. Only the parent
   * can learn how a process ended: use `child` for that.
   *
   * @param id of the process
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. If there is no
   * such process, the event has the error ESRCH; other errors are EINVAL (a thread's id), EMFILE, ENOSYS (before Linux
   * 5.3)
   * @see pidfd_open(2), kqueue(2) EVFILT_PROC
   */
  process(id: number, cookie: Cookie): ProcessSource<Cookie> {
    this.#checkOpen()
    return new ProcessSource(this.#host, id, cookie)
  }

  /**
   * Watches a file, or what a directory holds (not what is below that). Its events are of the kind `change`; the last
   * one of a file that is gone has `more` false and IN_IGNORED among its changes. It reports the changes after the
   * promise has resolved, and some before. An unread event holds up to 4096 changes. Beyond that, or beyond the
   * system's bound (`fs.inotify.max_queued_events`), one change with IN_Q_OVERFLOW stands for the rest.
   * @param path text, bytes or a file: URL
   * @throws (rejects) ENOENT, EACCES, ENOSPC (`fs.inotify.max_user_watches`), EMFILE (`fs.inotify.max_user_instances`), ENOTDIR,
   * ENOTSUP (no driver in use makes system calls), ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
   * @see inotify(7), kqueue(2) EVFILT_VNODE
   */
  async watchPath(path: PathArgument, cookie: Cookie, options: PathOptions = {}): Promise<PathSource<Cookie>> {
    this.#checkOpen()
    const source = new PathSource(this.#host, this.#inotify, checkPath(path), checkMask(options.mask), cookie, options.once === true)
    try {
      await this.#inotify.add(source)
    } catch (error) {
      source.remove()
      throw error
    }
    return source
  }

  /**
   * Waits for a signal to this process, whose default action then does not happen. Its events are of the kind `signal`.
   * In the main thread only, and never during `getEventsSync`: Node delivers signals on its event loop.
   * @param signal 'SIGUSR2', …
   * @throws ERR_TRUEAIO_CLOSED, ERR_TRUEAIO_MAIN_THREAD_ONLY, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (unknown; SIGKILL, SIGSTOP)
   * @see signal(7), kqueue(2) EVFILT_SIGNAL
   */
  signal(signal: NodeJS.Signals, cookie: Cookie, options: SourceOptions = {}): SignalSource<Cookie> {
    this.#checkOpen()
    return new SignalSource(this.#host, this.#signals, signal, cookie, options)
  }

  /**
   * A source that the program itself triggers. Its events are of the kind `user`; while one is unread, further triggers
   * add to its `count`.
   * @throws ERR_TRUEAIO_CLOSED
   * @see kqueue(2) EVFILT_USER
   */
  user(cookie: Cookie, options: SourceOptions = {}): UserSource<Cookie> {
    this.#checkOpen()
    return new UserSource(this.#host, cookie, options)
  }

  /**
   * Puts a value into the queue, as a separate event of the kind `user`, without a source.
   * @throws ERR_TRUEAIO_CLOSED, ERR_TRUEAIO_QUEUE_FULL (as many as the capacity are unread; a user source never is)
   */
  post(cookie: Cookie, value?: unknown): void {
    this.#checkOpen()
    if (this.#posted === this.capacity) {
      throw Object.assign(new Error(`${String(this.#posted)} posted values are unread, as many as the queue's capacity`), { code: 'ERR_TRUEAIO_QUEUE_FULL' })
    }
    this.#posted++
    const event = new SourceEvent<Cookie, 'user'>('user', cookie, undefined, this.#posting, 1)
    event.result = value
    event.more = false
    this.#queue.post(event)
  }

  /**
   * Takes events. Resolves when there are `min`, or on the timeout with fewer, or on `close` with the events there are.
   * Waits are served in order.
   *
   * A wait that has found its events has taken them. If a source is removed after that, before the `await` resumes or
   * while the batch is processed, its event may be among them: check `event.source.removed`.
   *
   * @param options `min`: 0 to the capacity, default 1; `max`: 1 to 2^20, default the capacity; `timeout`: milliseconds, ≥ 0
   * @throws (rejects) AbortError; ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  getEvents(options?: WaitOptions): Promise<QueueEvent<Cookie>[]> {
    this.#host.armAll()
    const signal: unknown = options?.signal
    if (signal !== undefined && !(signal instanceof AbortSignal)) return Promise.reject(invalidArgType('options.signal', 'an instance of AbortSignal', signal))
    return this.#queue.wait(options)
  }

  /**
   * The same, blocking this thread, for events that the system reports: operations, descriptors, timers, children and
   * changes. Signals and triggers cannot arrive meanwhile, as no JavaScript runs. If nothing else could arrive, it
   * returns at once with the events there are.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  getEventsSync(options?: Omit<WaitOptions, 'signal'>): QueueEvent<Cookie>[] {
    this.#host.armAll()
    return this.#queue.waitSync(options)
  }

  /**
   * Yields events one by one, until the queue is closed and empty. It skips events of sources that have been removed.
   * Leaving the loop does not change the queue.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<QueueEvent<Cookie>, void, undefined> {
    for (;;) {
      const [event] = await this.getEvents(ONE)
      if (event === undefined) return
      if (event.source?.removed !== true) yield event // it may have been removed since its event was taken
    }
  }

  /**
   * Removes all sources, refuses further operations and drops those that wait for capacity. Waits end with the events
   * there are. Operations in progress continue, and their events can still be taken. Resolves when the queue holds no
   * resource of the system.
   */
  close(): Promise<void> {
    this.#whenClosed ??= this.#close()
    return this.#whenClosed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #close(): Promise<void> {
    this.#host.close()
    this.#queue.close()
    return this.#inotify.close()
  }

  #checkOpen(): void {
    if (this.#host.closed) throw new ClosedError('The event queue')
  }
}

// ① interface — a completion port of another thread: a consumer of it, that can also post. What it waits for comes as a message,
// or, where this thread blocks, by a count in shared memory.
import { receiveMessageOnPort, MessagePort } from 'node:worker_threads'
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { ClosedError } from '../proactor/failure.js'
import { tooLate, type Patience } from '../waiting/patience.js'
import { WaitQueue } from '../waiting/wait-queue.js'
import { flushPending } from '../waiting/pending.js'
import { abandoned } from './errors.js'
import { Packet, type PostedPacket } from './packet.js'
import { checkError, checkMany, type BlockingOptions, type GetManyOptions } from './port-options.js'
import { errorFrom, plainError, ring, type Answer, type PlainPacket, type Request, type SharedPort } from './remote-messages.js'

/** Another thread's end of a completion port: one consumer. Gets of one end are served in the order they were made. */
export class RemoteCompletionPort<Key = unknown> implements Disposable {
  readonly #messages: MessagePort
  readonly #told: Int32Array
  readonly #answered: Int32Array
  readonly #waiters = new WaitQueue()
  /** Packets that came, and nobody here has taken. */
  #packets: PlainPacket[] = []
  /** The get that the port is asked for; 0: none. One at a time. */
  #asked = 0
  #ids = 0
  #failure: Error | undefined = undefined
  #isClosed: 'here' | 'there' | undefined = undefined

  /** Use `connect`. @throws ERR_INVALID_ARG_TYPE @internal */
  constructor(shared: SharedPort) {
    const { messagePort, told, answered } = shared
    if (!(messagePort instanceof MessagePort)) throw invalidArgType('shared.messagePort', 'an instance of MessagePort', messagePort)
    if (!(told instanceof SharedArrayBuffer)) throw invalidArgType('shared.told', 'an instance of SharedArrayBuffer', told)
    if (!(answered instanceof SharedArrayBuffer)) throw invalidArgType('shared.answered', 'an instance of SharedArrayBuffer', answered)
    this.#messages = messagePort
    this.#told = new Int32Array(told)
    this.#answered = new Int32Array(answered)
    messagePort.on('message', (answer: Answer) => this.#hear(answer))
    messagePort.on('close', () => this.#closedThere())
    messagePort.unref()
  }

  /** Packets that arrived for a get that gave up. The next get takes them. */
  get queued(): number {
    return this.#packets.length
  }

  /**
   * Takes a packet; waits for one, and for a place. A pending wait keeps the process alive.
   * @throws (rejects) as `CompletionPort.get`; DataCloneError: its key or cookie cannot be copied (it stays in the port)
   */
  async get(options: Patience = {}): Promise<Packet<Key>> {
    const [packet] = await this.getMany({ ...options, max: 1 })
    return packet as Packet<Key> // a wait ends with one at least
  }

  /** The same as `get` with a timeout (ms, ≥ 0), after which it resolves to undefined. @throws as `get` */
  async getWithin(timeout: number, { signal }: Pick<Patience, 'signal'> = {}): Promise<Packet<Key> | undefined> {
    const [packet] = await this.#takeMany({ max: 1, timeout, signal }, () => [])
    return packet
  }

  /** Takes all packets there are, up to `max` (default 1024). @throws as `get`, ERR_OUT_OF_RANGE */
  getMany(options: GetManyOptions = {}): Promise<Packet<Key>[]> {
    return this.#takeMany(options, noPacket)
  }

  async #takeMany(options: GetManyOptions, late: () => Packet<Key>[]): Promise<Packet<Key>[]> {
    const max = checkMany(options)
    this.#checkOpen()
    const { signal, timeout } = options
    this.#ask(max)
    this.#messages.ref()
    try {
      return await this.#waiters.wait(() => this.#attempt(max), { ordered: true, signal, timeout, late, left: () => this.#waiters.wakeAll(undefined) })
    } finally {
      if (this.#waiters.length === 0) {
        this.#messages.unref()
        this.#withdraw()
      } else this.#ask(1)
    }
  }

  /** The same as `get`, blocking this thread. @throws ETIMEDOUT, ERR_TRUEAIO_ABANDONED_WAIT, ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE */
  getSync(options: BlockingOptions = {}): Packet<Key> {
    return this.getManySync({ ...options, max: 1 })[0] as Packet<Key> // one at least
  }

  /** The same as `getMany`, blocking this thread. @throws as `getSync`, ERR_OUT_OF_RANGE */
  getManySync(options: Pick<GetManyOptions, 'max' | 'timeout'> = {}): Packet<Key>[] {
    const max = checkMany(options)
    this.#checkOpen()
    const end = performance.now() + (options.timeout ?? Infinity)
    this.#ask(max)
    try {
      for (;;) {
        const seen = Atomics.load(this.#answered, 0)
        this.#receive()
        const taken = this.#attempt(max)
        if (taken !== undefined) return taken
        const left = end - performance.now()
        if (left <= 0) throw tooLate('getSync', 'no packet came')
        flushPending()
        Atomics.wait(this.#answered, 0, seen, left)
      }
    } finally {
      if (this.#waiters.length === 0) this.#withdraw()
    }
  }

  /** Puts a packet into the port's queue. Key and `overlapped` are copied. @throws ERR_TRUEAIO_CLOSED, DataCloneError, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
  post(packet: PostedPacket<Key> = {}): void {
    this.#checkOpen()
    const { bytes = 0, key, overlapped, error } = packet
    checkInteger(bytes, 'packet.bytes', 0, Number.MAX_SAFE_INTEGER)
    checkError(error)
    this.#tell({ kind: 'post', packet: { bytes, key, overlapped, error: error && plainError(error) } })
  }

  /** Ends the run of this consumer, so that another may run. */
  release(): void {
    this.#checkOpen()
    this.#tell({ kind: 'release' })
  }

  /**
   * Reports that this consumer waits for something else: another may run until the promise settles.
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE
   */
  blocking<Result>(promise: PromiseLike<Result>): Promise<Result> {
    this.#checkOpen()
    if (typeof (promise as PromiseLike<Result> | null | undefined)?.then !== 'function') throw invalidArgType('promise', 'an instance of Promise', promise)
    this.#tell({ kind: 'block' })
    return Promise.resolve(promise).finally(() => {
      if (this.#isClosed === undefined) this.#tell({ kind: 'unblock' })
    })
  }

  /** Disconnects from the port, which stays open. Packets that arrived and were not taken go back to it. */
  close(): void {
    if (this.#isClosed === 'here') return
    if (this.#isClosed === undefined && this.#packets.length > 0) this.#tell({ kind: 'back', packets: this.#packets })
    this.#packets = []
    this.#isClosed = 'here'
    this.#messages.close()
    this.#waiters.wakeAll(undefined)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #checkOpen(): void {
    if (this.#isClosed !== undefined) throw new ClosedError('The completion port')
  }

  #tell(request: Request): void {
    this.#messages.postMessage(request)
    ring(this.#told)
  }

  /** Asks the port for packets, unless it is asked already or there are some here. */
  #ask(max: number): void {
    if (this.#asked !== 0 || this.#packets.length > 0 || this.#isClosed !== undefined) return
    this.#asked = ++this.#ids
    this.#tell({ kind: 'get', id: this.#asked, max })
  }

  /** Nobody here waits any more. What is on its way already comes, and stays for the next get. */
  #withdraw(): void {
    if (this.#asked === 0 || this.#isClosed !== undefined) return
    this.#tell({ kind: 'cancel', id: this.#asked })
    this.#asked = 0
  }

  #receive(): void {
    for (let received = receiveMessageOnPort(this.#messages); received !== undefined; received = receiveMessageOnPort(this.#messages)) {
      this.#hear((received as { readonly message: Answer }).message)
    }
  }

  #hear(answer: Answer): void {
    if (answer.kind === 'closed') {
      this.#closedThere()
      return
    }
    const current = answer.id === this.#asked
    if (current) this.#asked = 0
    if (answer.kind === 'packets') {
      if (this.#isClosed === undefined) this.#tell({ kind: 'taken', id: answer.id })
      for (const packet of answer.packets) this.#packets.push(packet)
      if (!current && this.#isClosed === undefined) this.#tell({ kind: 'release' }) // its get gave up: nobody is at work on them
    } else if (current) this.#failure = errorFrom(answer.error) // of a withdrawn get nobody wants to know
    this.#waiters.wakeAll(undefined)
  }

  #closedThere(): void {
    this.#isClosed ??= 'there'
    this.#waiters.wakeAll(undefined)
  }

  #attempt(max: number): Packet<Key>[] | undefined {
    if (this.#packets.length > 0) {
      return this.#packets.splice(0, max).map(({ bytes, key, overlapped, error }) => new Packet(bytes, key as Key, overlapped, error && errorFrom(error)))
    }
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
    if (this.#isClosed !== undefined) throw abandoned()
    return undefined
  }
}

function noPacket(): never {
  throw tooLate('get', 'no packet came')
}

/** Makes another thread's end of a port from the result of `CompletionPort.share`. @throws ERR_INVALID_ARG_TYPE */
export function connect<Key = unknown>(shared: SharedPort): RemoteCompletionPort<Key> {
  if (typeof shared !== 'object' || (shared as unknown) === null) throw invalidArgType('shared', 'of type object', shared)
  return new RemoteCompletionPort<Key>(shared)
}

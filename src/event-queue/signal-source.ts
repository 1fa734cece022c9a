// ① interface — signals to this process as sources, by Node's own listeners: one for each signal of a queue, however many
// sources it has.
import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { invalidArgType, invalidArgValue } from '../operation/arguments.js'
import { Source, type SourceOptions } from './source.js'
import type { SourceHost } from './source-host.js'

const NUMBERS: Readonly<Record<string, number | undefined>> = constants.signals
const UNCATCHABLE: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP'])

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_TRUEAIO_MAIN_THREAD_ONLY */
function check(name: NodeJS.Signals): void {
  if (typeof name !== 'string') throw invalidArgType('signal', 'of type string', name)
  if (!Object.hasOwn(NUMBERS, name)) throw invalidArgValue('signal', name, 'is not a signal of this platform')
  if (UNCATCHABLE.has(name)) throw invalidArgValue('signal', name, 'cannot be caught, by any process')
  if (!isMainThread) throw Object.assign(new Error('Node delivers signals to the main thread only'), { code: 'ERR_TRUEAIO_MAIN_THREAD_ONLY' })
}

interface Listening {
  readonly listener: () => void
  readonly sources: Set<SignalSource>
}

/** The signals that a queue listens to. */
export class SignalListeners {
  readonly #byName = new Map<NodeJS.Signals, Listening>()

  add(source: SignalSource): void {
    const { signal } = source
    let listening = this.#byName.get(signal)
    if (listening === undefined) {
      const sources = new Set<SignalSource>()
      const listener = (): void => {
        for (const each of sources) each.arrived()
      }
      listening = { listener, sources }
      this.#byName.set(signal, listening)
      process.on(signal, listener)
    }
    listening.sources.add(source)
  }

  remove(source: SignalSource): void {
    const { signal } = source
    const listening = this.#byName.get(signal)
    if (listening?.sources.delete(source) !== true || listening.sources.size > 0) return
    process.off(signal, listening.listener)
    this.#byName.delete(signal)
  }
}

/** A signal to this process. Made by `EventQueue.signal`. */
export class SignalSource<Cookie = unknown> extends Source<Cookie, 'signal', number> {
  /** The signal's name. */
  readonly signal: NodeJS.Signals
  readonly #listeners: SignalListeners

  /** Use `EventQueue.signal`. @internal */
  constructor(host: SourceHost, listeners: SignalListeners, signal: NodeJS.Signals, cookie: Cookie, options: SourceOptions) {
    check(signal)
    super('signal', cookie, options.once === true, host)
    this.signal = signal
    this.#listeners = listeners
    listeners.add(this)
  }

  /** For its listener. @internal */
  arrived(): void {
    this.fire(NUMBERS[this.signal] as number) // checked at the beginning
  }

  /** @internal */
  protected override stop(): void {
    this.#listeners.remove(this)
  }
}

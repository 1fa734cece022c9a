// ① interface — records the calls of node:fs: those that block, those with a callback, those with a promise. Reads and writes of open
// files are not among them: the engine tells those itself, at less than a tenth of what wrapping a promise costs.
import type { FileHandle } from 'node:fs/promises'
import { registered, shared } from '../../fs/node/index.js'
import { byteLengthOf } from '../../operation/view.js'

/** Who is notified of calls: the recorder of a trace, or one that only counts. */
export interface CallSink {
  numberOf(text: string): number
  opened(fd: number, path: number): void
  pathOf(fd: number): number
  record(start: number, duration: number, name: number, result: number, path: number, offset: number, length: number, site: number): void
}

/** Where nothing goes through the engine, these are wrapped too: Node takes 25 µs and more for each. */
const TRANSFERS: readonly string[] = ['read', 'readv', 'write', 'writev', 'fsync', 'fdatasync', 'fstat', 'ftruncate', 'close']
const HANDLE: readonly string[] = ['read', 'readv', 'write', 'writev', 'sync', 'datasync', 'stat', 'truncate', 'close', 'readFile', 'writeFile', 'appendFile']

type Callable = (this: unknown, ...given: unknown[]) => unknown
type Functions = Record<string, Callable>

/** What the engine tells, or what is no call to the system. */
const NOT_WRAPPED = /^(read|readv|write|writev|close|fsync|fdatasync|fstat|ftruncate|fchmod|fchown|futimes|watch|watchFile|unwatchFile|createReadStream|createWriteStream|openAsBlob|glob|globSync|exists)$|^[A-Z_]/

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  return ArrayBuffer.isView(value) ? byteLengthOf(value as Uint8Array) : 0
}

/** Of a handle's read or write; of a whole file's contents. */
function moved(value: unknown): number {
  const { bytesRead, bytesWritten } = (value ?? {}) as { bytesRead?: number, bytesWritten?: number }
  return bytesRead ?? bytesWritten ?? sizeOf(value)
}

/** The first line of a stack that is not this package's, nor Node's. */
function callSite(): string {
  const stack = new Error().stack ?? ''
  const line = stack.split('\n').slice(1).find((each) => !each.includes(OWN) && !each.includes('(node:') && !each.includes(' node:'))
  return line?.trim().replace(/^at /, '').replace(/^async /, '') ?? ''
}

const OWN = new URL('../../', import.meta.url).href

/** Whether a call is being made: what it calls of node:fs in turn (readFileSync, of openSync and readSync) is no call of the program's. */
class Calls {
  depth = 0

  within(original: Callable, self: unknown, given: unknown[]): unknown {
    this.depth++
    try {
      return Reflect.apply(original, self, given)
    } finally {
      this.depth--
    }
  }
}

interface Begun {
  readonly start: number
  readonly path: number
  readonly site: number
  readonly number: number
}

/** Notes calls of one name. Without `this`, which is the program's own in what is wrapped. */
interface Noting {
  readonly begin: (given: readonly unknown[]) => Begun
  readonly end: (begun: Begun, given: readonly unknown[], error: unknown, value: unknown) => void
}

/** Notes when it ends what a call has given back: a promise, or something else. */
function noteEnd({ end }: Noting, begun: Begun, given: readonly unknown[], returned: unknown): void {
  if (returned instanceof Promise) returned.then((value: unknown) => end(begun, given, undefined, value), (error: unknown) => end(begun, given, error, undefined))
  else end(begun, given, undefined, undefined)
}

export class FsWrapper {
  readonly #recorder: CallSink
  readonly #withSites: boolean
  readonly #withTransfers: boolean

  constructor(recorder: CallSink, withSites: boolean, withTransfers: boolean) {
    this.#recorder = recorder
    this.#withSites = withSites
    this.#withTransfers = withTransfers
  }

  wrapAll(): void {
    const { fs: callbacks, promises } = shared as unknown as { fs: Functions, promises: Functions }
    for (const [name, original] of Object.entries(callbacks)) {
      if (typeof original !== 'function' || (NOT_WRAPPED.test(name) && !(this.#withTransfers && TRANSFERS.includes(name)))) continue
      const wrapped = name.endsWith('Sync') ? this.#blocking(name, original) : this.#withCallback(name, original)
      this.#put(callbacks, name, original, wrapped)
      // Streams look whether somebody has put a function of his own in place: this one does the same.
      if (registered.get(name) === original) registered.set(name, wrapped)
    }
    for (const [name, original] of Object.entries(promises)) {
      if (typeof original !== 'function' || NOT_WRAPPED.test(name)) continue
      this.#put(promises, name, original, this.#withPromise(name, original))
    }
    process.getBuiltinModule('node:module').syncBuiltinESMExports()
  }

  #put(functions: Functions, name: string, original: Callable, wrapped: Callable): void {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(original))) {
      if (key !== 'prototype' && descriptor.configurable === true) Object.defineProperty(wrapped, key, descriptor)
    }
    functions[name] = wrapped
  }

  readonly #calls = new Calls()
  #isHandleWrapped = false

  /** The methods of all handles, at the first one: their number stands before what they are given. */
  #wrapHandle(handle: object): void {
    if (this.#isHandleWrapped) return
    this.#isHandleWrapped = true
    const methods = Object.getPrototypeOf(handle) as Functions
    for (const name of HANDLE) {
      const original = methods[name]
      if (original === undefined) continue
      const noting = this.#notingOf(name)
      methods[name] = function (this: unknown, ...given) {
        const all = [(this as FileHandle).fd, ...given]
        const begun = noting.begin(all)
        const returned = Reflect.apply(original, this, given)
        noteEnd(noting, begun, all, returned)
        return returned
      }
    }
  }

  #notingOf(name: string): Noting {
    return {
      begin: (given) => this.#begin(name, given),
      end: (begun, given, error, value) => this.#end(begun, name, given, error, value),
    }
  }

  #path([first, second]: readonly unknown[], hasTwo: boolean): number {
    if (typeof first === 'number') return this.#recorder.pathOf(first)
    const text = typeof first === 'string' ? first : first instanceof URL ? decodeURIComponent(first.pathname) : Buffer.isBuffer(first) ? first.toString('latin1') : ''
    return this.#recorder.numberOf(typeof second === 'string' && text !== '' && hasTwo ? `${text}\n${second}` : text)
  }

  #begin(name: string, given: readonly unknown[]): Begun {
    const hasTwo = /^(rename|link|symlink|copyFile|cp)(Sync)?$/.test(name)
    const site = this.#withSites ? this.#recorder.numberOf(callSite()) : 0
    return { start: performance.now(), path: this.#path(given, hasTwo), site, number: this.#recorder.numberOf(`fs:${name}`) }
  }

  #end(begun: Begun, name: string, given: readonly unknown[], error: unknown, value: unknown): void {
    const end = performance.now()
    const opened = /^open(Sync)?$/.test(name)
    let result = 0
    let offset = -1
    let length = -1
    if (error !== undefined && error !== null) {
      const { errno } = error as NodeJS.ErrnoException
      result = typeof errno === 'number' ? errno : -1
    } else if (opened) {
      const fd = typeof value === 'number' ? value : (value as FileHandle | undefined)?.fd
      if (fd !== undefined) this.#recorder.opened(fd, begun.path)
      if (this.#withTransfers && typeof value === 'object' && value !== null) this.#wrapHandle(value)
    } else if ((name === 'closeSync' || name === 'close') && typeof given[0] === 'number') this.#recorder.opened(given[0], 0)
    else if (/^(write|append)File/.test(name)) result = length = sizeOf(given[1])
    else if (/^read(v|File|FileSync|Sync|vSync)?$/.test(name) || /^writev?(Sync)?$/.test(name)) {
      result = typeof value === 'number' ? value : moved(value)
      length = typeof given[3] === 'number' ? given[3] : sizeOf(given[1])
      const place = given[4]
      offset = typeof place === 'number' ? place : -1
    }
    this.#recorder.record(begun.start, end - begun.start, begun.number, result, begun.path, offset, length, begun.site)
  }

  #blocking(name: string, original: Callable): Callable {
    const { begin, end } = this.#notingOf(name)
    const calls = this.#calls
    return function (this: unknown, ...given) {
      if (calls.depth > 0) return Reflect.apply(original, this, given)
      const begun = begin(given)
      calls.depth++
      let error: unknown
      let value: unknown
      try {
        return (value = Reflect.apply(original, this, given))
      } catch (thrown) {
        error = thrown
        throw thrown
      } finally {
        calls.depth--
        end(begun, given, error, value)
      }
    }
  }

  #withCallback(name: string, original: Callable): Callable {
    const { begin, end } = this.#notingOf(name)
    const calls = this.#calls
    return function (this: unknown, ...given) {
      const callback = given.at(-1)
      if (typeof callback !== 'function' || calls.depth > 0) return Reflect.apply(original, this, given)
      const begun = begin(given)
      return calls.within(original, this, [...given.slice(0, -1), function (this: unknown, ...results: unknown[]) {
        end(begun, given, results[0], results[1])
        Reflect.apply(callback, this, results)
      }])
    }
  }

  #withPromise(name: string, original: Callable): Callable {
    const noting = this.#notingOf(name)
    const calls = this.#calls
    return function (this: unknown, ...given) {
      if (calls.depth > 0) return Reflect.apply(original, this, given)
      const begun = noting.begin(given)
      const returned = calls.within(original, this, given)
      noteEnd(noting, begun, given, returned)
      return returned
    }
  }
}

// ① interface — the inotify instance of a queue: made at the first watch, by system calls of the engine (②  call.ts), and
// read by it. One watch of the system's can belong to several sources, since it has one for each file.
import { closeOwn } from '../native/load.js'
import { call } from '../operation/call.js'
import { read } from '../operation/file.js'
import { kept } from '../operation/path.js'
import { poll, PollEvent } from '../operation/timer.js'
import { systemError } from '../operation/system-error.js'
import type { ArmedOperation } from './armed-operation.js'
import { FileChange, parseRecords, WatchEvent, type InotifyRecord } from './file-change.js'
import { ClosedError } from '../proactor/failure.js'
import type { SourceHost } from './source-host.js'

const IN_NONBLOCK = 0o4000
const IN_CLOEXEC = 0o2000000
const IN_MASK_ADD = 0x20000000
const BUFFER_BYTES = 65536
/** Records of watches not known yet that are kept while one is being added. */
const EARLY_MAX = 4096
/** Calls are made one after the other: what removes a watch must not overtake what adds it, nor meet a closed descriptor. */
const ORDERED = { ordered: true } as const

/** Who watches a path with this instance. */
export interface WatchedPath {
  readonly path: string | Uint8Array
  /** The changes wanted. */
  readonly mask: number
  readonly live: boolean
  /** For the instance: the watch descriptor. */
  watch: number
  /** Something changed. */
  changed(change: FileChange): void
  /** The instance can watch no more. */
  refused(error: Error): void
}

export class Inotify {
  readonly #host: SourceHost
  readonly #byWatch = new Map<number, Set<WatchedPath>>()
  readonly #buffer = Buffer.alloc(BUFFER_BYTES)
  #whenOpen: Promise<number> | undefined = undefined
  #armed: ArmedOperation | undefined = undefined
  /** Watches being added: the system may report changes of one before the call that adds it is known to have returned. */
  #adding = 0
  #early: InotifyRecord[] = []
  #earlyLost = false

  constructor(host: SourceHost) {
    this.#host = host
  }

  /** Watches a source's path, or changes what is watched there. @throws (rejects) what inotify_init1(2) and inotify_add_watch(2) say */
  async add(source: WatchedPath): Promise<void> {
    this.#whenOpen ??= this.#host.proactor.submit(kept(call('inotify_init1', IN_NONBLOCK | IN_CLOEXEC)))
    const { path } = source
    this.#adding++
    try {
      const fd = await this.#open()
      if (this.#host.closed) throw new ClosedError('The event queue') // and so is, soon, the instance
      // What others want of the same file stays; surplus changes are not reported, as sources check their own masks.
      const watch = await this.#host.proactor.submit(call('inotify_add_watch', fd, typeof path === 'string' ? path : terminated(path), source.mask | IN_MASK_ADD), ORDERED)
      this.#belongs(source, watch)
      this.#listen(fd)
    } catch (error) {
      const { code, errno } = error as NodeJS.ErrnoException
      // That no driver makes system calls is best told in its own words.
      throw errno === undefined || code === 'ENOTSUP' ? error : systemError(errno, 'inotify_add_watch', path)
    } finally {
      if (--this.#adding === 0) this.#settleDown()
    }
  }

  async #open(): Promise<number> {
    try {
      return await (this.#whenOpen as Promise<number>) // set by `add`
    } catch (error) {
      this.#whenOpen = undefined // the next one tries again
      throw error
    }
  }

  #belongs(source: WatchedPath, watch: number): void {
    if (source.watch !== watch && source.watch >= 0) this.#byWatch.get(source.watch)?.delete(source)
    let sources = this.#byWatch.get(watch)
    if (sources === undefined) this.#byWatch.set(watch, (sources = new Set()))
    if (!source.live) return // removed meanwhile: with nobody else there the watch goes again
    source.watch = watch
    sources.add(source)
    if (this.#earlyLost) source.changed(new FileChange(WatchEvent.IN_Q_OVERFLOW, 0, new Uint8Array(0)))
    for (const { watch: of, change } of this.#early) {
      if (of !== watch) continue
      if ((change.mask & WatchEvent.IN_IGNORED) !== 0) this.#byWatch.delete(watch)
      source.changed(change)
    }
  }

  /** Nothing is being added any more. */
  #settleDown(): void {
    this.#early = []
    this.#earlyLost = false
    for (const [watch, sources] of this.#byWatch) if (sources.size === 0) this.#unwatch(watch)
    this.#rest()
  }

  /** A source is over. */
  remove(source: WatchedPath): void {
    const { watch } = source
    source.watch = -1
    const sources = this.#byWatch.get(watch)
    sources?.delete(source)
    // What is just being added may turn out to be the same watch.
    if (sources?.size !== 0 || this.#adding > 0) return
    this.#unwatch(watch)
    this.#rest()
  }

  #unwatch(watch: number): void {
    this.#byWatch.delete(watch)
    if (this.#host.closed) return // all of them end with the instance
    const { proactor } = this.#host
    void this.#whenOpen?.then((fd) => proactor.submit(call('inotify_rm_watch', fd, watch), ORDERED)).catch((error: unknown) => {
      // EINVAL: the system had ended it. A closed proactor: the instance goes with the queue or the process.
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EINVAL' && code !== 'ERR_TRUEAIO_CLOSED') throw error
    })
  }

  /** With nothing to watch, nothing is to keep the process alive. */
  #rest(): void {
    if (this.#byWatch.size > 0) return
    this.#armed?.withdraw()
    this.#armed = undefined
  }

  /** Waits until there are records, then reads them. */
  #listen(fd: number): void {
    if (this.#armed?.live === true || this.#byWatch.size === 0) return
    this.#armed = this.#host.arm(poll(fd, PollEvent.POLLIN), (_events, _more, error) => {
      if (error === undefined) this.#read(fd)
      else this.#fail(error)
    })
  }

  #read(fd: number): void {
    this.#armed = this.#host.arm(read(fd, this.#buffer), (bytes, _more, error) => {
      if (error === undefined) {
        for (const record of parseRecords(this.#buffer, bytes as number)) this.#tell(record)
        this.#listen(fd)
      } else this.#fail(error)
    })
  }

  #tell(record: InotifyRecord): void {
    const { watch, change } = record
    if ((change.mask & WatchEvent.IN_Q_OVERFLOW) !== 0) {
      for (const sources of this.#byWatch.values()) for (const source of sources) source.changed(change)
      return
    }
    if (this.#adding > 0) this.#keep(record)
    const sources = this.#byWatch.get(watch)
    if (sources === undefined) return // of a watch that has been removed
    if ((change.mask & WatchEvent.IN_IGNORED) !== 0) this.#byWatch.delete(watch)
    for (const source of sources) source.changed(change)
  }

  #keep(record: InotifyRecord): void {
    if (this.#byWatch.has(record.watch)) return
    if (this.#early.length < EARLY_MAX) this.#early.push(record)
    else this.#earlyLost = true
  }

  #fail(error: Error): void {
    const sources = [...this.#byWatch.values()].flatMap((each) => [...each])
    this.#byWatch.clear()
    for (const source of sources) source.refused(error)
  }

  /** Ends all watches. Only when all sources have been removed. */
  async close(): Promise<void> {
    this.#armed?.withdraw()
    const fd = await this.#whenOpen?.catch(() => undefined) // `add` has reported why there is none
    this.#whenOpen = undefined
    if (fd === undefined) return
    try {
      await this.#host.proactor.submit(call('close', fd), ORDERED) // not the operation `close`, which would stand in another order
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_TRUEAIO_CLOSED') throw error
      closeOwn(fd) // the proactor was closed before its queue
    }
  }
}

function terminated(path: Uint8Array): Uint8Array {
  return Buffer.concat([path, Buffer.alloc(1)])
}

// ① interface — jobs on Node's own fs: by callbacks in libuv's threads, or by the calls that block. It imports nothing of the
// engine, so that other runtimes can run it too.
import fs from 'node:fs'
import type { Backend, Ended, Unit } from './backend.js'
import { errnoOf } from './backend.js'
import { Direction } from './job.js'

abstract class NodeFiles implements Backend {
  abstract readonly driver: string
  protected readonly ended: Ended

  constructor(ended: Ended) {
    this.ended = ended
  }

  open(path: string, flags: number): Promise<number> {
    return new Promise((resolve, reject) => fs.open(path, flags, 0o644, (error, fd) => {
      if (error === null) resolve(fd)
      else reject(error)
    }))
  }

  close(file: number): Promise<void> {
    return new Promise((resolve, reject) => fs.close(file, (error) => {
      // The drop-in gives undefined where Node gives null.
      if (error instanceof Error) reject(error)
      else resolve()
    }))
  }

  abstract start(unit: Unit): void

  flush(): void {
    // Each call is handed over as it is made.
  }

  abstract sync(file: number, dataOnly: boolean): Promise<number>

  invalidate(): Promise<void> {
    return Promise.resolve()
  }

  end(): Promise<void> {
    return Promise.resolve()
  }
}

/** libuv's threads. */
export class NodeBackend extends NodeFiles {
  readonly driver = 'node:fs'
  #done: Unit[] = []

  start(unit: Unit): void {
    const done = (error: NodeJS.ErrnoException | null, bytes: number): void => {
      unit.result = error === null ? bytes : errnoOf(error)
      this.#done.push(unit)
      // What libuv tells in one turn of its loop comes together.
      if (this.#done.length === 1) queueMicrotask(this.#tell)
    }
    if (unit.direction === Direction.READ) fs.read(unit.file, unit.buffer, 0, unit.length, unit.offset, done)
    else fs.write(unit.file, unit.buffer, 0, unit.length, unit.offset, done)
  }

  readonly #tell = (): void => {
    const done = this.#done
    this.#done = []
    this.ended(done)
  }

  sync(file: number, dataOnly: boolean): Promise<number> {
    return new Promise((resolve) => (dataOnly ? fs.fdatasync : fs.fsync)(file, (error) => resolve(error instanceof Error ? errnoOf(error) : 0)))
  }
}

/** The calls that block, one at a time. */
export class SyncBackend extends NodeFiles {
  readonly driver = 'node:fs, blocking'
  readonly #one: Unit[] = []

  start(unit: Unit): void {
    this.#one[0] = unit
  }

  override flush(): void {
    const unit = this.#one[0]
    if (unit === undefined) return
    this.#one.length = 0
    try {
      unit.result = unit.direction === Direction.READ
        ? fs.readSync(unit.file, unit.buffer, 0, unit.length, unit.offset) : fs.writeSync(unit.file, unit.buffer, 0, unit.length, unit.offset)
    } catch (error) {
      unit.result = errnoOf(error)
    }
    this.ended([unit])
  }

  sync(file: number, dataOnly: boolean): Promise<number> {
    try {
      if (dataOnly) fs.fdatasyncSync(file)
      else fs.fsyncSync(file)
      return Promise.resolve(0)
    } catch (error) {
      return Promise.resolve(errnoOf(error))
    }
  }

  touch(kind: string, path: string): Promise<number> {
    try {
      if (kind === 'filestat') fs.statSync(path)
      else if (kind === 'filedelete') fs.unlinkSync(path)
      else fs.closeSync(fs.openSync(path, fs.constants.O_CREAT | fs.constants.O_RDWR, 0o600))
      return Promise.resolve(0)
    } catch (error) {
      return Promise.resolve(errnoOf(error))
    }
  }
}

/** Nothing at all: what the measuring itself costs. */
export class NullBackend extends NodeFiles {
  readonly driver = 'none'
  #started: Unit[] = []

  override open(): Promise<number> {
    return Promise.resolve(0)
  }

  override close(): Promise<void> {
    return Promise.resolve()
  }

  start(unit: Unit): void {
    unit.result = unit.length
    this.#started.push(unit)
  }

  override flush(): void {
    const started = this.#started
    if (started.length === 0) return
    this.#started = []
    this.ended(started)
  }

  sync(): Promise<number> {
    return Promise.resolve(0)
  }
}

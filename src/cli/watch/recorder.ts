// ① interface — what a traced program does, as numbers: eight for each event, in memory that is written to a file when it is full.
// Names, paths and call sites are numbers too; a second file has their texts.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { Opcode, opcodeName } from '../../operation/opcode.js'
import { FileKind } from '../../operation/operation.js'
import type { Entry } from '../../proactor/in-flight.js'
import type { Observer } from '../../proactor/observer.js'
import { FIELDS } from './event-fields.js'

const EVENTS = 8192

/** As they are before anybody wraps them: what the recorder writes is not part of the trace. */
const own = { openSync, writeSync, closeSync }

/** A disk that is nearly full takes a part, and tells so only of the next. */
function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += own.writeSync(fd, bytes, at)
}

export class Recorder implements Observer {
  readonly #events = new Float64Array(EVENTS * FIELDS)
  #next = 0
  readonly #file: number
  readonly #texts: number
  readonly #numbers = new Map<string, number>()
  #newTexts: string[] = []
  /** By opcode: the number of its name. */
  readonly #opcodes: (number | undefined)[] = []
  /** By descriptor: the number of the path that the program opened it by; 0: it did not. */
  readonly #paths: number[] = []
  /** A time that serves all that is begun, or told, in one go; < 0: none. */
  #beginning = -1
  #ending = -1
  /** By slot: when it began. */
  #starts = new Float64Array(256)
  #hasFailed = false

  constructor(folder: string) {
    const name = join(folder, `${String(process.pid)}-${String(threadId)}`)
    this.#file = own.openSync(`${name}.events`, 'wx', 0o600)
    this.#texts = own.openSync(`${name}.texts`, 'wx', 0o600)
    this.numberOf('')
  }

  /** The number that stands for a text. */
  numberOf(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#numbers.size
      this.#numbers.set(text, number)
      this.#newTexts.push(text)
    }
    return number
  }

  opened(fd: number, path: number): void {
    this.#paths[fd] = path
  }

  pathOf(fd: number): number {
    return this.#paths[fd] ?? 0
  }

  record(start: number, duration: number, name: number, result: number, path: number, offset: number, length: number, site: number): void {
    const events = this.#events
    const at = this.#next
    events[at] = start
    events[at + 1] = duration
    events[at + 2] = name
    events[at + 3] = result
    events[at + 4] = path
    events[at + 5] = offset
    events[at + 6] = length
    events[at + 7] = site
    this.#next = at + FIELDS
    if (this.#next === events.length) this.flush()
  }

  begun(entry: Entry): void {
    if (this.#beginning < 0) {
      this.#beginning = performance.now()
      this.#ending = -1
    }
    const { slot } = entry
    if (slot >= this.#starts.length) {
      const more = new Float64Array(Math.max(slot + 1, this.#starts.length * 2))
      more.set(this.#starts)
      this.#starts = more
    }
    this.#starts[slot] = this.#beginning
  }

  ended(entry: Entry, result: number): void {
    if (this.#ending < 0) {
      this.#ending = performance.now()
      this.#beginning = -1
    }
    const { operation: { opcode, file, fileKind, offset, length }, slot } = entry
    const start = this.#starts[slot] as number
    const name = (this.#opcodes[opcode] ??= this.numberOf(`engine:${opcodeName(opcode)}`))
    const path = fileKind === FileKind.DESCRIPTOR && file >= 0 ? this.pathOf(file) : 0
    this.record(start, this.#ending - start, name, result, path, offset, length, 0)
    // The number will be another file's.
    if (opcode === Opcode.CLOSE && path !== 0) this.#paths[file] = 0
  }

  turned(): void {
    this.#beginning = this.#ending = -1
  }

  /** Writes what there is. A full disk ends the trace, and not the program. */
  flush(): void {
    try {
      if (!this.#hasFailed) this.#write()
    } catch {
      this.#hasFailed = true
    }
    this.#newTexts = []
    this.#next = 0
  }

  #write(): void {
    writeAll(this.#file, Buffer.from(this.#events.buffer, 0, this.#next * 8))
    writeAll(this.#texts, Buffer.from(this.#newTexts.map((text) => `${JSON.stringify(text)}\n`).join('')))
  }

  /** Whether something could not be written. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  end(): void {
    this.flush()
    own.closeSync(this.#file)
    own.closeSync(this.#texts)
  }
}

// ① interface — fio's logs of I/O, versions 2 and 3: which file, what, where, how much, and when.
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import { Refusal } from '../command.js'

type IologAction = 'add' | 'open' | 'close' | 'read' | 'write' | 'sync' | 'datasync' | 'trim'
const ACTIONS: readonly string[] = ['add', 'open', 'close', 'read', 'write', 'sync', 'datasync', 'trim']

/** One line of it. */
export interface IologLine {
  readonly path: string
  readonly action: IologAction
  readonly offset: number
  readonly length: number
  /** Microseconds since the log's begin. */
  readonly at: number
}

const LINES_MAX = 20_000_000

/** Names with blanks or control characters cannot stand in a line. */
export function isLoggable(path: string): boolean {
  return path !== '' && !/[\s\u0000-\u001f]/.test(path) // eslint-disable-line no-control-regex -- exactly these cannot stand there
}

export class IologWriter {
  readonly #stream: WriteStream
  readonly #begun = performance.now()
  #lines: string[] = ['fio version 3 iolog\n']
  readonly #added = new Set<string>()

  constructor(path: string) {
    this.#stream = createWriteStream(path)
  }

  #line(text: string): void {
    this.#lines.push(`${String(Math.floor((performance.now() - this.#begun) * 1e3))} ${text}\n`)
    if (this.#lines.length >= 4096) {
      this.#stream.write(this.#lines.join(''))
      this.#lines = []
    }
  }

  opened(path: string): void {
    if (!this.#added.has(path)) this.#line(`${path} add`)
    this.#added.add(path)
    this.#line(`${path} open`)
  }

  closed(path: string): void {
    this.#line(`${path} close`)
  }

  moved(path: string, direction: number, offset: number, length: number): void {
    this.#line(`${path} ${direction === 0 ? 'read' : 'write'} ${String(offset)} ${String(length)}`)
  }

  end(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.on('error', reject)
      this.#stream.end(this.#lines.join(''), resolve)
    })
  }
}

function numberIn(file: string, line: number, text: string | undefined): number {
  const value = Number(text)
  if (text === undefined || text === '' || !Number.isSafeInteger(value) || value < 0) throw new Refusal(`${file}:${String(line)}: bad iolog: '${text ?? ''}' is not an offset, length or time`)
  return value
}

/**
 * Reads a log. A last line that was cut off is refused like any other bad one, with its number.
 * @throws Refusal
 */
export function readIolog(file: string): IologLine[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Refusal(`open read iolog: ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  const lines = text.split('\n')
  const version = /^fio version ([23]) iolog$/.exec(lines[0] ?? '')?.[1]
  if (version === undefined) throw new Refusal(`${file}:1: bad iolog: it begins with '${(lines[0] ?? '').slice(0, 40)}', expected 'fio version 2 iolog' or 'fio version 3 iolog'`)
  if (lines.length > LINES_MAX) throw new Refusal(`${file}: bad iolog: more than ${String(LINES_MAX)} lines`)
  if (!text.endsWith('\n')) throw new Refusal(`${file}:${String(lines.length)}: bad iolog: the last line does not end with a newline; the log may be cut off`)
  const read: IologLine[] = []
  let waited = 0
  for (let index = 1; index < lines.length; index++) {
    const words = (lines[index] ?? '').trim().split(/\s+/)
    if (words[0] === '') continue
    const number = index + 1
    const at = version === '3' ? numberIn(file, number, words.shift()) : waited
    const [path = '', action = '', offset, length] = words
    if (version === '2' && action === 'wait') {
      waited += numberIn(file, number, offset)
      continue
    }
    if (!ACTIONS.includes(action)) throw new Refusal(`${file}:${String(number)}: bad iolog file action: ${action === '' ? '(none)' : action}`)
    const moves = action === 'read' || action === 'write' || action === 'trim'
    read.push({
      path, action: action as IologAction, at, offset: moves ? numberIn(file, number, offset) : 0, length: moves ? numberIn(file, number, length) : 0,
    })
  }
  return read
}

/** How long each file must be for the log's reads, and which of them it writes. */
export function filesOfIolog(lines: readonly IologLine[]): Map<string, { needed: number, written: boolean }> {
  const files = new Map<string, { needed: number, written: boolean }>()
  for (const { path, action, offset, length } of lines) {
    const file = files.get(path) ?? { needed: 0, written: false }
    files.set(path, file)
    if (action === 'read') file.needed = Math.max(file.needed, offset + length)
    if (action === 'write') file.written = true
  }
  return files
}

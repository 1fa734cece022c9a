// ① interface — one line for each request: in the combined format of Apache and nginx, or as JSON.
import type { IncomingMessage } from 'node:http'

export interface Served {
  readonly request: IncomingMessage
  readonly remoteAddress: string
  readonly status: number
  /** Of the body. */
  readonly bytes: number
  readonly milliseconds: number
  /** The client did not wait for all of it. */
  readonly isCut: boolean
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function timeText(at: Date): string {
  const [date, time] = at.toISOString().split(/[T.]/) as [string, string]
  const [year, month, day] = date.split('-') as [string, string, string]
  return `[${day}/${MONTHS[Number(month) - 1] ?? month}/${year}:${time} +0000]`
}

/** As Apache: nothing that a client sends ends the field or the line. */
function field(text: string | undefined): string {
  if (text === undefined || text === '') return '"-"'
  return `"${text.replaceAll(/["\\]|[^\x20-\x7e]/g, (character) => (/["\\]/.test(character) ? `\\${character}` : `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`))}"`
}

export class AccessLog {
  readonly #isJson: boolean
  #lines: string[] = []

  constructor(isJson: boolean) {
    this.#isJson = isJson
  }

  add(served: Served): void {
    this.#lines.push(this.#isJson ? json(served) : combined(served))
    // Lines of one turn go together.
    if (this.#lines.length === 1) setImmediate(() => this.flush())
  }

  flush(): void {
    const lines = this.#lines
    this.#lines = []
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  }
}

function combined({ request: { method = '', url = '', httpVersion, headers }, remoteAddress, status, bytes }: Served): string {
  return `${remoteAddress} - - ${timeText(new Date())} ${field(`${method} ${url} HTTP/${httpVersion}`)} ${String(status)} ${bytes === 0 ? '-' : String(bytes)} ${field(headers.referer)} ${field(headers['user-agent'])}`
}

function json({ request: { method, url, headers }, remoteAddress, status, bytes, milliseconds, isCut }: Served): string {
  return JSON.stringify({
    time: new Date().toISOString(), remoteAddress, method, url, status, bytes, milliseconds: Math.round(milliseconds * 100) / 100,
    ...isCut ? { cut: true } : {}, referer: headers.referer, userAgent: headers['user-agent'],
  })
}

// ① interface — how far a command is, on the standard error: a line that is drawn again on a terminal, else a line now and then.
import { columnsOf } from '../terminal.js'

/** What there is to show. */
export interface Shown {
  readonly bytes: number
  /** Bytes in all; undefined: not known. */
  readonly total: number | undefined
  /** Files done; undefined: it is one. */
  readonly files: number | undefined
}

const DRAW_MILLISECONDS = 200
const LINE_MILLISECONDS = 5_000
/** The rate is that of the last seconds: a stall shows, and a single piece does not. */
const RATE_MILLISECONDS = 3_000
const BAR_CELLS = 20
const CLEAR_LINE = '\r\u001b[K'
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `1.5 MiB`. */
export function sizeText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit] as string}` // below its length
}

/** `0:07`, `1:02:03`. */
export function timeText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60]
  const hours = Math.floor(seconds / 3600)
  const [minutes, rest] = parts.map((part) => String(part).padStart(2, '0')) as [string, string]
  return hours > 0 ? `${String(hours)}:${minutes}:${rest}` : `${String(parts[0])}:${rest}`
}

/** One line, not wider than the terminal: what does not fit is left out from the middle on. */
function progressText({ bytes, total, files }: Shown, rate: number, elapsed: number, columns: number): string {
  const share = total === undefined || total === 0 ? undefined : Math.min(1, bytes / total)
  const left = total === undefined ? `in ${timeText(elapsed)}` : rate > 0 ? `${timeText((Math.max(0, total - bytes) / rate) * 1000)} left` : 'stalled'
  const filled = Math.round((share ?? 0) * BAR_CELLS)
  const parts = [
    total === undefined ? sizeText(bytes) : `${sizeText(bytes)} of ${sizeText(total)}`,
    ...share === undefined ? [] : [`[${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}]`],
    ...files === undefined ? [] : [`${String(files)} files`],
    ...share === undefined ? [] : [`${String(Math.floor(share * 100))} %`],
    `${sizeText(rate)}/s`, left,
  ]
  while (parts.length > 2 && parts.join('  ').length > columns) parts.splice(1, 1)
  return parts.join('  ').slice(0, columns)
}

export class ProgressLine {
  readonly #look: () => Shown
  readonly #timer: NodeJS.Timeout
  readonly #began = performance.now()
  #looks: { readonly at: number, readonly bytes: number }[] = []
  #isDrawn = false

  constructor(look: () => Shown) {
    this.#look = look
    const { isTTY } = process.stderr
    this.#timer = setInterval(() => this.#show(), isTTY ? DRAW_MILLISECONDS : LINE_MILLISECONDS)
    this.#timer.unref()
  }

  #show(): void {
    const shown = this.#look()
    const now = performance.now()
    const first = this.#looks[0] ?? { at: this.#began, bytes: 0 }
    const rate = now > first.at ? (Math.max(0, shown.bytes - first.bytes) * 1000) / (now - first.at) : 0
    this.#looks.push({ at: now, bytes: shown.bytes })
    while (this.#looks.length > 1 && now - (this.#looks[0] as { readonly at: number }).at > RATE_MILLISECONDS) this.#looks.shift() // there are two
    const columns = columnsOf(process.stderr)
    const { isTTY } = process.stderr
    const text = progressText(shown, rate, now - this.#began, isTTY ? columns - 1 : Infinity)
    process.stderr.write(isTTY ? `${CLEAR_LINE}${text}` : `${text}\n`)
    this.#isDrawn = isTTY
  }

  /** Something else is to be written. */
  clear(): void {
    if (this.#isDrawn) process.stderr.write(CLEAR_LINE)
    this.#isDrawn = false
  }

  end(): void {
    clearInterval(this.#timer)
    this.clear()
  }
}

// ① interface — text for terminals of any width, with and without colour.
import { styleText } from 'node:util'

type Stream = NodeJS.WriteStream & { readonly fd: number }

/** Columns to write for: the terminal's, or 80 where there is none. */
export function columnsOf(stream: Stream): number {
  const given = Number(process.env['COLUMNS'])
  const columns = Number.isSafeInteger(given) && given > 0 ? given : stream.columns
  return Math.max(40, Number.isSafeInteger(columns) && columns > 0 ? columns : 80)
}

/** Whether to write colours there: https://no-color.org, and only on terminals. */
function isColoured(stream: Stream): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced, TERM: terminal } = process.env
  if (none !== undefined && none !== '') return false
  if (forced !== undefined && forced !== '' && forced !== '0') return true
  return stream.isTTY && terminal !== 'dumb'
}

export function painted(stream: Stream, colour: 'green' | 'red' | 'gray' | 'bold' | 'yellow', text: string): string {
  return isColoured(stream) ? styleText(colour, text) : text
}

/** Paragraphs broken at spaces. Lines that begin with a space stay as they are. */
export function wrapped(text: string, columns: number, indent: number): string[] {
  const lead = ' '.repeat(indent)
  const width = Math.max(20, Math.min(columns, 120) - indent)
  return text.split('\n').flatMap((paragraph) => {
    if (paragraph === '' || paragraph.startsWith(' ')) return [`${lead}${paragraph}`.trimEnd()]
    const lines: string[] = []
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(`${lead}${line}`)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    return [...lines, `${lead}${line}`]
  })
}

/** Cut in the middle, where the ends of paths tell most. */
function shortened(text: string, width: number): string {
  if (text.length <= width) return text
  if (width < 8) return text.slice(0, width)
  const tail = Math.ceil((width - 1) * 0.65)
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`
}

/**
 * Rows in columns: numbers to the right, the first column to the left. Columns that do not fit are left out from the right, the last one
 * first, and the first one is cut to what is left.
 */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[], columns: number): string[] {
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)))
  let shown = head.length
  const needed = (): number => widths.slice(1, shown).reduce((sum, width) => sum + width + 2, 0)
  while (shown > 2 && needed() + Math.min(widths[0] ?? 0, 16) > columns) shown--
  const first = Math.min(widths[0] ?? 0, Math.max(8, columns - needed()))
  return [head, ...rows].map((row) => row.slice(0, shown)
    .map((cell, index) => (index === 0 ? shortened(cell, first).padEnd(first) : cell.padStart(widths[index] ?? 0))).join('  ').trimEnd())
}

/** What an untrusted name may not do to a terminal: control characters become escapes. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- exactly these are to be found
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

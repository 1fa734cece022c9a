// Benchmark report — one picture (SVG) for the README: a line for each case, a dot for each contender, placed by its processor time over
// that of the suite's reference. Left of 1 somebody did the work for less: losses are as visible as gains.
import { digits } from './numbers.js'
import type { CaseResult, Report, SuiteResult } from '../results.js'

export type Theme = 'light' | 'dark'

const THEMES = {
  light: { background: '#ffffff', text: '#1f2328', faint: '#59636e', line: '#d1d9e0', colours: ['#0969da', '#bc4c00', '#8250df', '#1a7f37', '#cf222e', '#7d4e00', '#57606a'] },
  dark: { background: '#0d1117', text: '#e6edf3', faint: '#9198a1', line: '#3d444d', colours: ['#58a6ff', '#ffa657', '#d2a8ff', '#56d364', '#ff7b72', '#e3b341', '#b1bac4'] },
} as const

/** Contenders that share a colour, in the order of the colours. The last takes all others. */
const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['trueaio, on other terms', /^trueaio/], ['newest Node', /^the newest Node$/], ['Node', /^(Node \d+|fs)/], ['Bun', /^Bun/], ['Deno', /^Deno/], ['synchronous calls', /sync/i], ['plain tools', /./],
]

const WIDTH = 860
const LABELS = 300
const MARGIN = 24
const ROW = 20
const HEAD = 96
const FOOT = 56
/** About as wide as a letter of the legend. */
const LETTER = 6.4

interface Dot {
  readonly name: string
  readonly family: number
  readonly ratio: number
}

interface Row {
  readonly title: string
  readonly dots: readonly Dot[]
}

function rowOf({ reference }: SuiteResult, { name, contenders }: CaseResult): Row | undefined {
  const ours = contenders.find((one) => one.name === reference)?.cpuMicrosecondsPerOperation?.median
  if (ours === undefined || ours === 0) return undefined
  const dots = contenders.flatMap((one) => {
    const theirs = one.cpuMicrosecondsPerOperation?.median
    if (one.name === reference || theirs === undefined || theirs === 0) return []
    return [{ name: one.name, family: FAMILIES.findIndex(([, pattern]) => pattern.test(one.name)), ratio: theirs / ours }]
  })
  return dots.length === 0 ? undefined : { title: name, dots }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/** Powers of two around all ratios, with 1 inside. */
function bounds(rows: readonly Row[]): { readonly least: number, readonly most: number } {
  const powers = rows.flatMap(({ dots }) => dots.map(({ ratio }) => Math.log2(ratio)))
  return { least: Math.min(-1, Math.floor(Math.min(...powers))), most: Math.max(1, Math.ceil(Math.max(...powers))) }
}

/** @throws when the report has no case with processor times of its reference and of somebody else */
export function renderPicture(report: Report, theme: Theme): string {
  const rows = report.suites.flatMap((suite) => suite.cases.flatMap((one) => rowOf(suite, one) ?? []))
  if (rows.length === 0) throw new Error('nothing to draw: no case has processor times of two contenders')
  const { background, text, faint, line, colours } = THEMES[theme]
  const { least, most } = bounds(rows)
  const height = HEAD + rows.length * ROW + FOOT
  const x = (power: number): number => LABELS + ((power - least) / (most - least)) * (WIDTH - LABELS - MARGIN)
  const write = (at: number, y: number, words: string, attributes: string): string => `<text x="${at.toFixed(1)}" y="${String(y)}" ${attributes}>${escape(words)}</text>`
  const parts: string[] = []

  parts.push(write(MARGIN, 28, 'Processor time for the same work, as a multiple of trueaio’s', `fill="${text}" font-size="16" font-weight="600"`))
  parts.push(write(MARGIN, 48, 'Right of 1: it costs more than trueaio. Left of 1: it costs less, and trueaio loses.', `fill="${faint}" font-size="12"`))
  const present = FAMILIES.map(([name], family) => ({ name, family })).filter(({ family }) => rows.some(({ dots }) => dots.some((dot) => dot.family === family)))
  let at = MARGIN
  for (const { name, family } of present) {
    parts.push(`<circle cx="${(at + 5).toFixed(1)}" cy="68" r="5" fill="${colours[family] ?? faint}"/>`, write(at + 14, 72, name, `fill="${text}" font-size="12"`))
    at += 30 + name.length * LETTER
  }

  for (let power = least; power <= most; power++) {
    const [place, isOne] = [x(power).toFixed(1), power === 0]
    parts.push(`<line x1="${place}" x2="${place}" y1="${String(HEAD - 8)}" y2="${String(HEAD + rows.length * ROW)}" stroke="${isOne ? text : line}" stroke-width="${isOne ? '1.5' : '1'}"/>`)
    parts.push(write(x(power), HEAD + rows.length * ROW + 18, `${digits(2 ** power).replace(/\.?0+$/, '')} ×`, `fill="${faint}" font-size="12" text-anchor="middle"`))
  }
  rows.forEach(({ title, dots }, index) => {
    const y = HEAD + index * ROW + ROW / 2
    parts.push(write(LABELS - 12, y + 4, title, `fill="${text}" font-size="12" text-anchor="end"`))
    for (const { name, family, ratio } of dots) {
      const label = `${name}: ${digits(ratio)} times the processor time of trueaio`
      parts.push(`<circle cx="${x(Math.log2(ratio)).toFixed(1)}" cy="${String(y)}" r="5" fill="${colours[family] ?? faint}" fill-opacity="0.85"><title>${escape(label)}</title></circle>`)
    }
  })
  const { cpu, cores, kernel, system, node, fileSystem } = report.machine
  const machine = `${cpu}, ${String(cores)} cores, ${system} ${kernel.split('-')[0] ?? ''}, Node ${node.replace(/^v/, '')}, ${fileSystem}; ${report.quick ? 'a quick run, rough figures' : `medians of ${String(report.rounds)} rounds`}, ${report.startedAt.slice(0, 10)}`
  parts.push(write(MARGIN, height - 14, machine, `fill="${faint}" font-size="11"`))

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(height)}" width="${String(WIDTH)}" height="${String(height)}" font-family="system-ui, sans-serif" role="img">
<title>Processor time for the same work, as a multiple of trueaio’s</title>
<rect width="100%" height="100%" rx="6" fill="${background}"/>
${parts.join('\n')}
</svg>
`
}

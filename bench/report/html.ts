// Benchmark report — one HTML file with everything in it: tables whose cells are bar charts, and line charts over the
// operations in flight (uPlot, inlined). It opens from disk and asks no network for anything.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { bytes, digits, figureColumn, thousands, withRange } from './numbers.js'
import type { CaseResult, ContenderResult, Report, Spread, SuiteResult, TargetResult } from '../results.js'
import { CHART_SCRIPT, STYLE } from './page.js'

/** A line wants this many points. */
const LINE_POINTS_MIN = 3

export function renderHtml(report: Report): string {
  const packages = createRequire(import.meta.url)
  const library = readFileSync(packages.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8')
  const libraryStyle = readFileSync(packages.resolve('uplot/dist/uPlot.min.css'), 'utf8')
  const charts = report.suites.filter(hasLines).map(lineData)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>trueaio benchmark, ${escape(report.startedAt)}</title>
<style>${libraryStyle}${STYLE}</style>
</head>
<body>
<h1>trueaio benchmark</h1>
${facts(report)}
${targets(report.targets.filter(({ suite }) => report.suites.some(({ name }) => name === suite)))}
${report.suites.map(suiteSection).join('\n')}
<script>${library.replaceAll('</script', '<\\/script')}</script>
<script>const charts = ${JSON.stringify(charts).replaceAll('<', '\\u003c')};${CHART_SCRIPT}</script>
</body>
</html>
`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function facts({ machine, driver, versions, startedAt, rounds, seconds, quick }: Report): string {
  const rows: [string, string][] = [
    ['machine', `${machine.cpu}, ${String(machine.cores)} cores, ${bytes(machine.memoryBytes)}`],
    ['system', `${machine.system} ${machine.kernel}, ${machine.architecture}, files on ${machine.fileSystem}`],
    ['versions', `trueaio ${versions.trueaio}, Node ${machine.node}, libuv ${machine.libuv}, ${versions.fio ?? 'no fio'}`],
    ['driver', driver.name === null ? `none: ${driver.reason ?? ''}` : driver.choices.map(({ name, state, reason }) => `${name}: ${state}${reason === undefined ? '' : ` (${reason})`}`).join('; ')],
    ['run', `${startedAt}, ${String(rounds)} rounds in ${digits(seconds)} s${quick ? ', --quick' : ''}`],
  ]
  return `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${escape(value)}</dd>`).join('')}</dl>`
}

function targets(results: readonly TargetResult[]): string {
  const marks = { met: '✓', missed: '✗', 'not measured': '–' }
  const rows = results.map(({ work, against, comparison, wanted, measured, unit, state }) => {
    const format = (value: number): string => (unit === 'bytes' ? bytes(value) : `${digits(value)} ×`)
    return `<tr class="${state.replace(' ', '-')}"><td>${escape(work)}<td>${escape(against)}<td class="n">${comparison === 'at least' ? '≥' : '≤'} ${format(wanted)}<td class="n">${measured === null ? '–' : format(measured)}<td class="mark" title="${state}">${marks[state]}</tr>`
  })
  return `<section><h2>Targets</h2><table><thead><tr><th>work<th>against<th class="n">wanted<th class="n">measured<th></tr></thead><tbody>${rows.join('\n')}</tbody></table></section>`
}

function suiteSection(suite: SuiteResult): string {
  const lines = hasLines(suite) ? `<div class="lines" id="lines-${suite.name}"></div>` : ''
  return `<section><h2>${escape(suite.title)}</h2>${lines}${suite.cases.map((case_) => caseTable(suite, case_)).join('\n')}</section>`
}

function caseTable(suite: SuiteResult, case_: CaseResult): string {
  const figures = [...new Set(case_.contenders.flatMap(({ figures: own }) => Object.keys(own ?? {})))]
  const most = Math.max(...case_.contenders.map(({ operationsPerSecond }) => operationsPerSecond?.max ?? 0), Number.MIN_VALUE)
  const columns = 4 + figures.length
  const head = `<tr><th>${escape(case_.name)}<th><th class="n">k ${escape(suite.unit)}/s<th class="n">CPU µs each<th class="n">reference ÷ this${figures.map((key) => `<th class="n">${figureColumn(key).title}`).join('')}</tr>`
  const rows = case_.contenders.map((contender) => contenderRow(suite, contender, figures, most, columns))
  return `<table class="bars"><thead>${head}</thead><tbody>${rows.join('\n')}</tbody></table>`
}

function contenderRow(suite: SuiteResult, contender: ContenderResult, figures: readonly string[], most: number, columns: number): string {
  const isReference = contender.name === suite.reference
  const name = `<td class="name">${escape(contender.name)}`
  const rate = contender.operationsPerSecond
  if (contender.state !== 'measured' || rate === undefined) {
    return `<tr class="${contender.state}">${name}<td colspan="${String(columns)}">${contender.state}: ${escape(contender.reason?.split('\n')[0] ?? '')}</tr>`
  }
  const ours = contender.name.startsWith('trueaio') ? ' ours' : ''
  const ratio = isReference ? 'reference' : withRange(contender.ratio, digits)
  const lost = !isReference && (contender.ratio?.median ?? Infinity) < 1
  return `<tr class="measured${isReference ? ' reference' : ''}${ours}">${name}<td class="bar">${bar(rate, most)}<td class="n">${withRange(rate, thousands)}`
    + `<td class="n">${contender.cpuMicrosecondsPerOperation === undefined ? '–' : digits(contender.cpuMicrosecondsPerOperation.median)}`
    + `<td class="n${lost ? ' lost' : ''}">${lost ? '▼ ' : ''}${ratio}`
    + `${figures.map((key) => figureCell(key, contender.figures?.[key])).join('')}</tr>`
}

function figureCell(key: string, spread: Spread | undefined): string {
  const { format } = figureColumn(key)
  return spread === undefined ? '<td class="n">–' : `<td class="n" title="${format(spread.min)}–${format(spread.max)}">${format(spread.median)}`
}

/** The median as a bar, the range from least to greatest as a line on it. */
function bar({ median, min, max }: Spread, most: number): string {
  const share = (value: number): string => `${((value / most) * 100).toFixed(2)}%`
  return `<div class="track"><div class="fill" style="width:${share(median)}"></div><div class="range" style="left:${share(min)};width:${share(max - min)}"></div></div>`
}

function hasLines(suite: SuiteResult): boolean {
  return new Set(suite.cases.map(({ inFlight }) => inFlight)).size >= LINE_POINTS_MIN
}

interface LineData {
  readonly id: string
  readonly unit: string
  readonly names: readonly string[]
  /** As uPlot has it: the places on the x axis, then the values of each line in turn. */
  readonly values: readonly (readonly (number | null)[])[]
}

function lineData(suite: SuiteResult): LineData {
  const names = [...new Set(suite.cases.flatMap(({ contenders }) => contenders).filter(({ state }) => state === 'measured').map(({ name }) => name))]
  const at = (case_: CaseResult, name: string): number | null => case_.contenders.find((contender) => contender.name === name)?.operationsPerSecond?.median ?? null
  return {
    id: `lines-${suite.name}`, unit: suite.unit, names,
    values: [suite.cases.map(({ inFlight }) => inFlight), ...names.map((name) => suite.cases.map((case_) => at(case_, name)))],
  }
}

// Benchmark report — tables for a terminal: a table a case, then the targets.
import Table from 'cli-table3'
import pc from 'picocolors'
import { bytes, digits, figureColumn, thousands, withRange } from './numbers.js'
import type { CaseResult, ContenderResult, Report, Spread, SuiteResult, TargetResult } from '../results.js'

const PLAIN = { head: [], border: [] }
const REASON_LENGTH_MAX = 100

export function renderReport(report: Report): string {
  const parts = [heading(report)]
  for (const suite of report.suites) {
    parts.push('', pc.bold(pc.cyan(suite.title)) + pc.dim(`  ${suite.name.startsWith('peers-') ? '--peers' : `--only ${suite.name}`}`))
    for (const case_ of suite.cases) if (case_.contenders.length > 0) parts.push(renderCase(suite, case_))
  }
  parts.push('', legend(report))
  const targets = report.targets.filter(({ suite }) => report.suites.some(({ name }) => name === suite))
  if (targets.length > 0) parts.push('', renderTargets(targets))
  return parts.join('\n')
}

function heading(report: Report): string {
  const { machine, driver, versions } = report
  const facts = `${machine.cpu}, ${String(machine.cores)} cores · ${machine.system} ${machine.kernel} · Node ${machine.node} · ${machine.fileSystem}${versions.fio === null ? ' · no fio' : ` · ${versions.fio}`}`
  const which = driver.name === null ? pc.red(`no driver: ${driver.reason ?? ''}`) : `driver: ${pc.bold(driver.name)}${refusals(report)}`
  return `${pc.bold('trueaio')} ${report.versions.trueaio} · ${facts}\n${which}`
}

function refusals(report: Report): string {
  const refused = report.driver.choices.filter(({ state }) => state === 'refused')
  return refused.map(({ name, reason }) => `; ${name} refused: ${reason ?? ''}`).join('')
}

function renderCase(suite: SuiteResult, case_: CaseResult): string {
  const figures = [...new Set(case_.contenders.flatMap(({ figures: own }) => Object.keys(own ?? {})))]
  const table = new Table({
    head: [pc.bold(case_.name), `k ${suite.unit}/s`, 'min–max', 'CPU µs each', 'reference ÷ this', ...figures.map((key) => figureColumn(key).title)],
    colAligns: ['left', 'right', 'right', 'right', 'left', ...figures.map(() => 'right' as const)],
    style: { ...PLAIN, compact: true },
  })
  for (const contender of case_.contenders) table.push(contenderRow(suite, contender, figures))
  return table.toString()
}

function contenderRow(suite: SuiteResult, contender: ContenderResult, figures: readonly string[]): Table.HorizontalTableRow {
  const isReference = contender.name === suite.reference
  const name = isReference ? pc.bold(contender.name) : contender.name
  if (contender.state !== 'measured') {
    const text = `${contender.state}: ${firstLine(contender.reason ?? '')}`
    return [pc.dim(name), { content: contender.state === 'failed' ? pc.red(text) : pc.dim(text), colSpan: 4 + figures.length }]
  }
  const rate = contender.operationsPerSecond
  return [
    name,
    rate === undefined ? '–' : thousands(rate.median),
    pc.dim(rate === undefined ? '–' : `${thousands(rate.min)}–${thousands(rate.max)}`),
    contender.cpuMicrosecondsPerOperation === undefined ? '–' : digits(contender.cpuMicrosecondsPerOperation.median),
    isReference ? pc.dim('reference') : ratio(contender.ratio),
    ...figures.map((key) => (contender.figures?.[key] === undefined ? '–' : figureColumn(key).format(contender.figures[key].median))),
  ]
}

/** Where the reference lost, it says so. */
function ratio(spread: Spread | undefined): string {
  if (spread === undefined) return '–'
  const text = withRange(spread, digits)
  return spread.median < 1 ? pc.red(`▼ ${text}`) : pc.green(`  ${text}`)
}

function firstLine(reason: string): string {
  const line = reason.split('\n')[0] ?? ''
  return line.length > REASON_LENGTH_MAX ? `${line.slice(0, REASON_LENGTH_MAX)}…` : line
}

function legend(report: Report): string {
  return pc.dim(`Medians of up to ${String(report.rounds)} rounds, measured in turn. reference ÷ this: how many times the rate of this row the bold row reaches; ▼ this row is faster.\n`
    + `CPU: user and system time of the whole process. ${digits(report.seconds)} s in all.${report.quick ? '\nA look, not a measurement: code is still warming up in so short a time. The targets are those of a run without --quick.' : ''}`)
}

function renderTargets(targets: readonly TargetResult[]): string {
  const table = new Table({ head: [pc.bold('target'), 'against', 'wanted', 'measured', ''], colAligns: ['left', 'left', 'right', 'right', 'left'], style: { ...PLAIN, compact: true } })
  for (const target of targets) {
    const format = (value: number): string => (target.unit === 'bytes' ? bytes(value) : `${digits(value)} ×`)
    table.push([
      target.work, target.against, `${target.comparison === 'at least' ? '≥' : '≤'} ${format(target.wanted)}`,
      target.measured === null ? '–' : format(target.measured), mark(target),
    ])
  }
  return table.toString()
}

function mark({ state }: TargetResult): string {
  if (state === 'met') return pc.green('✓')
  return state === 'missed' ? pc.red('✗') : pc.dim('not measured')
}

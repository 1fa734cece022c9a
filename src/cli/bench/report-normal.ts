// ① interface — the report for people, in fio's form.
import { deviationOf, meanOf, percentileOf, type LatencyFigures } from './histogram.js'
import { NS_CLASSES, type DirectionFigures } from './figures.js'
import { shares, type Reported, type ReportFacts } from './report-json.js'

const DIRECTIONS = ['read', 'write', 'trim'] as const

function scaled(value: number, base: number, units: readonly string[]): string {
  let unit = 0
  let left = value
  while (left >= base * 9.9995 && unit < units.length - 1) {
    left /= base
    unit++
  }
  return `${left >= 1000 ? left.toFixed(0) : left >= 100 ? left.toFixed(0) : left >= 10 ? left.toFixed(1) : Number.isInteger(left) ? String(left) : left.toFixed(2)}${units[unit] ?? ''}`
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB']

export function binary(bytes: number): string {
  return scaled(bytes, 1024, BINARY)
}

function decimal(bytes: number): string {
  return scaled(bytes, 1000, DECIMAL)
}

function thousands(value: number): string {
  return value >= 9999.5 ? scaled(value, 1000, ['', 'k', 'M', 'G']) : String(Math.floor(value))
}

interface TimeUnit {
  readonly name: string
  readonly nanoseconds: number
}

/** The unit in which the least and the mean are readable. */
function unitOf({ least, greatest }: LatencyFigures, mean: number): TimeUnit {
  if (least > 2_000_000 && greatest > 99_999_000 && mean > 99_999_000) return { name: 'msec', nanoseconds: 1e6 }
  return least > 2000 && greatest > 99_999 ? { name: 'usec', nanoseconds: 1e3 } : greatest > 9_999_999 ? { name: 'usec', nanoseconds: 1e3 } : { name: 'nsec', nanoseconds: 1 }
}

function latencyLine(name: string, figures: LatencyFigures): string[] {
  if (figures.count === 0) return []
  const mean = meanOf(figures)
  const { name: unit, nanoseconds } = unitOf(figures, mean)
  const value = (time: number): string => thousands(time / nanoseconds)
  return [`${name.padStart(8)} (${unit}): min=${value(figures.least)}, max=${value(figures.greatest)}, avg=${(mean / nanoseconds).toFixed(2)}, stdev=${(deviationOf(figures) / nanoseconds).toFixed(2)}`]
}

function percentileLines(name: string, figures: LatencyFigures, percentiles: readonly number[]): string[] {
  if (figures.count === 0) return []
  const { name: unit, nanoseconds } = unitOf(figures, meanOf(figures))
  const cells = percentiles.map((percentile) => `${percentile.toFixed(2).padStart(5)}th=[${Math.round(percentileOf(figures, percentile) / nanoseconds).toString().padStart(5)}]`)
  const lines = []
  for (let index = 0; index < cells.length; index += 4) lines.push(`     | ${cells.slice(index, index + 4).join(', ')}${index + 4 < cells.length ? ',' : ''}`)
  return [`    ${name} percentiles (${unit}):`, ...lines]
}

function directionLines(name: string, figures: DirectionFigures, { job }: Reported): string[] {
  if (figures.operations === 0) return []
  const seconds = figures.runtime / 1e3
  const rate = figures.bytes / seconds
  return [
    `  ${name}: IOPS=${thousands(figures.operations / seconds)}, BW=${binary(rate)}/s (${decimal(rate)}/s)(${binary(figures.bytes)}/${String(figures.runtime)}msec)`,
    ...latencyLine('slat', figures.slat), ...latencyLine('clat', figures.clat), ...latencyLine('lat', figures.lat),
    ...(job.slatPercentiles ? percentileLines('slat', figures.slat, job.percentiles) : []),
    ...(job.clatPercentiles ? percentileLines('clat', figures.clat, job.percentiles) : []),
    ...(job.latPercentiles ? percentileLines('lat', figures.lat, job.percentiles) : []),
  ]
}

function classLines(classes: readonly number[]): string[] {
  return ([['nsec', 0, 10], ['usec', 10, 20], ['msec', 20, 32]] as const).flatMap(([unit, from, to]) => {
    const cells = classes.slice(from, to).flatMap((share, index) => (share > 0 ? [`${index === 11 ? '>=2000' : String(index === 10 ? 2000 : NS_CLASSES[index])}=${Math.max(0.01, share).toFixed(2)}%`] : []))
    const lines: string[] = []
    for (let index = 0; index < cells.length; index += 5) lines.push(`  lat (${unit})   : ${cells.slice(index, index + 5).join(', ')}`)
    return lines
  })
}

function listed(names: readonly string[], values: readonly number[]): string {
  return names.map((name, index) => `${name}=${(values[index] ?? 0).toFixed(1)}%`).join(', ')
}

function jobLines(reported: Reported, clones: number): string[] {
  const { job, figures } = reported
  const operations = figures.directions.reduce((sum, each) => sum + each.operations, 0)
  const cpu = (microseconds: number): string => ((microseconds / 1e3 / Math.max(1, figures.runtime)) * 100).toFixed(2)
  const count = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0)
  return [
    '', `${job.name}: (groupid=${String(job.group)}, jobs=${String(clones)}): err=${figures.error === 0 ? ' 0' : `${String(figures.error)} (${figures.problem ?? ''})`}: pid=${String(figures.pid)}`,
    ...(job.description === undefined ? [] : [`  Description  : [${job.description}]`]),
    ...figures.directions.flatMap((direction, index) => directionLines(DIRECTIONS[index] ?? '', direction, reported)),
    ...classLines(shares(figures.classes, operations)),
    ...(figures.sync.count === 0 ? [] : ['  fsync/fdatasync/sync_file_range:', ...latencyLine('sync', figures.sync), ...percentileLines('sync', figures.sync, job.percentiles)]),
    `  cpu          : usr=${cpu(figures.user)}%, sys=${cpu(figures.system)}%, ctx=${String(figures.switches)}, majf=${String(figures.majorFaults)}, minf=${String(figures.minorFaults)}`,
    `  IO depths    : ${listed(['1', '2', '4', '8', '16', '32', '>=64'], shares(figures.depths, operations))}`,
    `     submit    : ${listed(['0', '4', '8', '16', '32', '64', '>=64'], shares(figures.submits, count(figures.submits)))}`,
    `     complete  : ${listed(['0', '4', '8', '16', '32', '64', '>=64'], shares(figures.completes, count(figures.completes)))}`,
    `     issued rwts: total=${figures.directions.map((direction) => direction.operations).join(',')},${String(figures.sync.count)} short=${figures.directions.map(({ short }) => short).join(',')},0 dropped=0,0,0,0`,
    ...(figures.calls === undefined ? [] : [`     other calls: ${String(figures.calls)}`]),
    `     driver    : ${figures.driver}`,
  ]
}

function groupLines(group: number, jobs: readonly Reported[]): string[] {
  const lines = DIRECTIONS.flatMap((name, index) => {
    const figures = jobs.map((job) => job.figures.directions[index] as DirectionFigures).filter(({ operations }) => operations > 0)
    if (figures.length === 0) return []
    const rates = figures.map(({ bytes, runtime }) => bytes / (runtime / 1e3))
    const runtimes = figures.map(({ runtime }) => runtime)
    const bytes = figures.reduce((sum, each) => sum + each.bytes, 0)
    const all = bytes / (Math.max(...runtimes) / 1e3)
    const [least, most] = [Math.min(...rates), Math.max(...rates)]
    const label = name.toUpperCase().padStart(7)
    return [`${label}: bw=${binary(all)}/s (${decimal(all)}/s), ${binary(least)}/s-${binary(most)}/s (${decimal(least)}/s-${decimal(most)}/s), io=${binary(bytes)} (${decimal(bytes)}), run=${String(Math.min(...runtimes))}-${String(Math.max(...runtimes))}msec`]
  })
  return ['', `Run status group ${String(group)} (all jobs):`, ...lines]
}

export function normalReport({ version, jobs, disks }: ReportFacts, clones: ReadonlyMap<Reported, number>): string {
  const groups = [...new Set(jobs.map(({ job }) => job.group))]
  return [
    `trueaio-${version}`, ...jobs.flatMap((job) => jobLines(job, clones.get(job) ?? 1)), ...groups.flatMap((group) => groupLines(group, jobs.filter(({ job }) => job.group === group))),
    ...(disks.length === 0 ? [] : ['', 'Disk stats (read/write):', ...disks.map((disk) => `  ${disk.name}: ios=${String(disk.readIos)}/${String(disk.writeIos)}, merge=${String(disk.readMerges)}/${String(disk.writeMerges)}, ticks=${String(disk.readTicks)}/${String(disk.writeTicks)}, in_queue=${String(disk.inQueue)}, util=${disk.utilization.toFixed(2)}%`)]),
  ].join('\n')
}

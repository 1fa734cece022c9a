// ① interface — the report as fio's terse format, version 3: one line a job, fields between semicolons, latencies in microseconds.
import { deviationOf, meanOf, percentileOf, type LatencyFigures } from './histogram.js'
import type { DirectionFigures } from './figures.js'
import { sampleDeviation, shares, type Reported, type ReportFacts } from './report-json.js'

const PERCENTILES = 20

function micro(nanoseconds: number): string {
  return String(Math.floor(nanoseconds / 1e3))
}

function latency(figures: LatencyFigures): string[] {
  return [micro(figures.least), micro(figures.greatest), (meanOf(figures) / 1e3).toFixed(6), (deviationOf(figures) / 1e3).toFixed(6)]
}

function direction({ bytes, operations, runtime, slat, clat, lat, bandwidth }: DirectionFigures, { job }: Reported): string[] {
  const seconds = runtime / 1e3
  const perSecond = (value: number): string => String(Math.floor(seconds === 0 ? 0 : value / seconds))
  const wanted = job.clatPercentiles && clat.count > 0 ? job.percentiles.slice(0, PERCENTILES) : []
  const percentiles = wanted.map((percentile) => `${percentile.toFixed(6)}%=${micro(percentileOf(clat, percentile))}`)
  const mean = bandwidth.count === 0 ? 0 : bandwidth.sum / bandwidth.count
  return [
    String(Math.floor(bytes / 1024)), perSecond(bytes / 1024), perSecond(operations), String(runtime), ...latency(slat), ...latency(clat),
    ...percentiles, ...new Array<string>(PERCENTILES - percentiles.length).fill('0%=0'), ...latency(lat),
    String(Math.floor(bandwidth.least)), String(Math.floor(bandwidth.greatest)), `${(bandwidth.count === 0 ? 0 : 100).toFixed(6)}%`, mean.toFixed(6), sampleDeviation(bandwidth).toFixed(6),
  ]
}

export function terseReport({ version, jobs, disks }: ReportFacts): string {
  return jobs.map((reported) => {
    const { job, figures } = reported
    const [reads, writes] = figures.directions
    const operations = reads.operations + writes.operations
    const cpu = (microseconds: number): string => `${((microseconds / 1e3 / Math.max(1, figures.runtime)) * 100).toFixed(6)}%`
    const classes = shares(figures.classes, operations)
    return [
      '3', `trueaio-${version}`, job.name, String(job.group), String(figures.error), ...direction(reads, reported), ...direction(writes, reported),
      cpu(figures.user), cpu(figures.system), String(figures.switches), String(figures.majorFaults), String(figures.minorFaults),
      ...shares(figures.depths, operations).map((share) => `${share.toFixed(1)}%`),
      // Nanoseconds are all below the first class of microseconds.
      ...[classes.slice(0, 10).reduce((sum, share) => sum + share, classes[10] ?? 0), ...classes.slice(11)].map((share) => `${share.toFixed(2)}%`),
      ...disks.flatMap((disk) => [disk.name, String(disk.readIos), String(disk.writeIos), String(disk.readMerges), String(disk.writeMerges), String(disk.readTicks), String(disk.writeTicks), String(disk.inQueue), `${disk.utilization.toFixed(2)}%`]),
      ...(job.description === undefined ? [] : [job.description]),
    ].join(';')
  }).join('\n')
}

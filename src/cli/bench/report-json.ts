// ① interface — the report as fio's JSON: the same keys, in the same places, with the same units.
import { deviationOf, meanOf, percentileOf, valueOf, type LatencyFigures } from './histogram.js'
import { NS_CLASSES, type DirectionFigures, type JobFigures, type Sampled } from './figures.js'
import type { DiskFigures } from './disks.js'
import type { Job } from './job.js'
import type { Written } from './job-file.js'

/** One job, or the clones of one, for the report. */
export interface Reported {
  readonly job: Job
  readonly figures: JobFigures
  readonly elapsed: number
}

export interface ReportFacts {
  readonly version: string
  readonly startedAt: Date
  readonly global: Written
  readonly jobs: readonly Reported[]
  readonly disks: readonly DiskFigures[]
  /** json+: with the bins of histograms. */
  readonly plus: boolean
}

type Json = Readonly<Record<string, unknown>>

function optionsOf(written: Written): Json {
  // As in fio, options that stand alone are not told.
  return Object.fromEntries(written.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

function latency(figures: LatencyFigures, percentiles: readonly number[] | undefined, plus: boolean): Json {
  const json: Record<string, unknown> = {
    min: Math.round(figures.least), max: Math.round(figures.greatest), mean: rounded(meanOf(figures)), stddev: rounded(deviationOf(figures)), N: figures.count,
  }
  if (percentiles === undefined || figures.count === 0) return json
  json['percentile'] = Object.fromEntries(percentiles.map((percentile) => [percentile.toFixed(6), percentileOf(figures, percentile)]))
  if (!plus) return json
  const bins: Record<string, number> = {}
  for (let index = 0; index < figures.bins.length; index += 2) bins[String(valueOf(figures.bins[index] as number))] = figures.bins[index + 1] as number
  json['bins'] = bins
  return json
}

function meanSample({ sum, count }: Sampled): number {
  return count === 0 ? 0 : sum / count
}

export function sampleDeviation(sampled: Sampled): number {
  return sampled.count < 2 ? 0 : Math.sqrt(Math.max(0, (sampled.squares - sampled.count * meanSample(sampled) ** 2) / (sampled.count - 1)))
}

function direction(figures: DirectionFigures, job: Job, plus: boolean): Json {
  const seconds = figures.runtime / 1e3
  const perSecond = (value: number): number => (seconds === 0 ? 0 : value / seconds)
  const { bandwidth, iops } = figures
  const listed = (isWanted: boolean): readonly number[] | undefined => (isWanted ? job.percentiles : undefined)
  return {
    io_bytes: figures.bytes, io_kbytes: Math.floor(figures.bytes / 1024), bw_bytes: Math.floor(perSecond(figures.bytes)), bw: Math.floor(perSecond(figures.bytes) / 1024),
    iops: rounded(perSecond(figures.operations)), runtime: figures.runtime, total_ios: figures.operations, short_ios: figures.short, drop_ios: 0,
    slat_ns: latency(figures.slat, listed(job.slatPercentiles), plus), clat_ns: latency(figures.clat, listed(job.clatPercentiles), plus),
    lat_ns: latency(figures.lat, listed(job.latPercentiles), plus),
    bw_min: Math.floor(bandwidth.least), bw_max: Math.floor(bandwidth.greatest), bw_agg: bandwidth.count === 0 ? 0 : 100,
    bw_mean: rounded(meanSample(bandwidth)), bw_dev: rounded(sampleDeviation(bandwidth)), bw_samples: bandwidth.count,
    iops_min: Math.floor(iops.least), iops_max: Math.floor(iops.greatest), iops_mean: rounded(meanSample(iops)), iops_stddev: rounded(sampleDeviation(iops)), iops_samples: iops.count,
  }
}

export function shares(counts: readonly number[], total: number): number[] {
  return counts.map((count) => (total === 0 ? 0 : rounded((count / total) * 100)))
}

function named(names: readonly string[], values: readonly number[]): Json {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? 0]))
}

function jobJson({ job, figures, elapsed }: Reported, plus: boolean): Json {
  const [reads, writes, trims] = figures.directions
  const operations = reads.operations + writes.operations
  const classes = shares(figures.classes, operations)
  const names = NS_CLASSES.map(String)
  const sync: Record<string, unknown> = { total_ios: figures.sync.count, lat_ns: latency(figures.sync, job.percentiles, plus) }
  const cpu = (microseconds: number): number => rounded((microseconds / 1e3 / Math.max(1, figures.runtime)) * 100)
  return {
    jobname: job.name, groupid: job.group, error: figures.error, eta: 0, elapsed, 'job options': optionsOf(job.written),
    read: direction(reads, job, plus), write: direction(writes, job, plus), trim: direction(trims, job, plus), sync,
    job_runtime: figures.runtime, usr_cpu: cpu(figures.user), sys_cpu: cpu(figures.system), ctx: figures.switches, majf: figures.majorFaults, minf: figures.minorFaults,
    iodepth_level: named(['1', '2', '4', '8', '16', '32', '>=64'], shares(figures.depths, operations)),
    iodepth_submit: named(['0', '4', '8', '16', '32', '64', '>=64'], shares(figures.submits, figures.submits.reduce((sum, count) => sum + count, 0))),
    iodepth_complete: named(['0', '4', '8', '16', '32', '64', '>=64'], shares(figures.completes, figures.completes.reduce((sum, count) => sum + count, 0))),
    latency_ns: named(names, classes.slice(0, 10)), latency_us: named(names, classes.slice(10, 20)), latency_ms: named([...names, '2000', '>=2000'], classes.slice(20)),
    ...(job.continueOnError ? { total_err: figures.errors ?? 0, first_error: figures.firstError ?? 0 } : {}),
    latency_depth: job.depth, latency_target: 0, latency_percentile: 100, latency_window: 0,
    ...(job.description === undefined ? {} : { desc: job.description }),
    // No key of fio's: only jobs with replay_metadata have it.
    ...(job.replayMetadata === undefined ? {} : { other_calls: figures.calls ?? 0 }),
  }
}

export function jsonReport({ version, startedAt, global, jobs, disks, plus }: ReportFacts): string {
  const options = optionsOf(global)
  return JSON.stringify({
    'fio version': `trueaio-${version}`, timestamp: Math.floor(startedAt.getTime() / 1e3), timestamp_ms: startedAt.getTime(), time: startedAt.toString().replace(/ GMT.*$/, ''),
    ...(Object.keys(options).length === 0 ? {} : { 'global options': options }),
    jobs: jobs.map((job) => jobJson(job, plus)),
    ...(disks.length === 0 ? {} : {
      disk_util: disks.map(({ name, readIos, writeIos, readMerges, writeMerges, readTicks, writeTicks, inQueue, utilization }) => ({
        name, read_ios: readIos, write_ios: writeIos, read_merges: readMerges, write_merges: writeMerges, read_ticks: readTicks, write_ticks: writeTicks, in_queue: inQueue, util: utilization,
      })),
    }),
  }, undefined, 2)
}

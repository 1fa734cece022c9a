// ① interface — the options of jobs: their names, as in fio(1), and what else they are called.
import { Refusal } from '../command.js'

interface Row {
  readonly aliases?: readonly string[]
  /** May stand without a value. */
  readonly flag?: true
}

const flag: Row = { flag: true }
const value: Row = {}

/** Every option that `trueaio bench` takes in a job. */
const OPTIONS: Readonly<Record<string, Row>> = {
  name: value, description: value, rw: { aliases: ['readwrite'] }, bs: { aliases: ['blocksize'] }, bsrange: { aliases: ['blocksize_range'] }, bssplit: value,
  bs_unaligned: { aliases: ['blocksize_unaligned'], flag: true }, blockalign: { aliases: ['ba'] },
  size: value, io_size: { aliases: ['io_limit'] }, filesize: value, offset: value, offset_increment: value, number_ios: value,
  filename: value, directory: value, nrfiles: { aliases: ['nr_files'] }, openfiles: value, file_service_type: value,
  create_on_open: flag, create_only: flag, create_serialize: flag, create_fsync: flag, fallocate: value, overwrite: flag, file_append: flag, unlink: flag, allow_file_create: flag,
  ioengine: value, iodepth: value, iodepth_batch: { aliases: ['iodepth_batch_submit'] }, iodepth_batch_complete_min: { aliases: ['iodepth_batch_complete'] },
  iodepth_batch_complete_max: value, iodepth_low: value, direct: flag, buffered: flag, sync: value, fixedbufs: flag, registerfiles: flag, hipri: flag, sqthread_poll: flag, invalidate: flag,
  numjobs: value, thread: flag, group_reporting: flag, new_group: flag, stonewall: { aliases: ['wait_for_previous'], flag: true }, loops: value,
  runtime: { aliases: ['timeout'] }, time_based: flag, ramp_time: value, startdelay: value, thinktime: value, thinktime_spin: value, thinktime_blocks: value,
  rate: value, rate_iops: value, flow: value, flow_id: value,
  fsync: value, fdatasync: value, end_fsync: flag, fsync_on_close: flag,
  rwmixread: value, rwmixwrite: value, percentage_random: value, randseed: value, randrepeat: flag, allrandrepeat: flag, norandommap: flag, softrandommap: flag, random_distribution: value, random_generator: value, rw_sequencer: value,
  buffer_pattern: value, zero_buffers: flag, refill_buffers: flag, scramble_buffers: flag,
  verify: value, do_verify: flag, verify_pattern: value, verify_interval: value, verify_fatal: flag, verify_dump: flag, verify_only: flag, verifysort: flag,
  verify_state_save: flag,
  read_iolog: value, write_iolog: value, replay_no_stall: flag, replay_time_scale: value,
  write_bw_log: { flag: true }, write_lat_log: { flag: true }, write_iops_log: { flag: true }, log_avg_msec: value, per_job_logs: flag, log_offset: flag,
  percentile_list: value, clat_percentiles: flag, lat_percentiles: flag, slat_percentiles: flag,
  gtod_reduce: flag, error_dump: flag, continue_on_error: value,
  simulated_seed: value, simulated_errors: value, replay_metadata: value,
}

const CANONICAL = new Map<string, string>()
for (const [name, { aliases = [] }] of Object.entries(OPTIONS)) for (const each of [name, ...aliases]) CANONICAL.set(each, name)

/** Taken for fio's sake, and without effect: what they ask for does not exist here, or is always so. */
export const WITHOUT_EFFECT: readonly string[] = [
  'fixedbufs', 'registerfiles', 'hipri', 'sqthread_poll', 'create_serialize', 'create_fsync', 'create_on_open', 'fallocate', 'allow_file_create', 'bs_unaligned',
  'random_generator', 'softrandommap', 'scramble_buffers', 'verify_dump', 'verifysort', 'verify_state_save', 'error_dump',
]

/** How many single changes lead from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[to.length] as number
}

/** The known name that was perhaps meant. */
export function nearest(name: string, among: Iterable<string>): string | undefined {
  const ranked = [...among].map((known) => ({ known, changes: distance(name, known) })).sort((a, b) => a.changes - b.changes)[0]
  return ranked !== undefined && ranked.changes <= Math.max(1, name.length / 3) ? ranked.known : undefined
}

/** @throws Refusal with fio's words for an unknown one */
export function canonicalName(name: string): string {
  const known = CANONICAL.get(name)
  if (known !== undefined) return known
  const meant = nearest(name, CANONICAL.keys())
  throw new Refusal(`Bad option <${name}>: trueaio bench does not know it.${meant === undefined ? '' : ` Did you mean ${meant}?`}`)
}

export function isOption(name: string): boolean {
  return CANONICAL.has(name)
}

export function mayStandAlone(name: string): boolean {
  return OPTIONS[name]?.flag === true
}

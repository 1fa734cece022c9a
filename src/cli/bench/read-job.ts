// ① interface — a section's options, checked and made into a job: the defaults are fio's.
import { constants } from 'node:fs'
import { Refusal } from '../command.js'
import { patternOf } from './patterns.js'
import { DEFAULT_ENGINE, engineOf } from './engines.js'
import type { Section, Written } from './job-file.js'
import type { BlockSizes, Distribution, Job } from './job.js'
import { bytesOf, decimalOf, eachOf, flagOf, microsecondsOf, rangeOf, sizeOrShareOf, wholeOf, wrongValue, type Each } from './units.js'

interface Mode {
  readonly reads: boolean
  readonly writes: boolean
  readonly isRandom: boolean
}

const MODES: Readonly<Record<string, Mode>> = {
  read: { reads: true, writes: false, isRandom: false }, write: { reads: false, writes: true, isRandom: false },
  randread: { reads: true, writes: false, isRandom: true }, randwrite: { reads: false, writes: true, isRandom: true },
  rw: { reads: true, writes: true, isRandom: false }, readwrite: { reads: true, writes: true, isRandom: false }, randrw: { reads: true, writes: true, isRandom: true },
}
const TRIMS = ['trim', 'randtrim', 'trimwrite', 'randtrimwrite']
const PERCENTILES: readonly number[] = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 99.5, 99.9, 99.95, 99.99]
const VERIFY = ['md5', 'crc32c', 'crc32c-intel', 'crc32', 'sha1', 'sha256', 'sha512', 'pattern', 'null', '0']
/** fio's own default. */
const SEED = 0x9e3779b1

class Reader {
  readonly #values: ReadonlyMap<string, string>

  constructor(written: Written) {
    this.#values = new Map(written.map(([name, value]) => [name, value ?? '']))
  }

  text(name: string): string | undefined {
    return this.#values.get(name)
  }

  read<Value>(name: string, how: (option: string, text: string) => Value, otherwise: Value): Value {
    const text = this.#values.get(name)
    return text === undefined ? otherwise : how(name, text)
  }

  flag(name: string, otherwise: boolean): boolean {
    return this.read(name, flagOf, otherwise)
  }

  bytes(name: string, otherwise: number): number {
    return this.read(name, bytesOf, otherwise)
  }

  whole(name: string, least: number, most: number, otherwise: number): number {
    return this.read(name, (option, text) => wholeOf(option, text, least, most), otherwise)
  }

  /** Microseconds; a bare number counts seconds, or what `unit` says. */
  time(name: string, unit: number): number {
    return this.read(name, (option, text) => microsecondsOf(option, text, unit), 0)
  }

  oneOf<Name extends string>(name: string, names: readonly Name[], otherwise: Name): Name {
    return this.read(name, (option, text) => {
      const found = names.find((each) => each === text.split(':')[0])
      if (found === undefined) throw wrongValue(option, text, `one of ${names.join(', ')}`)
      return found
    }, otherwise)
  }
}

function modeOf(reader: Reader): { readonly mode: Mode, readonly modifier: number } {
  const [name = 'read', modifier] = (reader.text('rw') ?? 'read').split(':')
  if (TRIMS.includes(name)) throw new Refusal(`failed parsing rw=${name}: trims are for block devices and are not supported; expected one of ${Object.keys(MODES).join(', ')}`)
  const mode = Object.hasOwn(MODES, name) ? MODES[name] : undefined
  if (mode === undefined) throw wrongValue('rw', name, `one of ${Object.keys(MODES).join(', ')}`)
  return { mode, modifier: modifier === undefined ? 0 : mode.isRandom ? wholeOf('rw', modifier, 1) : bytesOf('rw', modifier) }
}

/** Shares behind each size, as `4k/60:8k/40`; those without one take what is left. */
function splitOf(option: string, text: string): BlockSizes['split'] {
  const parts = text.split(':').map((part) => {
    const [size, share] = part.split('/')
    return [bytesOf(option, size ?? ''), share === undefined || share === '' ? undefined : decimalOf(option, share, 0, 100)] as const
  })
  const given = parts.reduce((sum, [, share]) => sum + (share ?? 0), 0)
  const open = parts.filter(([, share]) => share === undefined).length
  if (given > 100 || (open === 0 && given !== 100)) throw wrongValue(option, text, 'shares that add up to 100')
  let upTo = 0
  return parts.map(([size, share]) => [size, (upTo += (share ?? (100 - given) / open) / 100)] as const)
}

function blocksOf(reader: Reader): Each<BlockSizes> {
  const split = reader.text('bssplit')
  if (split !== undefined) {
    return eachOf('bssplit', split, (part) => {
      const shares = splitOf('bssplit', part)
      const sizes = shares.map(([bytes]) => bytes)
      return { least: Math.min(...sizes), most: Math.max(...sizes), split: shares }
    }, { least: 4096, most: 4096, split: [] })
  }
  const range = reader.text('bsrange')
  const text = range ?? reader.text('bs') ?? '4k'
  const sizes = eachOf(range === undefined ? 'bs' : 'bsrange', text, (part) => {
    const [least, most] = range === undefined ? [bytesOf('bs', part), bytesOf('bs', part)] : rangeOf('bsrange', part)
    if (least === 0) throw wrongValue('bs', part, 'a block of at least one byte')
    if (most > 1 << 30) throw wrongValue('bs', part, 'blocks of 1g at most')
    return { least, most, split: [] }
  }, { least: 4096, most: 4096, split: [] })
  return sizes
}

function distributionOf(text: string): Distribution {
  const [kind, ...rest] = text.split(':')
  const number = (otherwise: number, most: number): number => (rest[0] === undefined ? otherwise : decimalOf('random_distribution', rest[0], 0, most))
  if (kind === 'random') return { kind, parameter: 0, zones: [] }
  if (kind === 'zipf') {
    const theta = number(1.1, 100)
    if (theta === 1) throw wrongValue('random_distribution', text, 'a theta other than 1')
    return { kind, parameter: theta, zones: [] }
  }
  if (kind === 'pareto') return { kind, parameter: number(0.2, 0.999_999), zones: [] }
  if (kind === 'normal' || kind === 'gauss') return { kind: 'normal', parameter: number(0, 100), zones: [] }
  if (kind === 'zoned') {
    let [accesses, size] = [0, 0]
    const zones = rest.map((part) => {
      const [often, much] = part.split('/').map((share) => decimalOf('random_distribution', share, 0, 100) / 100)
      return [(accesses += often ?? 0), (size += much ?? 0)] as const
    })
    if (Math.abs(accesses - 1) > 1e-6 || Math.abs(size - 1) > 1e-6) throw wrongValue('random_distribution', text, 'zones whose accesses and sizes add up to 100 each')
    return { kind, parameter: 0, zones }
  }
  throw wrongValue('random_distribution', text, 'random, zipf:theta, pareto:power, normal:deviation or zoned:accesses/size:…')
}

function errorsOf(text: string): Record<string, number> {
  return Object.fromEntries(text.split(',').map((part) => {
    const [code, rate] = part.split(':')
    if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw wrongValue('simulated_errors', text, 'errors with rates: EIO:0.01,EINTR:0.05')
    return [code, decimalOf('simulated_errors', rate ?? '', 0, 1)]
  }))
}

/** A log's prefix: its option alone takes the job's name. */
function logOf(reader: Reader, name: string, job: string): string | undefined {
  const text = reader.text(name)
  return text === '' ? job : text
}

/** A verification's name: nothing where `verify=0`. */
function verifyOf(reader: Reader): string | undefined {
  const name = reader.oneOf('verify', VERIFY, '0')
  return name === '0' || name === 'null' ? undefined : name.replace('-intel', '')
}

/** @throws Refusal */
function openFlagsOf(reader: Reader): number {
  const sync = reader.oneOf('sync', ['none', '0', 'sync', '1', 'dsync'], 'none')
  const direct = reader.flag('direct', !reader.flag('buffered', true)) ? constants.O_DIRECT : 0
  return direct | (sync === 'sync' || sync === '1' ? constants.O_SYNC : 0) | (sync === 'dsync' ? constants.O_DSYNC : 0)
}

/** Where a job and its clone stand among the others. */
export interface Standing {
  readonly clone: number
  readonly index: number
  readonly group: number
  readonly engine: string | undefined
}

/** @throws Refusal with the job's name */
export function readJob(section: Section, { clone, index, group, engine: given }: Standing): Job {
  const reader = new Reader([...section.global, ...section.own])
  const { mode, modifier } = modeOf(reader)
  const engine = given ?? reader.text('ioengine') ?? DEFAULT_ENGINE
  const { isSynchronous } = engineOf(engine)
  const depth = isSynchronous === true ? 1 : reader.whole('iodepth', 1, 1 << 16, 1)
  const name = section.name
  const verify = verifyOf(reader)
  const seed = reader.whole('randseed', 0, Number.MAX_SAFE_INTEGER, SEED)
  const randomRepeat = reader.flag('randrepeat', true) && reader.flag('allrandrepeat', true)
  const gtod = reader.flag('gtod_reduce', false)
  const verifyPattern = reader.read('verify_pattern', patternOf, undefined)
  if (verify === 'pattern' && verifyPattern === undefined) throw new Refusal('verify=pattern needs verify_pattern=…')
  const openFlags = openFlagsOf(reader)
  const blocks = blocksOf(reader)
  return {
    name, description: reader.text('description'), clone, index, group, written: section.own, engine,
    stonewall: reader.flag('stonewall', false), newGroup: reader.flag('new_group', false), groupReporting: reader.flag('group_reporting', false),
    ...mode, modifier,
    sequencer: reader.oneOf('rw_sequencer', ['sequential', 'identical'], 'sequential'),
    readShare: reader.text('rwmixread') === undefined ? 1 - reader.whole('rwmixwrite', 0, 100, 50) / 100 : reader.whole('rwmixread', 0, 100, 50) / 100,
    randomShare: reader.whole('percentage_random', 0, 100, 100) / 100,
    blocks, blockAlign: reader.read('blockalign', (option, text) => eachOf(option, text, (part) => bytesOf(option, part), 0), [0, 0, 0] as const),
    directories: reader.text('directory')?.split(':') ?? [],
    filenames: reader.text('filename')?.split(/(?<!\\):/).map((each) => each.replaceAll('\\:', ':')) ?? [],
    fileCount: reader.whole('nrfiles', 1, 1 << 20, 1), openFiles: reader.whole('openfiles', 1, 1 << 20, 1 << 20),
    service: reader.oneOf('file_service_type', ['roundrobin', 'random', 'sequential'], 'roundrobin'),
    size: reader.read('size', sizeOrShareOf, undefined), fileSizes: reader.read('filesize', rangeOf, undefined), ioSize: reader.read('io_size', bytesOf, undefined),
    offset: reader.read('offset', sizeOrShareOf, { bytes: 0 }), offsetIncrement: reader.bytes('offset_increment', 0), numberIos: reader.whole('number_ios', 0, 2 ** 50, 0),
    unlink: reader.flag('unlink', false), overwrite: reader.flag('overwrite', false), createOnly: reader.flag('create_only', false), append: reader.flag('file_append', false), invalidate: reader.flag('invalidate', true),
    depth, batchSubmit: reader.whole('iodepth_batch', 0, depth, 0), batchCompleteMin: reader.whole('iodepth_batch_complete_min', 0, depth, 1),
    batchCompleteMax: reader.whole('iodepth_batch_complete_max', 0, depth, depth), depthLow: reader.whole('iodepth_low', 0, depth, depth), direct: (openFlags & constants.O_DIRECT) !== 0, openFlags,
    thread: reader.flag('thread', false), loops: reader.whole('loops', 1, 2 ** 31, 1), runtime: reader.time('runtime', 1e6), timeBased: reader.flag('time_based', false),
    rampTime: reader.time('ramp_time', 1e6), startDelay: reader.read('startdelay', (option, text) => microsecondsOf(option, text.split('-')[0] ?? '', 1e6), 0),
    thinkTime: reader.time('thinktime', 1), thinkSpin: reader.time('thinktime_spin', 1), thinkBlocks: reader.whole('thinktime_blocks', 1, 2 ** 31, 1),
    rate: reader.read('rate', (option, text) => eachOf(option, text, (part) => bytesOf(option, part), 0), [0, 0, 0] as const),
    rateIops: reader.read('rate_iops', (option, text) => eachOf(option, text, (part) => wholeOf(option, part), 0), [0, 0, 0] as const),
    flow: reader.whole('flow', 0, 1 << 20, 0), flowId: reader.whole('flow_id', 0, 1 << 20, 0),
    fsync: reader.whole('fsync', 0, 2 ** 31, 0), fdatasync: reader.whole('fdatasync', 0, 2 ** 31, 0), endFsync: reader.flag('end_fsync', false), fsyncOnClose: reader.flag('fsync_on_close', false),
    seed: randomRepeat ? seed : Math.floor(Math.random() * 2 ** 32), randomMap: !reader.flag('norandommap', false),
    distribution: distributionOf(reader.text('random_distribution') ?? 'random'),
    pattern: reader.read('buffer_pattern', patternOf, undefined), zeroBuffers: reader.flag('zero_buffers', false), refillBuffers: reader.flag('refill_buffers', false),
    verify, verifyPattern, verifyInterval: reader.bytes('verify_interval', 0), doVerify: reader.flag('do_verify', true), verifyOnly: reader.flag('verify_only', false), verifyFatal: reader.flag('verify_fatal', false),
    readIolog: reader.text('read_iolog'), replayMetadata: reader.text('replay_metadata'), writeIolog: reader.text('write_iolog'), replayNoStall: reader.flag('replay_no_stall', false),
    replayTimeScale: reader.whole('replay_time_scale', 1, 1 << 20, 100),
    bandwidthLog: logOf(reader, 'write_bw_log', name), latencyLog: logOf(reader, 'write_lat_log', name), iopsLog: logOf(reader, 'write_iops_log', name), logAverage: reader.time('log_avg_msec', 1e3) / 1e3,
    perJobLogs: reader.flag('per_job_logs', true), logOffset: reader.flag('log_offset', false),
    percentiles: reader.read('percentile_list', (option, text) => text.split(':').map((part) => decimalOf(option, part, 0, 100)).sort((a, b) => a - b), PERCENTILES),
    slatPercentiles: reader.flag('slat_percentiles', false), latPercentiles: reader.flag('lat_percentiles', false),
    clatPercentiles: reader.flag('clat_percentiles', true),
    measuresLatency: !gtod, continueOnError: !['', 'none', '0'].includes(reader.text('continue_on_error') ?? 'none'),
    simulatedErrors: reader.read('simulated_errors', (_, text) => errorsOf(text), {}), simulatedSeed: reader.whole('simulated_seed', 0, 2 ** 31, 1),
  }
}

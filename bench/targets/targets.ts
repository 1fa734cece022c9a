// Benchmark — the speeds the engine is meant to reach, and whether this run reached them.
import { ACALL_TARGETS } from './acall-targets.js'
import { COMPLETION_TARGETS } from './completion-targets.js'
import { EVENT_QUEUE_TARGETS } from './event-queue-targets.js'
import { FIO, FIO_LIBAIO } from '../contenders/fio.js'
import { FS_TARGETS } from './fs-targets.js'
import { PEERS_TARGETS } from '../peers/targets.js'
import { POSIX_AIO_TARGETS } from './posix-aio-targets.js'
import { PROTOTYPE_PROMISE } from '../contenders/prototype.js'
import { FS_CALLBACK, FS_PROMISE, TRUEAIO_EVENTS, TRUEAIO_POOL, TRUEAIO_PROMISE } from '../contenders/read-contenders.js'
import { findContender, type SuiteResult, type TargetResult } from '../results.js'
import { AIO_EVENTS, AIO_MODULE, AIO_PROMISE, CACHED_128, DIRECT_128 } from '../suites/interface/linux-aio.js'
import { cpu, figure, over, rate, type Look, type Target } from './target-figures.js'

/** Growth that still counts as flat: a few lazily compiled functions, a few pages of an arena. */
const HEAP_GROWTH_MAX = 512 * 1024
const RSS_GROWTH_MAX = 8 * 1024 * 1024

const bestOver = (ours: readonly string[], theirs: string) => (look: Look): number => (
  Math.max(...ours.map((name) => rate(look(name))).filter((value) => !Number.isNaN(value))) / rate(look(theirs))
)
const growth = (end: string, begin: string) => (look: Look): number => figure(end)(look(TRUEAIO_PROMISE)) - figure(begin)(look(TRUEAIO_PROMISE))

const SMALL = ['trueaio, open, read, close', 'trueaio, open, read; close behind', 'trueaio, chain(open, read, close)']
const CACHED = '4 KiB cached random read, promise each'
const SMALL_FILES = 'small files whole, 64 at once'
const BIG = '16 × 1 MiB cached reads in flight, into pool buffers'

const TARGETS: readonly Target[] = [
  { suite: 'random', case: '1 in flight', work: `${CACHED}, 1 in flight`, against: 'fs/promises', wanted: 15, measure: over(TRUEAIO_PROMISE, FS_PROMISE) },
  { suite: 'random', case: '1 in flight', work: `${CACHED}, 1 in flight`, against: 'fio, io_uring', wanted: 0.85, measure: over(TRUEAIO_PROMISE, FIO) },
  { suite: 'random', case: '32 in flight', work: `${CACHED}, 32 in flight`, against: 'fs/promises', wanted: 8, measure: over(TRUEAIO_PROMISE, FS_PROMISE) },
  { suite: 'random', case: '32 in flight', work: `${CACHED}, 32 in flight`, against: 'fio, io_uring', wanted: 1.05, measure: over(TRUEAIO_PROMISE, FIO) },
  { suite: 'random', case: '32 in flight', work: `${CACHED}, 32 in flight`, against: 'shared prototype', wanted: 1, measure: over(TRUEAIO_PROMISE, PROTOTYPE_PROMISE) },
  { suite: 'random', case: '32 in flight', work: 'the same, event batches, 32 in flight', against: 'fio, io_uring', wanted: 1.3, measure: over(TRUEAIO_EVENTS, FIO) },
  { suite: 'random', case: '128 in flight', work: 'the same, event batches, 128 in flight', against: 'fio, io_uring', wanted: 1.3, measure: over(TRUEAIO_EVENTS, FIO) },
  { suite: 'direct', case: '128 in flight', work: 'O_DIRECT 4 KiB, 128 in flight', against: 'fio’s rate', wanted: 0.97, measure: over(TRUEAIO_PROMISE, FIO) },
  { suite: 'direct', case: '128 in flight', work: 'O_DIRECT 4 KiB, 128 in flight', against: 'CPU an operation of fs.read', comparison: 'at most', wanted: 1 / 3, measure: over(TRUEAIO_PROMISE, FS_CALLBACK, cpu) },
  { suite: 'small-files', case: '64 at once', work: SMALL_FILES, against: 'fs/promises.readFile', wanted: 5, measure: bestOver(SMALL, 'fs/promises.readFile') },
  { suite: 'small-files', case: '64 at once', work: SMALL_FILES, against: 'fs.readFileSync', wanted: 1.2, measure: bestOver(SMALL, 'fs.readFileSync') },
  { suite: 'stat', case: '64 at once', work: 'stats, 64 at once', against: 'fs/promises.stat', wanted: 3.5, measure: over(TRUEAIO_PROMISE, 'fs/promises.stat') },
  { suite: 'pool', case: 'stat, 64 at once', work: 'thread-pool driver, stat, 64 at once', against: 'fs/promises', wanted: 2.5, measure: over('trueaio, thread-pool driver', 'fs/promises') },
  { suite: 'pool', case: '4 KiB pread, 64 at once', work: 'thread-pool driver, pread, 64 at once', against: 'fs/promises', wanted: 2.5, measure: over('trueaio, thread-pool driver', 'fs/promises') },
  { suite: 'sequential', case: '1 MiB, 16 in flight', work: BIG, against: 'throughput of fs callbacks', wanted: 1, measure: over(TRUEAIO_POOL, FS_CALLBACK) },
  { suite: 'sequential', case: '1 MiB, 16 in flight', work: BIG, against: 'loop delay p99 of fs callbacks', comparison: 'at most', wanted: 1, measure: over(TRUEAIO_POOL, FS_CALLBACK, figure('loopDelayP99Milliseconds')) },
  { suite: 'steady', case: 'memory, 32 in flight', work: 'steady state, growth of the heap after gc', against: 'flat', comparison: 'at most', wanted: HEAP_GROWTH_MAX, unit: 'bytes', measure: growth('heapEndBytes', 'heapBeginBytes') },
  { suite: 'steady', case: 'memory, 32 in flight', work: 'steady state, growth of RSS', against: 'flat', comparison: 'at most', wanted: RSS_GROWTH_MAX, unit: 'bytes', measure: growth('rssEndBytes', 'rssBeginBytes') },
  { suite: 'linux-aio', case: DIRECT_128, work: 'linux-aio driver, O_DIRECT 4 KiB, 128 in flight', against: FIO_LIBAIO, wanted: 0.95, measure: over(AIO_PROMISE, FIO_LIBAIO) },
  { suite: 'linux-aio', case: DIRECT_128, work: 'the same, event batches', against: FIO_LIBAIO, wanted: 0.95, measure: over(AIO_EVENTS, FIO_LIBAIO) },
  { suite: 'linux-aio', case: CACHED_128, work: 'io_submit, io_getevents, page-cached, 128 in flight', against: 'rate of the engine', wanted: 0.8, measure: over(AIO_MODULE, TRUEAIO_EVENTS) },
  { suite: 'linux-aio', case: CACHED_128, work: 'io_submit, io_getevents, page-cached, 128 in flight', against: FIO_LIBAIO, wanted: 1, measure: over(AIO_MODULE, FIO_LIBAIO) },
  ...FS_TARGETS, ...POSIX_AIO_TARGETS, ...ACALL_TARGETS, ...COMPLETION_TARGETS, ...EVENT_QUEUE_TARGETS, ...PEERS_TARGETS,
]

export function evaluateTargets(suites: readonly SuiteResult[]): TargetResult[] {
  return TARGETS.map((target) => {
    const measured = target.measure((contender, case_ = target.case) => findContender(suites, target.suite, case_, contender))
    const comparison = target.comparison ?? 'at least'
    const known = Number.isFinite(measured)
    const met = comparison === 'at least' ? measured >= target.wanted : measured <= target.wanted
    return {
      suite: target.suite, work: target.work, against: target.against, comparison, wanted: target.wanted, measured: known ? measured : null,
      unit: target.unit ?? '×', state: known ? (met ? 'met' : 'missed') : 'not measured',
    }
  })
}

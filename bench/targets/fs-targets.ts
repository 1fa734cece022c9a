// Benchmark — the speeds the drop-in fs is meant to reach; targets.ts puts them beside the engine's.
import { NODE_CALLBACK, NODE_PROMISES, OURS_PROMISES } from '../contenders/fs-contenders.js'
import { HASHING, IDLE } from '../suites/fs/fs-crypto.js'
import { REMOVE, REMOVE_COMMAND } from '../suites/fs/fs-remove.js'
import { NODE_STREAM, OURS_STREAM } from '../suites/fs/fs-stream.js'
import { COPY, COPY_COMMAND, READ } from '../suites/fs/fs-tree.js'
import { cpu, figure, over, type Look, type Target } from './target-figures.js'

const ours = (theirs: string): ((look: Look) => number) => over(OURS_PROMISES, theirs)
const p99 = figure('latencyP99Milliseconds')
const MANY = '64 at once'
const ONE = 'one after the other'

export const FS_TARGETS: readonly Target[] = [
  { suite: 'fs-read', case: MANY, work: 'readFile of small files, 64 at once', against: NODE_PROMISES, wanted: 5, measure: ours(NODE_PROMISES) },
  { suite: 'fs-read', case: MANY, work: 'readFile of small files, 64 at once', against: 'callback fs.readFile', wanted: 2, measure: ours(NODE_CALLBACK) },
  { suite: 'fs-read', case: ONE, work: 'readFile, one after the other', against: NODE_PROMISES, wanted: 3, measure: ours(NODE_PROMISES) },
  { suite: 'fs-stat', case: MANY, work: 'stat, 64 at once', against: NODE_PROMISES, wanted: 3.5, measure: ours(NODE_PROMISES) },
  { suite: 'fs-handle', case: '1 in flight', work: 'FileHandle.read 4 KiB, 1 in flight', against: NODE_PROMISES, wanted: 12, measure: ours(NODE_PROMISES) },
  { suite: 'fs-handle', case: '32 in flight', work: 'FileHandle.read 4 KiB, 32 in flight', against: NODE_PROMISES, wanted: 8, measure: ours(NODE_PROMISES) },
  { suite: 'fs-write', case: MANY, work: 'writeFile of small files, 64 at once', against: NODE_PROMISES, wanted: 3, measure: ours(NODE_PROMISES) },
  { suite: 'fs-tree', case: READ, work: 'readdir, recursive', against: NODE_PROMISES, wanted: 3, measure: ours(NODE_PROMISES) },
  { suite: 'fs-tree', case: COPY, work: 'cp, recursive', against: NODE_PROMISES, wanted: 3, measure: ours(NODE_PROMISES) },
  { suite: 'fs-tree', case: COPY, work: 'cp, recursive', against: COPY_COMMAND, wanted: 1, measure: ours(COPY_COMMAND) },
  { suite: 'fs-remove', case: REMOVE, work: 'rm, recursive', against: NODE_PROMISES, wanted: 3, measure: ours(NODE_PROMISES) },
  { suite: 'fs-remove', case: REMOVE, work: 'rm, recursive', against: REMOVE_COMMAND, wanted: 1, measure: ours(REMOVE_COMMAND) },
  { suite: 'fs-stream', case: 'counted', work: 'createReadStream (or the CPU below)', against: 'throughput of Node’s', wanted: 1.3, measure: over(OURS_STREAM, NODE_STREAM) },
  { suite: 'fs-stream', case: 'counted', work: 'createReadStream (or the rate above)', against: 'CPU of Node’s', comparison: 'at most', wanted: 0.6, measure: over(OURS_STREAM, NODE_STREAM, cpu) },
  { suite: 'fs-crypto', case: HASHING, work: 'p99 of readFile beside 4 pbkdf2', against: 'its p99 without', comparison: 'at most', wanted: 2, measure: (look) => p99(look(OURS_PROMISES)) / p99(look(OURS_PROMISES, IDLE)) },
]

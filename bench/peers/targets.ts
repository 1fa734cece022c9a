// Benchmark of peers — what the drop-in is meant to reach on the newest Node, as ratios of processor time in one run.
import { COPY_COMMAND } from '../suites/fs/fs-tree.js'
import { REMOVE_COMMAND } from '../suites/fs/fs-remove.js'
import { cpu, over, rate, type Target } from '../targets/target-figures.js'
import { BUN, COPY_FILE, NEWEST, OURS, peersSuiteName, SEPARATE, TASKS } from './tasks.js'
import type { TaskName } from './program.js'

function target(task: TaskName, against: string, wanted: number): Target {
  const { title, unit } = TASKS.find(({ name }) => name === task) ?? { title: task, unit: 'files' as const }
  return {
    suite: peersSuiteName(unit), case: `${title}, cold`, work: title, against: `CPU of ${against}`, comparison: 'at most', wanted,
    measure: over(OURS, against, cpu),
  }
}

function faster(task: TaskName, against: string): Target {
  return { ...target(task, against, 1), against: `rate of ${against}`, comparison: 'at least', measure: over(OURS, against, rate) }
}

export const PEERS_TARGETS: readonly Target[] = [
  target('readFile', BUN, 0.85), faster('readFile', BUN), target('readFile', NEWEST, 0.52),
  target('stat', BUN, 0.8), faster('stat', BUN), target('stat', NEWEST, 0.31),
  target('readFiles', SEPARATE, 0.8), target('statMany', SEPARATE, 0.8),
  target('handleRead', NEWEST, 0.25),
  target('writeFile', NEWEST, 0.8),
  target('readdir', BUN, 0.95), target('readdir', 'find', 0.78), target('scan', 'find', 0.94),
  target('cp', COPY_COMMAND, 0.95), target('rm', REMOVE_COMMAND, 1.05),
  target('stream', NEWEST, 0.28), target('streamLarge', NEWEST, 0.62), target('gzip', NEWEST, 1), target('hash', NEWEST, 1),
  target('copyByStreams', COPY_FILE, 1.07),
]

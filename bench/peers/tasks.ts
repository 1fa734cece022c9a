// Benchmark of peers — which work is measured, on what data, and who takes part: the rows of the table.
import type { Implementation, TaskName } from './program.js'

/** Whose process carries the work out. */
export type Runtime = 'node, running' | 'node, newest' | 'bun' | 'deno'

export interface Contender {
  readonly name: string
  readonly runtime: Runtime
  readonly by: Implementation
}

/** A plain tool: the words of its command line, in which SOURCE and TARGET stand for paths. */
export interface Tool {
  readonly name: string
  readonly words: readonly string[]
}

export interface Task {
  readonly name: TaskName
  readonly title: string
  /** What one operation is, in the plural: the suite it stands in. */
  readonly unit: 'files' | 'entries' | 'MiB'
  /** What a pass works on: files that are there, or a tree or file of its own. */
  readonly source: 'small files' | 'large file' | 'listed tree' | 'tree' | 'own tree'
  readonly target: 'none' | 'new'
  /** On tmpfs where there is one, so that the device's share is nothing. */
  readonly onTmpfs: boolean
  readonly contenders: readonly Contender[]
  readonly tools: readonly Tool[]
}

const major = process.versions.node.split('.')[0] ?? ''
export const OURS = 'trueaio on the newest Node'
export const OURS_RUNNING = `trueaio on Node ${major}`
export const NEWEST = 'the newest Node'
export const NEWEST_SYNC = 'the newest Node, sync'
export const BUN = 'Bun'
export const DENO = 'Deno'
export const SEPARATE = 'trueaio, separate calls, newest Node'
export const COPY_FILE = 'fs.copyFileSync, newest Node'
export const FDIR = 'fdir on the newest Node'
export const BUN_FILE = 'Bun.file'

/** The suite in which a unit's tasks stand. */
export function peersSuiteName(unit: Task['unit']): string {
  return `peers-${unit.toLowerCase()}`
}

const ours: readonly Contender[] = [
  { name: OURS, runtime: 'node, newest', by: 'trueaio' },
  { name: OURS_RUNNING, runtime: 'node, running', by: 'trueaio' },
]
const runtimes: readonly Contender[] = [
  { name: NEWEST, runtime: 'node, newest', by: 'runtime' },
  { name: `Node ${major}`, runtime: 'node, running', by: 'runtime' },
  { name: BUN, runtime: 'bun', by: 'runtime' },
  { name: DENO, runtime: 'deno', by: 'runtime' },
]
const sync: Contender = { name: NEWEST_SYNC, runtime: 'node, newest', by: 'runtime, sync' }
const separate: Contender = { name: SEPARATE, runtime: 'node, newest', by: 'trueaio, separate calls' }
const bunFile: Contender = { name: BUN_FILE, runtime: 'bun', by: 'Bun.file' }

const small = { unit: 'files', source: 'small files', target: 'none', onTmpfs: false, tools: [] } as const
const large = { unit: 'MiB', source: 'large file', target: 'none', onTmpfs: true, tools: [] } as const

export const TASKS: readonly Task[] = [
  { ...small, name: 'readFile', title: 'readFile, 64 at once', contenders: [...ours, ...runtimes, sync] },
  { ...small, name: 'stat', title: 'stat, 64 at once', contenders: [...ours, ...runtimes, sync] },
  { ...small, name: 'readFiles', title: 'readFiles', contenders: [...ours, separate] },
  { ...small, name: 'statMany', title: 'statMany', contenders: [...ours, separate] },
  { ...small, name: 'handleRead', title: 'FileHandle.read of 4 KiB, 32 in flight', source: 'large file', contenders: [...ours, ...runtimes, sync] },
  { ...small, name: 'writeFile', title: 'writeFile of 3 KB, 64 at once', target: 'new', onTmpfs: true, contenders: [...ours, ...runtimes, sync] },
  {
    name: 'readdir', title: 'readdir, recursive', unit: 'entries', source: 'listed tree', target: 'none', onTmpfs: false,
    contenders: [...ours, ...runtimes, { name: FDIR, runtime: 'node, newest', by: 'fdir' }], tools: [{ name: 'find', words: ['find', 'SOURCE'] }],
  },
  {
    name: 'scan', title: 'scan', unit: 'entries', source: 'listed tree', target: 'none', onTmpfs: false,
    contenders: ours, tools: [{ name: 'find', words: ['find', 'SOURCE'] }],
  },
  {
    name: 'cp', title: 'cp, recursive', unit: 'entries', source: 'tree', target: 'new', onTmpfs: true,
    contenders: [...ours, ...runtimes], tools: [{ name: 'cp -r', words: ['cp', '-r', 'SOURCE', 'TARGET'] }],
  },
  {
    name: 'rm', title: 'rm, recursive', unit: 'entries', source: 'own tree', target: 'none', onTmpfs: true,
    contenders: [...ours, ...runtimes], tools: [{ name: 'rm -rf', words: ['rm', '-rf', 'SOURCE'] }],
  },
  { ...large, name: 'stream', title: 'createReadStream, default chunks', contenders: [...ours, ...runtimes, bunFile] },
  { ...large, name: 'streamLarge', title: 'createReadStream, chunks of 1 MiB', contenders: [...ours, ...runtimes] },
  {
    ...large, name: 'gzip', title: 'createReadStream into gzip, level 1', contenders: [...ours, ...runtimes],
    tools: [{ name: 'gzip -1', words: ['gzip', '-1', '-c', 'SOURCE'] }],
  },
  {
    ...large, name: 'hash', title: 'createReadStream into sha256', contenders: [...ours, ...runtimes],
    tools: [{ name: 'sha256sum', words: ['sha256sum', 'SOURCE'] }],
  },
  {
    ...large, name: 'copyByStreams', title: 'a file into a file, by streams', target: 'new',
    contenders: [...ours, ...runtimes, { name: COPY_FILE, runtime: 'node, newest', by: 'runtime, sync' }, bunFile],
    tools: [{ name: 'cp', words: ['cp', 'SOURCE', 'TARGET'] }],
  },
]

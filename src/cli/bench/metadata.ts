// ① interface — what fio's logs of I/O have no words for: stats, listings, names made and removed. It stands in a file beside the log,
// which `replay_metadata` names, a line each: microseconds, call, path, and a second path where there are two.
import { readFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from '../command.js'
import type { JobParts } from './job-run.js'
import { until } from './pacing.js'

export interface MetadataLine {
  readonly at: number
  readonly call: string
  readonly path: string
  readonly second: string | undefined
}

export const METADATA_HEAD = 'trueaio metadata 1'
/** How the names end that are not to be there. */
export const MISSING = '.missing'
/** What can be replayed without harm: it asks, or makes and removes under the files of the job. */
const METADATA_CALLS: readonly string[] = ['stat', 'lstat', 'access', 'readdir', 'readlink', 'realpath', 'mkdir', 'unlink', 'rmdir', 'rename']

/** @throws Refusal */
export function readMetadata(file: string): MetadataLine[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Refusal(`replay_metadata: ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  const lines = text.split('\n')
  if (lines[0] !== METADATA_HEAD) throw new Refusal(`${file}:1: it begins with '${(lines[0] ?? '').slice(0, 40)}', expected '${METADATA_HEAD}'`)
  if (!text.endsWith('\n')) throw new Refusal(`${file}:${String(lines.length)}: the last line does not end with a newline; the file may be cut off`)
  return lines.slice(1).flatMap((line, index) => {
    if (line === '') return []
    const [at = '', call = '', path = '', second] = line.split('\t')
    if (!/^\d+$/.test(at) || !METADATA_CALLS.includes(call) || path === '') throw new Refusal(`${file}:${String(index + 2)}: expected microseconds, one of ${METADATA_CALLS.join(', ')}, and a path`)
    return [{ at: Number(at), call, path, second }]
  })
}

type Functions = Pick<typeof fs, 'stat' | 'lstat' | 'access' | 'readdir' | 'readlink' | 'realpath' | 'mkdir' | 'unlink' | 'rmdir' | 'rename'>

async function one(functions: Functions, { call, path, second }: MetadataLine): Promise<unknown> {
  switch (call) {
    case 'mkdir': return functions.mkdir(path, { recursive: true })
    case 'rename': return functions.rename(path, second ?? path)
    default: return functions[call as 'stat'](path)
  }
}

/** Makes the calls at their times, by the drop-in where the engine runs, by Node's own fs elsewhere. That a name is not there is what a stat may find. */
export async function replayMetadata(lines: readonly MetadataLine[], { job, isSynchronous }: JobParts, whenStopped: Promise<void>, isStopped: () => boolean, count: () => void): Promise<void> {
  if (lines.length === 0) return
  const isNodes = isSynchronous || job.engine === 'node'
  const functions: Functions = isNodes ? fs : (await import('../../fs/promises.js'))
  const begun = performance.now() * 1e6
  const running = new Set<Promise<void>>()
  let failure: Error | undefined
  for (const line of lines) {
    if (isStopped() || (failure !== undefined && !job.continueOnError)) break
    if (!job.replayNoStall) await Promise.race([until(begun + (line.at * 1e3 * 100) / job.replayTimeScale), whenStopped])
    if (isStopped()) break
    const call = one(functions, line).then(count, (error: unknown) => {
      if (line.path.endsWith(MISSING) && (error as NodeJS.ErrnoException).code === 'ENOENT') count()
      else failure ??= error as Error
    }).finally(() => running.delete(call))
    running.add(call)
    if (running.size >= 256) await Promise.race(running)
  }
  await Promise.all(running)
  if (failure !== undefined && !job.continueOnError) throw failure
}

/** Files that the calls expect. */
export function namesOf(lines: readonly MetadataLine[]): string[] {
  return [...new Set(lines.flatMap(({ call, path }) => (call === 'readdir' || path.endsWith(MISSING) ? [] : [path])))]
}

/** Directories that the calls expect. */
export function directoriesOf(lines: readonly MetadataLine[]): string[] {
  return [...new Set(lines.flatMap(({ call, path }) => (call === 'readdir' ? [path] : [dirname(path)])))]
}

// ① interface — the files of a job: how they are called, how long they are to be, and their laying out before anything is measured.
import { randomFillSync } from 'node:crypto'
import { closeSync, fstatSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../command.js'
import { engineOf } from './engines.js'
import type { Job } from './job.js'
import type { UsedFile } from './places.js'
import { Random } from './random.js'

const CHUNK_BYTES = 1 << 20

/** A file with the length that it needs. */
export interface NeededFile extends UsedFile {
  /** Bytes that it must have before the job begins; 0: it is made by the job. */
  readonly needed: number
  /** It was there when the job was read. */
  readonly existed: boolean
}

function sizeOf(path: string): number | undefined {
  try {
    const stats = statSync(path)
    if (stats.isDirectory()) throw new Refusal(`${path} is a directory: filename= names files`)
    if (stats.isBlockDevice() || stats.isCharacterDevice()) throw new Refusal(`${path} is a device: only files are measured`)
    return stats.size
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw error instanceof Refusal ? error : new Refusal(`${path}: ${code ?? String(error)}`)
  }
}

function namesOf(job: Job, directory: string): string[] {
  if (job.filenames.length > 0) return job.filenames.map((name) => (directory === '' ? name : join(directory, name)))
  return Array.from({ length: job.fileCount }, (_, index) => join(directory === '' ? '.' : directory, `${job.name}.${String(job.clone)}.${String(index)}`))
}

/**
 * The files of a job. @throws Refusal where there is no size
 */
export function filesOf(job: Job): NeededFile[] {
  const paths = namesOf(job, job.directories[job.clone % Math.max(1, job.directories.length)] ?? '')
  const random = new Random(job.seed + job.clone)
  const { kind } = engineOf(job.engine)
  return paths.map((path) => {
    const existing = kind === 'null' || kind === 'simulated' ? undefined : sizeOf(path)
    const start = (job.offset.share === undefined ? job.offset.bytes : Math.floor((existing ?? 0) * job.offset.share)) + job.offsetIncrement * job.clone
    let length: number
    if (job.fileSizes !== undefined) length = job.fileSizes[0] + random.below(job.fileSizes[1] - job.fileSizes[0] + 1)
    else if (job.size?.share !== undefined) length = Math.floor(((existing ?? 0) - start) * job.size.share)
    else if (job.size !== undefined) length = Math.floor(job.size.bytes / paths.length)
    else length = (existing ?? 0) - start
    if (length <= 0) throw new Refusal(`${job.name}: you need to specify size=`)
    const isMade = kind === 'files' && job.engine === 'filecreate'
    return { path, start, length, needed: isMade ? 0 : start + length, existed: existing !== undefined }
  })
}

/**
 * Makes files as long as they need to be, with chance as contents, so that no file system and no disk can shorten them. What
 * is long enough stays as it is. `isStopped` is asked between pieces.
 */
export async function layOut(files: readonly NeededFile[], isStopped: () => boolean, tell: (files: number, bytes: number) => void): Promise<void> {
  const piece = randomFillSync(Buffer.alloc(CHUNK_BYTES))
  const short = files.filter(({ path, needed }) => needed > (statSync(path, { throwIfNoEntry: false })?.size ?? 0))
  if (short.length > 0) tell(short.length, short.reduce((sum, { needed }) => sum + needed, 0))
  for (const { path, needed } of short) {
    if (isStopped()) continue
    let fd: number
    try {
      fd = openSync(path, 'a+', 0o644)
    } catch (error) {
      throw new Refusal(`${path}: cannot be created: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
    }
    try {
      let { size } = fstatSync(fd)
      for (let pieces = 0; size < needed && !isStopped(); pieces++) {
        size += writeSync(fd, piece, 0, Math.min(CHUNK_BYTES, needed - size))
        if (pieces % 16 === 15) await new Promise<void>((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      throw new Refusal(`${path}: cannot be prepared: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
    } finally {
      closeSync(fd)
    }
  }
}

/** Removes what there is of them. */
export function removeFiles(paths: Iterable<string>): void {
  for (const path of paths) {
    try {
      unlinkSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') process.stderr.write(`trueaio: ${path} is left: ${(error as NodeJS.ErrnoException).code ?? String(error)}\n`)
    }
  }
}

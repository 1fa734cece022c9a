// ① interface — a trace as a job to replay: a job file, fio's log of the reads and writes, and beside it what fio has no words for.
import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Refusal } from '../command.js'
import { isLoggable } from '../bench/iolog.js'
import { METADATA_HEAD, MISSING } from '../bench/metadata.js'
import type { TraceEvent } from './events.js'

export interface JobFiles {
  readonly job: string
  readonly log: string
  readonly metadata: string
  /** Reads, writes and syncs; their bytes; other calls. */
  readonly transfers: number
  readonly bytes: number
  readonly others: number
}

/** A call of the trace as one that is replayed; undefined: it is none. */
const METADATA: Readonly<Record<string, string>> = {
  stat: 'stat', lstat: 'lstat', access: 'access', readdir: 'readdir', opendir: 'readdir', readlink: 'readlink', realpath: 'realpath', statfs: 'stat', exists: 'access',
}

/** Paths below the folder of the job: the name itself made harmless, or a number. */
class Paths {
  readonly #folder: string
  readonly #anonymous: boolean
  readonly #names = new Map<string, string>()

  constructor(folder: string, anonymous: boolean) {
    this.#folder = folder
    this.#anonymous = anonymous
  }

  of(path: string): string {
    let name = this.#names.get(path)
    if (name === undefined) {
      const parts = path.split('/').filter((part) => part !== '' && part !== '.').map((part) => (part === '..' ? '_up' : part))
      const relative = parts.join('/') || '_root'
      // A file may have been there where later a directory was: endings keep them apart.
      name = `${this.#folder}/${this.#anonymous || !isLoggable(relative) ? String(this.#names.size) : relative}`
      this.#names.set(path, name)
    }
    return name
  }
}

interface Line {
  readonly at: number
  readonly text: string
}

/** What reads a whole file reads it in one piece, and a file that was listed or asked about was not read. */
function linesOf(events: readonly TraceEvent[], paths: Paths): { transfers: Line[], others: Line[], count: number, bytes: number } {
  const transfers: Line[] = []
  const others: Line[] = []
  const positions = new Map<string, number>()
  let [count, bytes] = [0, 0]
  for (const { name, path, result, offset, start } of events) {
    if (path === '') continue
    const [kind = '', called = ''] = name.split(':')
    const call = called.replace(/Sync$/, '')
    const at = Math.floor(start)
    if (result < 0) {
      // What looked for a file that is not there looks for it again.
      if (kind === 'fs' && METADATA[call] !== undefined) others.push({ at, text: `${METADATA[call]}\t${paths.of(path)}${MISSING}` })
      continue
    }
    const move = (action: 'read' | 'write', from: number): void => {
      if (result === 0) return
      transfers.push({ at, text: `${paths.of(path)}.f ${action} ${String(from)} ${String(result)}` })
      count++
      bytes += result
    }
    if (kind === 'fs' && call === 'readFile') move('read', 0)
    else if (kind === 'fs' && call === 'writeFile') move('write', 0)
    else if (/^(read|readv|write|writev)$/.test(call)) {
      // Without an offset it continues where the last one ended.
      const from = offset >= 0 ? offset : (positions.get(path) ?? 0)
      positions.set(path, from + result)
      move(call.startsWith('read') ? 'read' : 'write', from)
    } else if (call === 'appendFile') {
      const from = positions.get(path) ?? 0
      positions.set(path, from + result)
      move('write', from)
    } else if (call === 'fsync' || call === 'fdatasync') {
      transfers.push({ at, text: `${paths.of(path)}.f ${call === 'fsync' ? 'sync' : 'datasync'} 0 0` })
      count++
    } else if (kind === 'fs' && METADATA[call] !== undefined) {
      others.push({ at, text: `${METADATA[call]}\t${paths.of(path)}${call === 'readdir' || call === 'opendir' ? '' : '.f'}` })
    }
  }
  return { transfers, others, count, bytes }
}

/** @throws Refusal where a file cannot be written */
export function writeJob(file: string, events: readonly TraceEvent[], anonymous: boolean): JobFiles {
  const stem = basename(file).replace(/\.[^.]*$/, '')
  if (!isLoggable(stem)) throw new Refusal(`--job ${file}: its name contains blanks, which fio's logs do not allow`)
  const paths = new Paths(`${stem}.files`, anonymous)
  const { transfers, others, count, bytes } = linesOf(events, paths)
  const names = [...new Set(transfers.map(({ text }) => text.slice(0, text.indexOf(' '))))]
  const log = ['fio version 3 iolog', ...withOpens(transfers), ''].join('\n')
  const stats = new Set(others.filter(({ text }) => !text.startsWith('readdir')).map(({ text }) => text.split('\t')[1]).filter((path) => !names.includes(path ?? '')))
  const depth = Math.min(1024, depthOf(events))
  const logFile = `${stem}.iolog`
  const metadataFile = `${stem}.metadata`
  const job = [
    `; A recorded program: ${String(count)} reads, writes and syncs of ${String(bytes)} bytes, ${String(others.length)} other calls (${String(stats.size)} files only asked about).`,
    `; Run it where this file lies: trueaio bench ${basename(file)}`,
    `[${stem}]`, 'ioengine=trueaio', `iodepth=${String(depth)}`, ...(count === 0 ? [] : [`read_iolog=${logFile}`]), ...(others.length === 0 ? [] : [`replay_metadata=${metadataFile}`]), '',
  ].join('\n')
  try {
    writeFileSync(file, job)
    if (count > 0) writeFileSync(join(dirname(file), logFile), log)
    if (others.length > 0) writeFileSync(join(dirname(file), metadataFile), [METADATA_HEAD, ...others.map(({ at, text }) => `${String(at)}\t${text}`), ''].join('\n'))
  } catch (error) {
    throw new Refusal(`--job ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  return { job: file, log: logFile, metadata: metadataFile, transfers: count, bytes, others: others.length }
}

/** Each file is opened before the first line of it, and closed behind its last. */
function withOpens(transfers: readonly Line[]): string[] {
  const nameOf = ({ text }: Line): string => text.slice(0, text.indexOf(' '))
  const last = new Map(transfers.map((line, index) => [nameOf(line), index]))
  const seen = new Set<string>()
  return transfers.flatMap((line, index) => {
    const name = nameOf(line)
    const at = String(line.at)
    const opening = seen.has(name) ? [] : [`${at} ${name} add`, `${at} ${name} open`]
    seen.add(name)
    return [...opening, `${at} ${line.text}`, ...(last.get(name) === index ? [`${at} ${name} close`] : [])]
  })
}

/** The most events that were in progress at once. */
function depthOf(events: readonly TraceEvent[]): number {
  const ends = events.map(({ start, duration }) => start + duration).sort((a, b) => a - b)
  let [most, ended] = [1, 0]
  events.forEach(({ start }, index) => {
    while (ended < ends.length && (ends[ended] as number) <= start) ended++
    most = Math.max(most, index + 1 - ended)
  })
  return most
}

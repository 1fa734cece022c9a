// ① interface — from where to where: what cp's rules make of the words, and what is refused before anything is written.
import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { Refusal, UsageError } from '../command.js'
import { directoryOf, joined, lastName, shown } from './words.js'

export type PathWord = string | Buffer

/** One thing to be copied. */
export interface Pair {
  readonly from: PathWord
  readonly to: PathWord
  readonly stats: Stats
  /** What is there; undefined: nothing. */
  readonly there: Stats | undefined
}

const isAbsent = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOENT' || error.code === 'ENOTDIR'

async function statOr(path: PathWord): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isAbsent(error as NodeJS.ErrnoException)) return undefined
    throw new Refusal(`${shown(path)} cannot be accessed: ${(error as Error).message}`)
  }
}

async function sourceOf(from: PathWord): Promise<Stats> {
  if (from.length === 0) throw new UsageError("FROM is empty: expected the name of a file or directory")
  const stats = await statOr(from)
  if (stats === undefined) throw new Refusal(`${shown(from)} does not exist: name an existing file or directory`)
  if (!stats.isFile() && !stats.isDirectory()) throw new Refusal(`${shown(from)} is neither a file nor a directory: 'trueaio transfer' reads pipes and devices`)
  return stats
}

/** @throws Refusal */
async function checked(from: PathWord, to: PathWord, stats: Stats): Promise<Pair> {
  const there = await statOr(to)
  if (there === undefined) {
    const directory = await statOr(directoryOf(to))
    if (directory === undefined) throw new Refusal(`${shown(directoryOf(to))} does not exist: make the directory first (mkdir -p), or name another one`)
    if (!directory.isDirectory()) throw new Refusal(`${shown(directoryOf(to))} is not a directory, so nothing can be copied into it`)
  } else {
    if (there.ino === stats.ino && there.dev === stats.dev) throw new Refusal(`${shown(from)} and ${shown(to)} are the same: name another target`)
    if (stats.isDirectory() && !there.isDirectory()) throw new Refusal(`${shown(to)} is not a directory, but ${shown(from)} is one: name another target, or remove it first`)
    if (stats.isFile() && there.isDirectory()) throw new Refusal(`${shown(to)} is a directory, and ${shown(from)} is a file: name another target, or remove it first`)
    if (stats.isFile() && !there.isFile()) throw new Refusal(`${shown(to)} is not a regular file: 'trueaio transfer' writes into pipes and devices`)
  }
  if (stats.isDirectory()) {
    const inside = `${await realpath(there === undefined ? directoryOf(to) : to, 'latin1')}/`
    const outside = await realpath(from, 'latin1')
    if (inside.startsWith(outside === '/' ? outside : `${outside}/`)) throw new Refusal(`${shown(to)} is inside ${shown(from)}: a directory cannot be copied into itself`)
  }
  return { from, to, stats, there }
}

/** `copy FROM… TO`: into TO if that is a directory, else as TO. @throws Refusal, UsageError */
export async function copyPairs(words: readonly PathWord[]): Promise<Pair[]> {
  const to = words.at(-1)
  const sources = words.slice(0, -1)
  if (to === undefined || sources.length === 0) throw new UsageError(`copy needs FROM… and TO, and got ${to === undefined ? 'neither' : `only '${shown(to)}'`}`)
  if (to.length === 0) throw new UsageError('TO is empty: expected the name of a file or directory')
  const target = await statOr(to)
  const isInto = target?.isDirectory() === true
  if (!isInto && sources.length > 1) throw new Refusal(`${shown(to)} is ${target === undefined ? 'missing' : 'not a directory'}: several files need a directory as the target. Make it first`)
  const pairs: Pair[] = []
  const taken = new Map<string, PathWord>()
  for (const from of sources) {
    const stats = await sourceOf(from)
    const name = lastName(from)
    if (isInto && name.length === 0) throw new Refusal(`${shown(from)} has no name that could be used in ${shown(to)}: name it differently, or use 'trueaio sync'`)
    if (!isInto && stats.isFile() && shown(to).endsWith('/')) throw new Refusal(`${shown(to)} does not exist: make the directory first (mkdir -p)`)
    const place = isInto ? joined(to, name) : to
    const before = taken.get(Buffer.from(place).toString('latin1'))
    if (before !== undefined) throw new Refusal(`${shown(before)} and ${shown(from)} would both become ${shown(place)}: copy them one by one`)
    taken.set(Buffer.from(place).toString('latin1'), from)
    pairs.push(await checked(from, withoutSlash(place), stats))
  }
  return pairs
}

/** `sync FROM TO`: what is in the directory FROM, into the directory TO; a file as TO, or into it. @throws Refusal, UsageError */
export async function syncPair(words: readonly PathWord[]): Promise<Pair> {
  const [from, to, ...more] = words
  if (from === undefined || to === undefined || more.length > 0 || to.length === 0) throw new UsageError(`sync needs FROM and TO, and got ${words.length === 0 ? 'neither' : words.map((word) => `'${shown(word)}'`).join(' ')}`)
  const stats = await sourceOf(from)
  const isInto = stats.isFile() && (await statOr(to))?.isDirectory() === true
  return checked(from, isInto ? joined(to, lastName(from)) : withoutSlash(to), stats)
}

/** Beside `x/` nothing can be made. */
function withoutSlash(path: PathWord): PathWord {
  if (typeof path !== 'string') return path
  const text = path.replace(/\/+$/, '')
  return text === '' ? '/' : text
}

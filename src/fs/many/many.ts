// ① interface — readFiles and statMany: a function of one path for many, as an async iterable. What is wrong with one path
// is reported with that path and does not end the loop.
import type { PathLike, Stats } from 'node:fs'
import { invalidArgValue } from '../../operation/arguments.js'
import { lstatPath, statPath } from '../path/index.js'
import { aheadOf, type Many, type ManyOptions } from './read-ahead-of.js'
import { node } from '../node/index.js'
import { readWhole } from '../file/index.js'
import { within, type Deadline } from '../request/index.js'

export type { Many, ManyOptions } from './read-ahead-of.js'

/** A path that failed. */
export interface FailedPath<Path> {
  /** The path as it was given. */
  readonly path: Path
  /** Why it could not be read, with Node's `code`. */
  readonly error: NodeJS.ErrnoException
  /** There is none. */
  readonly content?: undefined
  /** There are none. */
  readonly stats?: undefined
}

/** A file that was read. */
export interface ReadPath<Path, Content> {
  /** The path as it was given. */
  readonly path: Path
  /** The whole content. */
  readonly content: Content
  /** There is none. */
  readonly error?: undefined
}

/** A path whose attributes were read. */
export interface StatPath<Path> {
  /** The path as it was given. */
  readonly path: Path
  /** Its attributes, as Node's `stat` gives them. */
  readonly stats: Stats
  /** There is none. */
  readonly error?: undefined
}

/** Options of {@link readFiles}. */
export interface ReadFilesOptions extends ManyOptions {
  /** Contents as text; null: as Buffers. Default: null. */
  readonly encoding?: BufferEncoding | null | undefined
}

/** Options of {@link statMany}. */
export interface StatManyOptions extends ManyOptions {
  /** False: a symbolic link's own stats. Default: true. */
  readonly followSymlinks?: boolean | undefined
}

/** Where the engine does not take the arguments, Node does, and the wait for it has the deadline. */
function orNodes<Result>(ours: Promise<Result> | undefined, theirs: () => Promise<Result>, options: Deadline, syscall: string): Promise<Result> {
  return ours ?? within(theirs(), options, syscall)
}

/**
 * Reads many files whole: `for await (const { path, content, error } of readFiles(paths))`.
 *
 * Paths come from any iterable or async iterable. It is asked for more only as the consumer advances: at most
 * `concurrency` files are being read or held. Results are in the order of the paths, or with `ordered: false` as they
 * complete. A file that cannot be read has `error` instead of `content`, with Node's code. An exception of the source
 * of paths is thrown after the results before it. Leaving the loop cancels what is in flight and closes what is open.
 *
 * @param options `concurrency` 1 to 4096, default 64; `ordered`, default true; `encoding`; `signal`; `timeout` in ms for each file
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_INVALID_ARG_VALUE (an encoding that is none), ABORT_ERR
 */
export function readFiles<Path extends PathLike>(paths: Many<Path>, options: ReadFilesOptions & { readonly encoding: BufferEncoding }): AsyncGenerator<ReadPath<Path, string> | FailedPath<Path>, void, undefined>
export function readFiles<Path extends PathLike>(paths: Many<Path>, options?: ReadFilesOptions & { readonly encoding?: null | undefined }): AsyncGenerator<ReadPath<Path, Buffer> | FailedPath<Path>, void, undefined>
export function readFiles<Path extends PathLike>(paths: Many<Path>, options: ReadFilesOptions = {}): AsyncGenerator<ReadPath<Path, Buffer | string> | FailedPath<Path>, void, undefined> {
  const { encoding = null, timeout } = options
  if (encoding !== null && !Buffer.isEncoding(encoding)) throw invalidArgValue('encoding', encoding, 'is invalid encoding')
  return aheadOf(paths, async (path, signal): Promise<ReadPath<Path, Buffer | string> | FailedPath<Path>> => {
    try {
      const given = { encoding, signal, timeout }
      return { path, content: await orNodes<Buffer | string>(readWhole(path, given), () => node.readFile(path, given), given, 'read') }
    } catch (error) {
      return { path, error: error as NodeJS.ErrnoException }
    }
  }, options)
}

/**
 * The Stats of many paths: `for await (const { path, stats, error } of statMany(paths))`. Order, errors, limits and leaving
 * are those of {@link readFiles}.
 *
 * @param options `concurrency` 1 to 4096, default 64; `ordered`, default true; `followSymlinks`, default true; `signal`; `timeout` in ms for each path
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ABORT_ERR
 */
export function statMany<Path extends PathLike>(paths: Many<Path>, options: StatManyOptions = {}): AsyncGenerator<StatPath<Path> | FailedPath<Path>, void, undefined> {
  const { followSymlinks = true, timeout } = options
  const name = followSymlinks ? 'stat' : 'lstat'
  const statIt = followSymlinks ? statPath : lstatPath
  return aheadOf(paths, async (path, signal): Promise<StatPath<Path> | FailedPath<Path>> => {
    try {
      const given = { signal, timeout }
      const stats = await orNodes(statIt(path, given), () => node[name](path), given, name)
      return { path, stats: stats as Stats } // bigint is not among the options
    } catch (error) {
      return { path, error: error as NodeJS.ErrnoException }
    }
  }, options)
}

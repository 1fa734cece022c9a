// What the types of trueaio/fs and trueaio/fs/promises promise of deadlines. It has to compile, and each call has the type that is
// said beside it; test/fs/deadline-calls.test.ts makes each call and looks whether the result is of that type.
import assert from 'node:assert/strict'
import type { BigIntStats, BigIntStatsFs, Dir, Dirent, Stats, StatsFs } from 'node:fs'
import type * as nodePromises from 'node:fs/promises'
import { promisify } from 'node:util'
import fs, { type Deadline, type GivenDeadline } from 'trueaio/fs'
import promises, { type CommitHandle, open, readFile, stat, unlink } from 'trueaio/fs/promises'

/** What a call is made on. */
export interface Files {
  /** The path of a name in the test's own directory. */
  readonly at: (name: string) => string
  /** A file of some bytes, open for reading and writing. */
  readonly fd: number
  readonly handle: CommitHandle
}

/** One call, made with a deadline. */
export interface Call {
  readonly title: string
  readonly run: (files: Files, deadline: GivenDeadline) => Promise<unknown>
  /** Whether a result is of the type that the compiler has for it. */
  readonly is: (result: unknown) => boolean
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Is<Type> = (value: unknown) => value is Type
const someWords = new Uint16Array(2)
/** Newer compilers say which memory it is of. */
type Words = typeof someWords
/** Buffers of Node's making: newer types say that nobody shares their memory. */
type Bytes = Exclude<Awaited<ReturnType<typeof nodePromises.readFile>>, string>

const named = <Type>(name: string): Is<Type> => (value): value is Type => Object(value) instanceof Object && (value as object).constructor.name === name
const nothing: Is<void> = (value): value is void => value === undefined
const text: Is<string> = (value): value is string => typeof value === 'string'
const number: Is<number> = (value): value is number => typeof value === 'number'
const bytes: Is<Bytes> = (value): value is Bytes => Buffer.isBuffer(value)
const stats = named<Stats>('Stats')
const bigStats = named<BigIntStats>('BigIntStats')
const fileSystem: Is<StatsFs> = (value): value is StatsFs => typeof (value as StatsFs).bsize === 'number'
const bigFileSystem: Is<BigIntStatsFs> = (value): value is BigIntStatsFs => typeof (value as BigIntStatsFs).bsize === 'bigint'
const listOf = <Item>(is: Is<Item>): Is<Item[]> => (value): value is Item[] => Array.isArray(value) && value.length > 0 && value.every(is)
const entry: Is<Dirent> = (value): value is Dirent => typeof (value as Dirent).name === 'string' && (value as Dirent).isFile !== undefined
const bytesEntry: Is<Dirent<Bytes>> = (value): value is Dirent<Bytes> => bytes((value as Dirent<Bytes>).name)
const either = <One, Other>(one: Is<One>, other: Is<Other>): Is<One | Other> => (value): value is One | Other => one(value) || other(value)
const twoWords = (): Words => new Uint16Array(2)
const words: Is<Words> = (value): value is Words => value instanceof Uint16Array

/** The result of a read or write: the count, and the caller's own object by another name. */
const counted = <Count extends string, Name extends string, Given>(count: Count, name: Name, is: Is<Given>): Is<Record<Count, number> & Record<Name, Given>> =>
  (value): value is never => number((value as Record<string, unknown>)[count]) && is((value as Record<string, unknown>)[name])

interface Arguments { signal: AbortSignal | undefined, timeout: number | undefined }

/** A call with a promise of exactly this type. */
function gives<Expected>(is: Is<Expected>) {
  return <Actual>(title: string, run: (files: Files, deadline: Arguments) => Promise<Actual>): Equal<Actual, Expected> extends true ? Call : { readonly of: Actual, readonly not: Expected } => {
    const call: Call = { title, is, run: (files, { signal, timeout }) => run(files, { signal, timeout }) }
    return call as never
  }
}

/** The same where the results are compared loosely: one of two that have the same members. */
function givesLike<Expected>(is: Is<Expected>) {
  return <Actual extends Expected>(title: string, run: (files: Files, deadline: Arguments) => Promise<Actual>): Call =>
    ({ title, is, run: (files, { signal, timeout }) => run(files, { signal, timeout }) })
}

type Told<Expected> = <Actual>(error: Error | null, result: Actual & (Equal<Actual, Expected> extends true ? unknown : never)) => void

/** A call with a callback whose result has exactly this type. */
function tells<Expected>(is: Is<Expected>) {
  return (title: string, run: (files: Files, deadline: Arguments, told: Told<Expected>) => void): Call => ({
    title: `${title}, callback`, is,
    run: (files, { signal, timeout }) => new Promise<unknown>((resolve, reject) => run(files, { signal, timeout }, (error, result) => (error === null ? resolve(result) : reject(error)))),
  })
}

/** A call whose callback gets nothing but an error. */
function ends(title: string, run: (files: Files, deadline: Arguments, ended: (error: Error | null) => void) => void): Call {
  return { title: `${title}, callback`, is: nothing, run: (files, { signal, timeout }) => new Promise<void>((resolve, reject) => run(files, { signal, timeout }, (error) => (error === null ? resolve() : reject(error)))) }
}

const path = ({ at }: Files): string => at('text')
const buffer = (): Buffer => Buffer.alloc(4)

export const PROMISES: readonly Call[] = [
  gives(nothing)('access', (f, { signal, timeout }) => promises.access(path(f), 4, { signal, timeout })),
  gives(nothing)('access without a mode', (f, { timeout, signal }) => promises.access(path(f), undefined, { timeout, signal })),
  gives(nothing)('chmod', (f, { signal, timeout }) => promises.chmod(path(f), '600', { signal, timeout })),
  gives(nothing)('chown', (f, { signal, timeout }) => promises.chown(path(f), -1, -1, { signal, timeout })),
  gives(nothing)('copyFile', (f, { signal, timeout }) => promises.copyFile(path(f), f.at('copy'), undefined, { signal, timeout })),
  gives(nothing)('lchown', (f, { signal, timeout }) => promises.lchown(path(f), -1, -1, { signal, timeout })),
  gives(nothing)('link', (f, { signal, timeout }) => promises.link(path(f), f.at('second'), { signal, timeout })),
  gives(nothing)('lutimes', (f, { signal, timeout }) => promises.lutimes(path(f), 1, new Date(), { signal, timeout })),
  gives(nothing)('rename', (f, { signal, timeout }) => promises.rename(path(f), f.at('moved'), { signal, timeout })),
  gives(nothing)('symlink', (f, { signal, timeout }) => promises.symlink('text', f.at('linked'), null, { signal, timeout })),
  gives(nothing)('truncate', (f, { signal, timeout }) => promises.truncate(path(f), 3, { signal, timeout })),
  gives(nothing)('truncate to nothing', (f, { signal, timeout }) => promises.truncate(path(f), undefined, { signal, timeout })),
  gives(nothing)('unlink', (f, { signal, timeout }) => promises.unlink(path(f), { signal, timeout })),
  gives(nothing)('utimes', (f, { signal, timeout }) => promises.utimes(path(f), 1, 2, { signal, timeout })),
  gives(nothing)('utimes with texts, which are left to Node', (f, { signal, timeout }) => promises.utimes(path(f), '1', '2', { signal, timeout })),
  gives(stats)('stat', (f, { signal, timeout }) => promises.stat(path(f), { signal, timeout })),
  gives(bigStats)('stat, bigint', (f, { signal, timeout }) => promises.stat(path(f), { bigint: true, signal, timeout })),
  gives(stats)('lstat', (f, { signal, timeout }) => promises.lstat(path(f), { bigint: false, signal, timeout })),
  gives(bigStats)('lstat, bigint', (f, { signal, timeout }) => promises.lstat(path(f), { bigint: true, signal, timeout })),
  gives(fileSystem)('statfs', (f, { signal, timeout }) => promises.statfs(path(f), { signal, timeout })),
  gives(bigFileSystem)('statfs, bigint', (f, { signal, timeout }) => promises.statfs(path(f), { bigint: true, signal, timeout })),
  gives(nothing)('mkdir', (f, { signal, timeout }) => promises.mkdir(f.at('new'), { mode: 0o700, signal, timeout })),
  gives(either(text, (value): value is undefined => value === undefined))('mkdir, recursive', (f, { signal, timeout }) => promises.mkdir(f.at('new/inner'), { recursive: true, signal, timeout })),
  gives(text)('mkdtemp', (f, { signal, timeout }) => promises.mkdtemp(f.at('new-'), { signal, timeout })),
  gives(bytes)('mkdtemp, buffer', (f, { signal, timeout }) => promises.mkdtemp(f.at('new-'), { encoding: 'buffer', signal, timeout })),
  gives(text)('readlink', (f, { signal, timeout }) => promises.readlink(f.at('link'), { encoding: 'utf8', signal, timeout })),
  gives(bytes)('readlink, buffer', (f, { signal, timeout }) => promises.readlink(f.at('link'), { encoding: 'buffer', signal, timeout })),
  gives(text)('realpath', (f, { signal, timeout }) => promises.realpath(f.at('link'), { signal, timeout })),
  gives(bytes)('realpath, buffer', (f, { signal, timeout }) => promises.realpath(f.at('link'), { encoding: 'buffer', signal, timeout })),
  gives(nothing)('rmdir', (f, { signal, timeout }) => promises.rmdir(f.at('vacant'), { signal, timeout })),
  gives(nothing)('rm', (f, { signal, timeout }) => promises.rm(path(f), { force: true, signal, timeout })),
  gives(nothing)('rm of a tree', (f, { signal, timeout }) => promises.rm(f.at('directory'), { recursive: true, signal, timeout })),
  gives(nothing)('cp', (f, { signal, timeout }) => promises.cp(f.at('directory'), f.at('copy'), { recursive: true, signal, timeout })),
  gives(listOf(text))('readdir', (f, { signal, timeout }) => promises.readdir(f.at(''), { signal, timeout })),
  gives(listOf(text))('readdir, recursive', (f, { signal, timeout }) => promises.readdir(f.at(''), { recursive: true, encoding: 'utf8', signal, timeout })),
  gives(listOf(bytes))('readdir, buffer', (f, { signal, timeout }) => promises.readdir(f.at(''), { encoding: 'buffer', signal, timeout })),
  gives(listOf(entry))('readdir, types', (f, { signal, timeout }) => promises.readdir(f.at(''), { withFileTypes: true, signal, timeout })),
  gives(listOf(entry))('readdir, recursive, types', (f, { signal, timeout }) => promises.readdir(f.at('directory'), { withFileTypes: true, recursive: true, signal, timeout })),
  gives(listOf(bytesEntry))('readdir, types, buffer', (f, { signal, timeout }) => promises.readdir(f.at(''), { withFileTypes: true, encoding: 'buffer', signal, timeout })),
  gives(bytes)('readFile', (f, { signal, timeout }) => promises.readFile(path(f), { signal, timeout })),
  gives(bytes)('readFile, no encoding', (f, { signal, timeout }) => promises.readFile(path(f), { encoding: null, flag: 'r', signal, timeout })),
  gives(text)('readFile, encoding', (f, { signal, timeout }) => promises.readFile(path(f), { encoding: 'latin1', signal, timeout })),
  gives(either(text, bytes))('readFile, an encoding or none', (f, { signal, timeout }) => promises.readFile(path(f), { encoding: 'utf8' as BufferEncoding | null, signal, timeout })),
  gives(nothing)('writeFile', (f, { signal, timeout }) => promises.writeFile(path(f), 'text', { encoding: 'utf8', mode: 0o600, flag: 'w', signal, timeout })),
  gives(nothing)('writeFile of pieces', (f, { signal, timeout }) => promises.writeFile(path(f), ['one', 'two'], { signal, timeout })),
  gives(nothing)('appendFile', (f, { signal, timeout }) => promises.appendFile(path(f), Buffer.from('x'), { signal, timeout })),
  gives(nothing)('opendir', (f, { signal, timeout }) => promises.opendir(f.at(''), { bufferSize: 4, signal, timeout }).then(async (opened) => {
    const same: Equal<typeof opened, Dir> = true
    assert.ok(same)
    await opened.close()
  })),
  gives(nothing)('open', (f, { signal, timeout }) => open(path(f), 'r', undefined, { signal, timeout }).then(async (opened) => {
    const same: Equal<typeof opened, CommitHandle> = true
    assert.ok(same)
    await opened.close()
  })),
]

export const HANDLES: readonly Call[] = [
  gives(nothing)('handle.appendFile', ({ handle }, { signal, timeout }) => handle.appendFile('x', { encoding: 'utf8', signal, timeout })),
  gives(nothing)('handle.chmod', ({ handle }, { signal, timeout }) => handle.chmod(0o600, { signal, timeout })),
  gives(nothing)('handle.chown', ({ handle }, { signal, timeout }) => handle.chown(-1, -1, { signal, timeout })),
  gives(nothing)('handle.datasync', ({ handle }, { signal, timeout }) => handle.datasync({ signal, timeout })),
  gives(nothing)('handle.sync', ({ handle }, { signal, timeout }) => handle.sync({ signal, timeout })),
  gives(nothing)('handle.truncate', ({ handle }, { signal, timeout }) => handle.truncate(3, { signal, timeout })),
  gives(nothing)('handle.utimes', ({ handle }, { signal, timeout }) => handle.utimes(1, 2, { signal, timeout })),
  gives(nothing)('handle.utimes with texts', ({ handle }, { signal, timeout }) => handle.utimes('1', '2', { signal, timeout })),
  gives(nothing)('handle.writeFile', ({ handle }, { signal, timeout }) => handle.writeFile('x', { signal, timeout })),
  gives(stats)('handle.stat', ({ handle }, { signal, timeout }) => handle.stat({ signal, timeout })),
  gives(bigStats)('handle.stat, bigint', ({ handle }, { signal, timeout }) => handle.stat({ bigint: true, signal, timeout })),
  gives(bytes)('handle.readFile', ({ handle }, { signal, timeout }) => handle.readFile({ signal, timeout })),
  gives(text)('handle.readFile, encoding', ({ handle }, { signal, timeout }) => handle.readFile({ encoding: 'hex', signal, timeout })),
  gives(number)('handle.commit', ({ handle }, { signal, timeout }) => handle.commit(buffer(), { offset: 0, signal, timeout })),
  givesLike(counted('bytesRead', 'buffer', bytes))('handle.read', ({ handle }, { signal, timeout }) => handle.read({ signal, timeout })),
  givesLike(counted('bytesRead', 'buffer', words))('handle.read({ buffer })', ({ handle }, { signal, timeout }) => handle.read({ buffer: twoWords(), signal, timeout })),
  givesLike(counted('bytesRead', 'buffer', words))('handle.read(buffer, options)', ({ handle }, { signal, timeout }) => handle.read(twoWords(), { position: 0, signal, timeout })),
  givesLike(counted('bytesRead', 'buffer', words))('handle.read(buffer, …)', ({ handle }, { signal, timeout }) => handle.read(twoWords(), 0, 4, 0, { signal, timeout })),
  givesLike(counted('bytesRead', 'buffer', words))('handle.read at a bigint', ({ handle }, { signal, timeout }) => handle.read(twoWords(), null, null, 1n, { signal, timeout })),
  givesLike(counted('bytesWritten', 'buffer', words))('handle.write(buffer, options)', ({ handle }, { signal, timeout }) => handle.write(twoWords(), { position: 0, signal, timeout })),
  givesLike(counted('bytesWritten', 'buffer', words))('handle.write(buffer, …)', ({ handle }, { signal, timeout }) => handle.write(twoWords(), 0, 4, null, { signal, timeout })),
  givesLike(counted('bytesWritten', 'buffer', text))('handle.write(text, …)', ({ handle }, { signal, timeout }) => handle.write('text', null, 'utf8', { signal, timeout })),
  givesLike(counted('bytesRead', 'buffers', listOf(words)))('handle.readv', ({ handle }, { signal, timeout }) => handle.readv([twoWords()], 0, { signal, timeout })),
  givesLike(counted('bytesWritten', 'buffers', listOf(words)))('handle.writev', ({ handle }, { signal, timeout }) => handle.writev([twoWords()], null, { signal, timeout })),
]

export const CALLBACKS: readonly Call[] = [
  ends('access', (f, { signal, timeout }, ended) => fs.access(path(f), undefined, { signal, timeout }, ended)),
  ends('appendFile', (f, { signal, timeout }, ended) => fs.appendFile(path(f), 'x', { signal, timeout }, ended)),
  ends('appendFile to a descriptor', ({ fd }, { signal, timeout }, ended) => fs.appendFile(fd, 'x', { signal, timeout }, ended)),
  ends('chmod', (f, { signal, timeout }, ended) => fs.chmod(path(f), 0o600, { signal, timeout }, ended)),
  ends('chown', (f, { signal, timeout }, ended) => fs.chown(path(f), -1, -1, { signal, timeout }, ended)),
  ends('close', (f, { signal, timeout }, ended) => fs.close(fs.openSync(path(f), 'r'), { signal, timeout }, ended)),
  ends('copyFile', (f, { signal, timeout }, ended) => fs.copyFile(path(f), f.at('copy'), 0, { signal, timeout }, ended)),
  ends('cp', (f, { signal, timeout }, ended) => fs.cp(f.at('directory'), f.at('copy'), { recursive: true, signal, timeout }, ended)),
  ends('fchmod', ({ fd }, { signal, timeout }, ended) => fs.fchmod(fd, '600', { signal, timeout }, ended)),
  ends('fchown', ({ fd }, { signal, timeout }, ended) => fs.fchown(fd, -1, -1, { signal, timeout }, ended)),
  ends('fdatasync', ({ fd }, { signal, timeout }, ended) => fs.fdatasync(fd, { signal, timeout }, ended)),
  ends('fsync', ({ fd }, { signal, timeout }, ended) => fs.fsync(fd, { signal, timeout }, ended)),
  ends('ftruncate', ({ fd }, { signal, timeout }, ended) => fs.ftruncate(fd, 3, { signal, timeout }, ended)),
  ends('futimes', ({ fd }, { signal, timeout }, ended) => fs.futimes(fd, 1, 2, { signal, timeout }, ended)),
  ends('futimes with texts', ({ fd }, { signal, timeout }, ended) => fs.futimes(fd, '1', '2', { signal, timeout }, ended)),
  ends('lchown', (f, { signal, timeout }, ended) => fs.lchown(path(f), -1, -1, { signal, timeout }, ended)),
  ends('link', (f, { signal, timeout }, ended) => fs.link(path(f), f.at('second'), { signal, timeout }, ended)),
  ends('lutimes', (f, { signal, timeout }, ended) => fs.lutimes(path(f), 1, 2, { signal, timeout }, ended)),
  ends('mkdir', (f, { signal, timeout }, ended) => fs.mkdir(f.at('new'), { mode: 0o700, signal, timeout }, ended)),
  ends('rename', (f, { signal, timeout }, ended) => fs.rename(path(f), f.at('moved'), { signal, timeout }, ended)),
  ends('rm', (f, { signal, timeout }, ended) => fs.rm(f.at('directory'), { recursive: true, signal, timeout }, ended)),
  ends('rmdir', (f, { signal, timeout }, ended) => fs.rmdir(f.at('vacant'), { signal, timeout }, ended)),
  ends('symlink', (f, { signal, timeout }, ended) => fs.symlink('text', f.at('linked'), undefined, { signal, timeout }, ended)),
  ends('truncate', (f, { signal, timeout }, ended) => fs.truncate(path(f), 3, { signal, timeout }, ended)),
  ends('unlink', (f, { signal, timeout }, ended) => fs.unlink(path(f), { signal, timeout }, ended)),
  ends('utimes', (f, { signal, timeout }, ended) => fs.utimes(path(f), '1', '2', { signal, timeout }, ended)),
  ends('writeFile', (f, { signal, timeout }, ended) => fs.writeFile(path(f), 'x', { signal, timeout }, ended)),
  tells(stats)('fstat', ({ fd }, { signal, timeout }, told) => fs.fstat(fd, { signal, timeout }, (error, result) => told(error, result))),
  tells(bigStats)('fstat, bigint', ({ fd }, { signal, timeout }, told) => fs.fstat(fd, { bigint: true, signal, timeout }, (error, result) => told(error, result))),
  tells(stats)('lstat', (f, { signal, timeout }, told) => fs.lstat(path(f), { signal, timeout }, (error, result) => told(error, result))),
  tells(stats)('stat', (f, { signal, timeout }, told) => fs.stat(path(f), { signal, timeout }, (error, result) => told(error, result))),
  tells(bigStats)('stat, bigint', (f, { signal, timeout }, told) => fs.stat(path(f), { bigint: true, signal, timeout }, (error, result) => told(error, result))),
  tells(fileSystem)('statfs', (f, { signal, timeout }, told) => fs.statfs(path(f), { signal, timeout }, (error, result) => told(error, result))),
  tells(text)('mkdtemp', (f, { signal, timeout }, told) => fs.mkdtemp(f.at('new-'), { signal, timeout }, (error, result) => told(error, result))),
  tells(bytes)('mkdtemp, buffer', (f, { signal, timeout }, told) => fs.mkdtemp(f.at('new-'), { encoding: 'buffer', signal, timeout }, (error, result) => told(error, result))),
  tells(text)('readlink', (f, { signal, timeout }, told) => fs.readlink(f.at('link'), { signal, timeout }, (error, result) => told(error, result))),
  tells(bytes)('readlink, buffer', (f, { signal, timeout }, told) => fs.readlink(f.at('link'), { encoding: 'buffer', signal, timeout }, (error, result) => told(error, result))),
  tells(text)('realpath', (f, { signal, timeout }, told) => fs.realpath(f.at('link'), { signal, timeout }, (error, result) => told(error, result))),
  tells(bytes)('realpath, buffer', (f, { signal, timeout }, told) => fs.realpath(f.at('link'), { encoding: 'buffer', signal, timeout }, (error, result) => told(error, result))),
  tells(number)('open', (f, { signal, timeout }, told) => fs.open(path(f), 'r', undefined, { signal, timeout }, (error, opened) => told(error, opened))),
  ends('opendir', (f, { signal, timeout }, ended) => fs.opendir(f.at(''), { signal, timeout }, (error, opened) => {
    if (error !== null) ended(error)
    else void opened.close().then(() => ended(null))
  })),
  tells(listOf(text))('readdir', (f, { signal, timeout }, told) => fs.readdir(f.at(''), { encoding: 'utf8', signal, timeout }, (error, result) => told(error, result))),
  tells(listOf(bytes))('readdir, buffer', (f, { signal, timeout }, told) => fs.readdir(f.at(''), { encoding: 'buffer', signal, timeout }, (error, result) => told(error, result))),
  tells(listOf(entry))('readdir, types', (f, { signal, timeout }, told) => fs.readdir(f.at(''), { withFileTypes: true, recursive: true, signal, timeout }, (error, result) => told(error, result))),
  tells(bytes)('readFile', (f, { signal, timeout }, told) => fs.readFile(path(f), { signal, timeout }, (error, result) => told(error, result))),
  tells(text)('readFile, encoding', (f, { signal, timeout }, told) => fs.readFile(path(f), { encoding: 'utf8', signal, timeout }, (error, result) => told(error, result))),
  tells(bytes)('readFile of a descriptor', ({ fd }, { signal, timeout }, told) => fs.readFile(fd, { signal, timeout }, (error, result) => told(error, result))),
  tells(number)('read', ({ fd }, { signal, timeout }, told) => fs.read(fd, buffer(), 0, 4, null, { signal, timeout }, (error, result) => told(error, result))),
  tells(words)('read(buffer, options)', ({ fd }, { signal, timeout }, told) => fs.read(fd, twoWords(), { position: 0, signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(bytes)('read(options)', ({ fd }, { signal, timeout }, told) => fs.read(fd, { position: 0, signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(words)('read at a bigint', ({ fd }, { signal, timeout }, told) => fs.read(fd, twoWords(), 0, 4, 1n, { signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(words)('write', ({ fd }, { signal, timeout }, told) => fs.write(fd, twoWords(), 0, 4, null, { signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(words)('write(buffer, options)', ({ fd }, { signal, timeout }, told) => fs.write(fd, twoWords(), { position: 0, signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(text)('write of a text', ({ fd }, { signal, timeout }, told) => fs.write(fd, 'text', null, 'utf8', { signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(text)('write of no text, which is left to Node', ({ fd }, { signal, timeout }, told) => fs.write(fd, '', null, null, { signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(listOf(words))('readv', ({ fd }, { signal, timeout }, told) => fs.readv(fd, [twoWords()], 0, { signal, timeout }, (error, _bytes, result) => told(error, result))),
  tells(listOf(words))('writev', ({ fd }, { signal, timeout }, told) => fs.writev(fd, [twoWords()], null, { signal, timeout }, (error, _bytes, result) => told(error, result))),
  givesLike(stats)('promisify(stat)', (f, { signal, timeout }) => promisify(fs.stat)(path(f), { signal, timeout })),
  gives(nothing)('promisify(unlink)', (f, { signal, timeout }) => promisify(fs.unlink)(path(f), { signal, timeout })),
  gives(stats)('promises of trueaio/fs', (f, { signal, timeout }) => fs.promises.stat(path(f), { signal, timeout })),
]

/** A deadline that somebody hands on. */
export async function handedOn(deadline: Deadline, given: GivenDeadline): Promise<void> {
  const read: Bytes = await readFile('x', deadline)
  const found: Stats = await stat('x', deadline)
  await unlink('x', deadline)
  await unlink('x', given)
  fs.unlink('x', given, () => undefined)
  const { size } = await stat('x')
  const names: string[] = await promises.readdir('x')
  const list: Dirent[] = await promises.readdir('x', { withFileTypes: true })
  fs.createReadStream('x', { zeroCopy: false, signal: AbortSignal.abort() }).pipe(fs.createWriteStream('y', { zeroCopy: false, flags: 'a' }))
  const node: typeof nodePromises = promises // what takes Node's module takes this one
  void [read, found, size, names, list, node]
}

// What does not work does not compile.
export function refused(deadline: Deadline): void {
  // @ts-expect-error a timeout is a number
  void stat('x', { timeout: '5' })
  // @ts-expect-error a signal is an AbortSignal
  void unlink('x', { signal: {} })
  // @ts-expect-error no such option
  void stat('x', { timeOut: 5 })
  // @ts-expect-error the deadline comes behind the mode
  void promises.access('x', { timeout: 5 })
  // @ts-expect-error an object with neither of the two is no deadline before a callback
  fs.unlink('x', {}, () => undefined)
  // @ts-expect-error and this one may be such
  fs.unlink('x', deadline, () => undefined)
  // @ts-expect-error whether something exists is told without an error
  fs.exists('x', { timeout: 5 }, () => undefined) // eslint-disable-line @typescript-eslint/no-deprecated -- a drop-in has what Node has
  // @ts-expect-error what ends in Sync has no deadline
  fs.statSync('x', { timeout: 5 })
  // @ts-expect-error streams take a signal and no timeout
  fs.createReadStream('x', { timeout: 5 })
}

// ② operation — what can be asked of a path: opening, attributes, links, directories.
import { byteCount, checkInteger, checkPath, invalidArgType, plainDescriptor, type PathArgument } from './arguments.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type FileReference } from './operation.js'
import { splitSeconds } from './timer.js'

/** "Relative to the current directory", where a directory descriptor is expected. */
export const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_EMPTY_PATH = 0x1000
const O_CLOEXEC = 0o2000000
const UINT32_MAX = 0xffffffff
const INT32_MAX = 0x7fffffff
const NO_OPTIONS: Readonly<Record<string, never>> = {}

interface DirectoryOption {
  /** A relative path starts here. Default: the current directory. */
  readonly directory?: FileReference
}

function directoryOf(options: DirectoryOption): number {
  return options.directory === undefined ? AT_FDCWD : plainDescriptor(options.directory, 'directory')
}

function onPath<Result>(opcode: Opcode, path: PathArgument, options: DirectoryOption = NO_OPTIONS, flags = 0, length = 0): Operation<Result> {
  const detail = new OperationDetail()
  detail.path = checkPath(path)
  return new Operation<Result>(opcode, FileKind.DESCRIPTOR, directoryOf(options), undefined, length, 0, flags, detail)
}

function detailOf(operation: Operation): OperationDetail {
  return operation.detail as OperationDetail // onPath always makes one
}

/** Options of {@link open}. */
export interface OpenOptions extends DirectoryOption {
  /** O_* flags ored (see `constants`). O_CLOEXEC is always added. Default: O_RDONLY. */
  readonly flags?: number
  /** Mode bits of a file that is created, less the umask. Default: 0o666. */
  readonly mode?: number
  /** RESOLVE_* flags of openat2(2), which restrict path resolution. Default: 0. */
  readonly resolve?: number
}

/** Opens a file. Resolves to its descriptor, which the caller closes. @see open(2), openat2(2) */
export function open(path: PathArgument, options: OpenOptions = NO_OPTIONS): Operation<number> {
  const flags = checkInteger(options.flags ?? 0, 'flags', 0, INT32_MAX)
  const operation = onPath<number>(Opcode.OPEN, path, options, flags | O_CLOEXEC)
  const detail = detailOf(operation)
  detail.mode = checkInteger(options.mode ?? 0o666, 'mode', 0, 0o7777)
  detail.argument = checkInteger(options.resolve ?? 0, 'resolve', 0, INT32_MAX)
  return operation
}

/** The same open, whose descriptor the asking interface keeps to itself and closes. */
export function kept(operation: Operation<number>): Operation<number> {
  const detail = Object.assign(new OperationDetail(), operation.detail)
  detail.kept = true
  const { opcode, fileKind, file, buffer, length, offset, flags } = operation
  return new Operation<number>(opcode, fileKind, file, buffer, length, offset, flags, detail)
}

/** STATX_BASIC_STATS and STATX_BTIME: what `statx` asks for unless told. */
const STATX_DEFAULT_MASK = 0xfff

/** Options of {@link statx}. */
export interface StatxOptions extends DirectoryOption {
  /** AT_* flags: AT_SYMLINK_NOFOLLOW for the link itself, AT_STATX_* for how current the values must be. Default: 0. */
  readonly flags?: number
  /** STATX_* fields wanted. Default: STATX_BASIC_STATS | STATX_BTIME. */
  readonly mask?: number
}

/** A file's attributes, as statx(2) gives them. Numbers beyond 2^53 lose their low bits. */
export interface Statx {
  /** Which fields the file system filled (STATX_*). */
  readonly mask: number
  /** Preferred block size for I/O, bytes. */
  readonly blockSize: number
  /** STATX_ATTR_* bits. */
  readonly attributes: number
  /** How many names the file has. */
  readonly nlink: number
  /** The owning user. */
  readonly uid: number
  /** The owning group. */
  readonly gid: number
  /** Type and permission bits. */
  readonly mode: number
  /** The inode number; not exact above 2^53. */
  readonly ino: number
  /** Size in bytes. */
  readonly size: number
  /** Allocated blocks of 512 bytes. */
  readonly blocks: number
  /** When the content was last read: seconds since 1970. */
  readonly accessSeconds: number
  /** Nanoseconds of that second, 0 to 999,999,999. */
  readonly accessNanoseconds: number
  /** When the content last changed: seconds since 1970. */
  readonly modifySeconds: number
  /** Nanoseconds of that second, 0 to 999,999,999. */
  readonly modifyNanoseconds: number
  /** When content or attributes last changed: seconds since 1970. */
  readonly changeSeconds: number
  /** Nanoseconds of that second, 0 to 999,999,999. */
  readonly changeNanoseconds: number
  /** When the file was made: seconds since 1970. 0 where the file system does not say. */
  readonly birthSeconds: number
  /** Nanoseconds of that second, 0 to 999,999,999. */
  readonly birthNanoseconds: number
  /** Major number of the device that a device file stands for. */
  readonly rdevMajor: number
  /** Minor number of the device that a device file stands for. */
  readonly rdevMinor: number
  /** Major number of the device that holds the file. */
  readonly devMajor: number
  /** Minor number of the device that holds the file. */
  readonly devMinor: number
}

/** Reads the attributes of the file at a path. @see statx(2) */
export function statx(path: PathArgument, options: StatxOptions = NO_OPTIONS): Operation<Statx> {
  const operation = onPath<Statx>(Opcode.STATX, path, options, checkInteger(options.flags ?? 0, 'flags', 0, INT32_MAX))
  detailOf(operation).argument = checkInteger(options.mask ?? STATX_DEFAULT_MASK, 'mask', 0, INT32_MAX)
  return operation
}

/** Reads the attributes of an open file. @see statx(2) with AT_EMPTY_PATH */
export function fstatx(file: FileReference, options: Omit<StatxOptions, 'directory'> = NO_OPTIONS): Operation<Statx> {
  return statx('', { ...options, flags: (options.flags ?? 0) | AT_EMPTY_PATH, directory: file })
}

interface TwoDirectories {
  /** A relative first path starts here. Default: the current directory. */
  readonly directory?: FileReference
  /** A relative second path starts here. Default: the current directory. */
  readonly targetDirectory?: FileReference
}

function onTwoPaths(opcode: Opcode, path: PathArgument, path2: PathArgument, options: TwoDirectories, flags: number): Operation<void> {
  const operation = onPath<void>(opcode, path, options, flags)
  const detail = detailOf(operation)
  detail.path2 = checkPath(path2, 'dest')
  detail.file2 = options.targetDirectory === undefined ? AT_FDCWD : plainDescriptor(options.targetDirectory, 'targetDirectory')
  return operation
}

/** Renames. @param options.flags RENAME_NOREPLACE, RENAME_EXCHANGE … of renameat2(2) */
export function rename(from: PathArgument, to: PathArgument, options: TwoDirectories & { readonly flags?: number } = NO_OPTIONS): Operation<void> {
  return onTwoPaths(Opcode.RENAME, from, to, options, checkInteger(options.flags ?? 0, 'flags', 0, INT32_MAX))
}

/** Makes a hard link at `to`. @param options.flags AT_SYMLINK_FOLLOW … @see linkat(2) */
export function link(from: PathArgument, to: PathArgument, options: TwoDirectories & { readonly flags?: number } = NO_OPTIONS): Operation<void> {
  return onTwoPaths(Opcode.LINK, from, to, options, checkInteger(options.flags ?? 0, 'flags', 0, INT32_MAX))
}

/** Makes a symbolic link at `path` whose text is `target`. @see symlinkat(2) */
export function symlink(target: PathArgument, path: PathArgument, options: { readonly targetDirectory?: FileReference } = NO_OPTIONS): Operation<void> {
  return onTwoPaths(Opcode.SYMLINK, target, path, options, 0)
}

/** Reads a symbolic link's text. Text that is not UTF-8 comes with replacement characters. @see readlinkat(2) */
export function readlink(path: PathArgument, options: DirectoryOption = NO_OPTIONS): Operation<string> {
  return onPath(Opcode.READLINK, path, options)
}

/** Removes a name that is not a directory. @see unlinkat(2) */
export function unlink(path: PathArgument, options: DirectoryOption = NO_OPTIONS): Operation<void> {
  return onPath(Opcode.UNLINK, path, options)
}

/** Removes an empty directory. @see rmdir(2) */
export function rmdir(path: PathArgument, options: DirectoryOption = NO_OPTIONS): Operation<void> {
  return onPath(Opcode.RMDIR, path, options)
}

/** Makes a directory. @param options.mode default 0o777, less the umask @see mkdirat(2) */
export function mkdir(path: PathArgument, options: DirectoryOption & { readonly mode?: number } = NO_OPTIONS): Operation<void> {
  const operation = onPath<void>(Opcode.MKDIR, path, options)
  detailOf(operation).mode = checkInteger(options.mode ?? 0o777, 'mode', 0, 0o7777)
  return operation
}

/** Cuts or extends the file at a path. @see truncate(2) */
export function truncate(path: PathArgument, length: number | bigint = 0): Operation<void> {
  return onPath(Opcode.TRUNCATE, path, NO_OPTIONS, 0, byteCount(length))
}

/** Asks whether this process may use a file. @param mode F_OK, R_OK, W_OK, X_OK ored @see faccessat(2) */
export function access(path: PathArgument, mode = 0, options: DirectoryOption = NO_OPTIONS): Operation<void> {
  return onPath(Opcode.ACCESS, path, options, checkInteger(mode, 'mode', 0, 7))
}

/** Changes mode bits. @see fchmodat(2) */
export function chmod(path: PathArgument, mode: number, options: DirectoryOption = NO_OPTIONS): Operation<void> {
  const operation = onPath<void>(Opcode.CHMOD, path, options)
  detailOf(operation).mode = checkInteger(mode, 'mode', 0, 0o7777)
  return operation
}

interface FollowOption {
  /** False: act on a symbolic link itself. Default: true. */
  readonly followSymlinks?: boolean
}

function followFlags(options: FollowOption): number {
  return options.followSymlinks === false ? AT_SYMLINK_NOFOLLOW : 0
}

/** Changes owner and group; -1 leaves one as it is. @see fchownat(2) */
export function chown(path: PathArgument, uid: number, gid: number, options: DirectoryOption & FollowOption = NO_OPTIONS): Operation<void> {
  const operation = onPath<void>(Opcode.CHOWN, path, options, followFlags(options))
  const detail = detailOf(operation)
  detail.mode = checkInteger(uid, 'uid', -1, UINT32_MAX)
  detail.argument = checkInteger(gid, 'gid', -1, UINT32_MAX)
  return operation
}

/** An instant: seconds since the epoch (fractions allowed), or a Date. */
export type Instant = number | Date

function setTimes(detail: OperationDetail, atime: Instant, mtime: Instant): void {
  const access = splitSeconds(secondsOf(atime, 'atime'))
  const modify = splitSeconds(secondsOf(mtime, 'mtime'))
  detail.seconds = access.seconds
  detail.nanoseconds = access.nanoseconds
  detail.seconds2 = modify.seconds
  detail.nanoseconds2 = modify.nanoseconds
}

function secondsOf(instant: Instant, name: string): number {
  const seconds = instant instanceof Date ? instant.getTime() / 1000 : instant
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) throw invalidArgType(name, 'of type number or an instance of Date', instant)
  return seconds
}

/** Sets access and modification time. @see utimensat(2) */
export function utimes(path: PathArgument, atime: Instant, mtime: Instant, options: DirectoryOption & FollowOption = NO_OPTIONS): Operation<void> {
  const operation = onPath<void>(Opcode.UTIMES, path, options, followFlags(options))
  setTimes(detailOf(operation), atime, mtime)
  return operation
}

/** Sets access and modification time of an open file. @see futimens(3) */
export function futimes(file: FileReference, atime: Instant, mtime: Instant): Operation<void> {
  const detail = new OperationDetail()
  setTimes(detail, atime, mtime)
  return new Operation<void>(Opcode.FUTIMES, FileKind.DESCRIPTOR, plainDescriptor(file, 'fd'), undefined, 0, 0, 0, detail)
}

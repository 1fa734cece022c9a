// ① interface — what every end of a transfer is, once it is open: a source that gives bytes in one of five ways, and a target that takes
// them in one of three. Who moves them (pieces/, moves/) knows no files, sockets or addresses.
import type { PathBytes } from './path-bytes.js'
import type { Operation } from '../../operation/operation.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { CallersFile } from './callers-file.js'
import type { Connection } from '../../net/connection.js'

/** What devices are chosen by. */
export type EndKind = 'memory' | 'file' | 'pipe' | 'socket' | 'stream'

/** Bytes that are lent until they are released. */
export interface Piece {
  readonly bytes: Uint8Array
  release(): void
}

/** For moves inside the kernel. */
interface Descriptor {
  readonly fd: number
  /** Where its range begins; undefined: it has no offsets, or its own position counts. */
  readonly offset: number | undefined
}

/** What is known of a file, for its copy. */
export interface FileFacts {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly accessTime: number
  readonly modifyTime: number
  /** Which file system, as one number. */
  readonly fileSystem: number
  /** Fewer blocks than bytes: it has holes. */
  readonly isSparse: boolean
}

interface OpenEnd {
  readonly kind: EndKind
  readonly descriptor?: Descriptor | undefined
  readonly connection?: Connection | undefined
}

/** A source that is open. It has exactly one of `viewAt`, `readAt`, `read`, `receive` and `next`. */
export interface OpenSource extends OpenEnd {
  /** Bytes it will give; undefined: only its end will tell. */
  readonly size: number | undefined
  /** Bytes that are wanted of it at most, where its size is not known. */
  readonly limit?: number | undefined
  readonly facts?: FileFacts | undefined
  /** The transfer has opened its descriptor: nobody else cares for its position. */
  readonly isOurs?: boolean | undefined
  /** Says which content this is: another one has another version. For resume. */
  readonly version?: string | undefined
  /** Asks for it again. */
  currentVersion?(): Promise<string>
  /** Memory: a part of it, without a copy. */
  viewAt?(offset: number, length: number): Uint8Array
  /** Any part, in any order, several at once. Offsets are of the source's range. */
  readAt?(buffer: Uint8Array, offset: number): Operation<number>
  /** The next bytes, behind the `at` that were read; 0: the end. */
  read?(buffer: Uint8Array, at: number): Operation<number>
  /** The same for what is no operation of the engine's own. */
  receive?(buffer: Buffer, signal: AbortSignal): Promise<number>
  /** What to wait for when `read` answers EAGAIN. */
  readiness?(): Operation<number>
  /** The next bytes, in memory of the source's; undefined: the end. */
  next?(signal: AbortSignal): Promise<Piece | undefined>
  /** Of one that also gives ranges when asked: the same for a resume. */
  rangeOf?(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  /** Any part, in memory of the source's. */
  rangeAt?(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  /** @param isWhole false: it was not read to its end, and nobody will */
  close(isWhole: boolean): Promise<void>
}

/** It gives its bytes one after the other, and each but once. */
export function isOrdered(source: OpenSource): boolean {
  return source.next !== undefined || source.read !== undefined || source.receive !== undefined
}

/** A target that is open. It has exactly one of `viewAt`, `writeAt`, `write` and `push`. */
export interface OpenTarget extends OpenEnd {
  /** Bytes it has room for; undefined: as many as come. */
  readonly room?: number | undefined
  /** The range is new and empty: what is not written reads as zeros. */
  readonly isFresh: boolean
  readonly fileSystem?: number | undefined
  /** Memory. */
  viewAt?(offset: number, length: number): Uint8Array
  /** Anywhere, several at once. May write fewer bytes. */
  writeAt?(bytes: Uint8Array, offset: number): Operation<number>
  /** The next bytes, behind the `at` that were written. May write fewer. */
  write?(bytes: Uint8Array, at: number): Operation<number>
  readiness?(): Operation<number>
  /** The next bytes, all of them. The memory is the target's until it resolves. */
  push?(bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** All is written: makes it count (sync, rename, the end of the stream). */
  commit(bytes: number, source: OpenSource, signal: AbortSignal): Promise<void>
  /** Nothing of it is to stay. */
  abandon(error: Error): Promise<void>
  /** Nothing more is written now, and all of it is kept for a resume. */
  suspend?(): Promise<void>
}

/** What ends are opened with. */
export interface Opening {
  readonly io: Proactor
  readonly signal: AbortSignal
  /** For targets: what is known of the source. */
  readonly source?: OpenSource | undefined
  /** For targets: bytes that will come; undefined: not known. */
  readonly expected?: number | undefined
  /** For targets: what was written will be read again. */
  readonly isReadBack?: boolean | undefined
}

/** One end as it was given, recognised and checked. */
interface End<Open> {
  /** As errors and `explain()` name it. */
  readonly name: string
  /** A whole file by its path. */
  readonly path?: PathBytes | undefined
  /** A number of the caller's: held from the call on, until the transfer has ended. */
  readonly file?: CallersFile | undefined
  open(opening: Opening): Promise<Open>
}

export type SourceEnd = End<OpenSource>
export type TargetEnd = End<OpenTarget>

// ① interface — the forms of read, write, readv and writev that take a deadline. Their results have the type of the caller's
// buffer, which types made from others cannot carry over: these are written by hand.
import type { ReadPosition } from 'node:fs'
import type { FileReadResult } from 'node:fs/promises'
import type * as promises from 'node:fs/promises'
import type { Deadline } from '../request/index.js'
import type { GivenDeadline } from './with-deadline.js'

type View = NodeJS.ArrayBufferView
type MaybeNumber = number | null | undefined
/** A Buffer that Node makes: newer types say that nothing shares its memory. */
type NewBuffer = Exclude<Awaited<ReturnType<typeof promises.readFile>>, string>
type TransferError = NodeJS.ErrnoException | null

interface ReadPart extends Deadline {
  readonly offset?: MaybeNumber
  readonly length?: MaybeNumber
  readonly position?: ReadPosition | null | undefined
}

interface WritePart extends Deadline {
  readonly offset?: number | undefined
  readonly length?: number | undefined
  readonly position?: number | null | undefined
}

/** FileHandle.read. */
export interface HandleRead {
  <Buffer_ extends View>(buffer: Buffer_, offset: MaybeNumber, length: MaybeNumber, position: ReadPosition | null | undefined, options: Deadline): Promise<FileReadResult<Buffer_>>
  <Buffer_ extends View>(buffer: Buffer_, options: ReadPart): Promise<FileReadResult<Buffer_>>
  <Buffer_ extends View = NewBuffer>(options: ReadPart & { readonly buffer?: Buffer_ | undefined }): Promise<FileReadResult<Buffer_>>
}

/** FileHandle.write. */
export interface HandleWrite {
  <Buffer_ extends View>(buffer: Buffer_, offset: MaybeNumber, length: MaybeNumber, position: MaybeNumber, options: Deadline): Promise<{ bytesWritten: number, buffer: Buffer_ }>
  <Buffer_ extends View>(buffer: Buffer_, options: WritePart): Promise<{ bytesWritten: number, buffer: Buffer_ }>
  (data: string, position: MaybeNumber, encoding: BufferEncoding | null | undefined, options: Deadline): Promise<{ bytesWritten: number, buffer: string }>
}

/** FileHandle.readv. */
export type HandleReadv = <Buffers extends readonly View[]>(buffers: Buffers, position: MaybeNumber, options: Deadline) => Promise<{ bytesRead: number, buffers: Buffers }>

/** FileHandle.writev. */
export type HandleWritev = <Buffers extends readonly View[]>(buffers: Buffers, position: MaybeNumber, options: Deadline) => Promise<{ bytesWritten: number, buffers: Buffers }>

/** fs.read. */
export interface CallbackRead {
  <Buffer_ extends View>(
    fd: number, buffer: Buffer_, offset: number, length: number, position: ReadPosition | null, options: GivenDeadline,
    callback: (error: TransferError, bytesRead: number, buffer: Buffer_) => void,
  ): void
  <Buffer_ extends View = NewBuffer>(
    fd: number, options: CallbackReadPart & { readonly buffer?: Buffer_ | undefined }, callback: (error: TransferError, bytesRead: number, buffer: Buffer_) => void,
  ): void
  <Buffer_ extends View>(fd: number, buffer: Buffer_, options: CallbackReadPart, callback: (error: TransferError, bytesRead: number, buffer: Buffer_) => void): void
}

/** With a callback, a length that is null is none at all. */
interface CallbackReadPart extends ReadPart {
  readonly offset?: number | undefined
  readonly length?: number | undefined
}

/** fs.write. */
export interface CallbackWrite {
  <Buffer_ extends View>(
    fd: number, buffer: Buffer_, offset: number | undefined, length: MaybeNumber, position: MaybeNumber, options: GivenDeadline,
    callback: (error: TransferError, written: number, buffer: Buffer_) => void,
  ): void
  <Buffer_ extends View>(fd: number, buffer: Buffer_, options: WritePart, callback: (error: TransferError, written: number, buffer: Buffer_) => void): void
  (
    fd: number, text: string, position: MaybeNumber, encoding: BufferEncoding | null | undefined, options: GivenDeadline,
    callback: (error: TransferError, written: number, text: string) => void,
  ): void
}

/** fs.readv. */
export type CallbackReadv = <Buffers extends readonly View[]>(
  fd: number, buffers: Buffers, position: MaybeNumber, options: GivenDeadline, callback: (error: TransferError, bytesRead: number, buffers: Buffers) => void,
) => void

/** fs.writev. */
export type CallbackWritev = <Buffers extends readonly View[]>(
  fd: number, buffers: Buffers, position: MaybeNumber, options: GivenDeadline, callback: (error: TransferError, bytesWritten: number, buffers: Buffers) => void,
) => void

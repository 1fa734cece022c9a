// ① interface — reads and writes of an open file as FileHandle and fs.read take them. The hottest way of the drop-in:
// one operation, one promise, no closure but the promise's own.
import { defaultProactor } from '../default-proactor.js'
import { Opcode } from '../operation/opcode.js'
import { FileKind, Operation, type View } from '../operation/operation.js'
import { readv, writev, IOV_MAX } from '../operation/file.js'
import { failureOf } from '../proactor/failure.js'
import type { Entry, Settler } from '../proactor/in-flight.js'
import type { SubmitOptions } from '../proactor/options.js'
import { resolveWithError } from '../proactor/settle.js'
import { nodeError } from './request.js'

type Resolve = (value: unknown) => void

/** Told when a transfer has ended, before its promise settles. */
export interface Holder {
  transferEnded(): void
}

class Transfer {
  readonly resolve: Resolve
  readonly holder: Holder | undefined
  /** What the caller gave, and gets back. */
  readonly given: unknown
  constructor(resolve: Resolve, holder: Holder | undefined, given: unknown) {
    this.resolve = resolve
    this.holder = holder
    this.given = given
  }
}

function settlerOf(syscall: string, resultOf: (bytes: number, given: unknown) => unknown): Settler {
  return {
    settle(entry: Entry, result: number) {
      const { resolve, holder, given } = entry.first as Transfer
      if (result < 0) {
        const failure = failureOf(entry, result)
        resolveWithError(resolve, () => nodeError(failure, syscall))
      } else resolve(resultOf(result, given))
      holder?.transferEnded()
    },
  }
}

export interface ReadResult<Buffers = View> { bytesRead: number, buffer: Buffers }

// Node's results have no prototype.
const readSettler = settlerOf('read', (bytesRead, buffer) => ({ __proto__: null, bytesRead, buffer }))
const writeSettler = settlerOf('write', (bytesWritten, buffer) => ({ __proto__: null, bytesWritten, buffer }))
const readvSettler = settlerOf('read', (bytesRead, buffers) => ({ __proto__: null, bytesRead, buffers }))
const writevSettler = settlerOf('write', (bytesWritten, buffers) => ({ __proto__: null, bytesWritten, buffers }))

function transfer(settler: Settler, operation: Operation, options: SubmitOptions | undefined, holder: Holder | undefined, given: unknown): Promise<never> {
  return new Promise<unknown>((resolve) => {
    defaultProactor().submitTo(settler, operation, options, new Transfer(resolve, holder, given))
  }) as Promise<never>
}

/** The most one call moves on Linux; asking for more comes back short, as read(2) has it. */
const TRANSFER_BYTES_MAX = 0x7ffff000

function operationOn(opcode: Opcode, fd: number, view: View, offset: number, length: number, position: number): Operation<number> {
  const part = offset === 0 ? view : new Uint8Array(view.buffer, view.byteOffset + offset, length)
  return new Operation<number>(opcode, FileKind.DESCRIPTOR, fd, part, Math.min(length, TRANSFER_BYTES_MAX), position, 0, undefined)
}

/** Arguments have been recognised: a range inside the view; position -1: the current one. */
export function readInto(fd: number, view: View, offset: number, length: number, position: number, options: SubmitOptions | undefined, holder: Holder | undefined): Promise<never> {
  return transfer(readSettler, operationOn(Opcode.READ, fd, view, offset, length, position), options, holder, view)
}

/** @param given what the caller passed: the view, or the text it was made from */
export function writeFrom(fd: number, view: View, offset: number, length: number, position: number, options: SubmitOptions | undefined, holder: Holder | undefined, given: unknown): Promise<never> {
  return transfer(writeSettler, operationOn(Opcode.WRITE, fd, view, offset, length, position), options, holder, given)
}

export function readIntoAll(fd: number, views: readonly View[], position: number, options: SubmitOptions | undefined, holder: Holder | undefined): Promise<never> {
  return transfer(readvSettler, readv(fd, views, position), options, holder, views)
}

export function writeFromAll(fd: number, views: readonly View[], position: number, options: SubmitOptions | undefined, holder: Holder | undefined): Promise<never> {
  return transfer(writevSettler, writev(fd, views, position), options, holder, views)
}

/** A position as the engine takes it: -1 for the current one; NaN: leave it to Node. */
export function positionOf(position: unknown): number {
  if (position === undefined || position === null || position === -1) return -1
  return typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 ? position : NaN
}

/** Whether offset and length are a part of a view of so many bytes. */
export function isPart(offset: unknown, length: unknown, bytes: number): boolean {
  return typeof offset === 'number' && typeof length === 'number' && Number.isInteger(offset) && Number.isInteger(length) &&
    offset >= 0 && length >= 0 && offset + length <= bytes
}

/** Whether these can go down as one vectored call. */
export function areViews(views: unknown): views is readonly View[] {
  return Array.isArray(views) && views.length > 0 && views.length <= IOV_MAX && views.every((view) => ArrayBuffer.isView(view))
}

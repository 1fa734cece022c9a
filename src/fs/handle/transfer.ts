// ① interface — reads and writes of an open file as FileHandle and fs.read take them. The hottest way of the drop-in:
// one operation, one promise, no closure but the promise's own.
import { defaultProactor } from '../../default-proactor.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, Operation, type View } from '../../operation/operation.js'
import { readv, writev } from '../../operation/file.js'
import { bytesOf } from '../../operation/view.js'
import { failureOf } from '../../proactor/failure.js'
import type { Entry, Settler } from '../../proactor/in-flight.js'
import type { SubmitOptions } from '../../proactor/options.js'
import { resolveWithError } from '../../proactor/settle.js'
import { nodeError } from '../request/index.js'
import type { Range } from '../arguments/index.js'

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

// Node's results have no prototype. (A literal with `__proto__: null` takes a hundred nanoseconds longer.)
const bare = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>

const readSettler = settlerOf('read', (bytes, buffer) => {
  const result = bare()
  result['bytesRead'] = bytes
  result['buffer'] = buffer
  return result
})
const writeSettler = settlerOf('write', (bytes, buffer) => {
  const result = bare()
  result['bytesWritten'] = bytes
  result['buffer'] = buffer
  return result
})
const readvSettler = settlerOf('read', (bytesRead, buffers) => Object.assign(bare(), { bytesRead, buffers }))
const writevSettler = settlerOf('write', (bytesWritten, buffers) => Object.assign(bare(), { bytesWritten, buffers }))

function transfer(settler: Settler, operation: Operation, options: SubmitOptions | undefined, holder: Holder | undefined, given: unknown): Promise<never> {
  return new Promise<unknown>((resolve) => {
    try {
      defaultProactor().submitTo(settler, operation, options, new Transfer(resolve, holder, given))
    } catch (error) { // a timeout that is none: nothing was submitted that could tell the holder
      holder?.transferEnded()
      throw error
    }
  }) as Promise<never>
}

/** The most one call moves on Linux; a larger transfer is short, as with read(2). */
const TRANSFER_BYTES_MAX = 0x7ffff000

function operationOn(opcode: Opcode, fd: number, { view, offset, length, position }: Range): Operation<number> {
  const part = offset === 0 && !(view instanceof DataView) ? view : bytesOf(view, offset, length)
  return new Operation<number>(opcode, FileKind.DESCRIPTOR, fd, part, Math.min(length, TRANSFER_BYTES_MAX), position, 0, undefined)
}

/** A read. Resolves to `{ bytesRead, buffer }`. */
export function readRange(fd: number, range: Range, holder?: Holder): Promise<{ bytesRead: number, buffer: View }> {
  return transfer(readSettler, operationOn(Opcode.READ, fd, range), range.options, holder, range.view)
}

/**
 * A write. Resolves to `{ bytesWritten, buffer }`.
 * @param given what the caller passed: the view, or the text it was made from
 */
export function writeRange<Given>(fd: number, range: Range, given: Given, holder?: Holder): Promise<{ bytesWritten: number, buffer: Given }> {
  return transfer(writeSettler, operationOn(Opcode.WRITE, fd, range), range.options, holder, given)
}

/** A vectored read. Resolves to `{ bytesRead, buffers }`. */
export function readAll(fd: number, views: readonly View[], position: number, options: SubmitOptions | undefined, holder?: Holder): Promise<{ bytesRead: number, buffers: readonly View[] }> {
  return transfer(readvSettler, readv(fd, views, position), options, holder, views)
}

/** A vectored write. Resolves to `{ bytesWritten, buffers }`. */
export function writeAll(fd: number, views: readonly View[], position: number, options: SubmitOptions | undefined, holder?: Holder): Promise<{ bytesWritten: number, buffers: readonly View[] }> {
  return transfer(writevSettler, writev(fd, views, position), options, holder, views)
}

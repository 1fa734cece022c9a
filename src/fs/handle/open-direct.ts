// ① interface — openDirect: files past the page cache (O_DIRECT). Memory, offset and length must fit the device; what does
// not is refused here in words, where the kernel would say EINVAL and no more.
import { constants, type PathLike } from 'node:fs'
import { defaultProactor } from '../../default-proactor.js'
import { loadBinding } from '../../native/load.js'
import { checkInteger, checkPath, checkView, invalidArgValue, outOfRange } from '../../operation/arguments.js'
import { call } from '../../operation/call.js'
import * as file from '../../operation/file.js'
import type { View } from '../../operation/operation.js'
import { openHandle } from './open.js'
import { modeBits, openFlags } from '../arguments/index.js'
import { deadlineOf, request, type Deadline } from '../request/index.js'
import type { CommitHandle } from '../types/index.js'
import { byteLengthOf } from '../../operation/view.js'

/** What transfers of a file that is open with O_DIRECT must be multiples of. */
export interface DirectAlignment {
  /** Bytes that a buffer's address is a multiple of. */
  readonly memory: number
  /** Bytes that offsets and lengths are multiples of. */
  readonly offset: number
}

/** Options of a transfer of a {@link DirectHandle}. */
export interface DirectTransferOptions extends Deadline {
  /** Bytes to transfer. Default: the whole buffer. */
  readonly length?: number | undefined
}

/** The file system has no O_DIRECT for this file. */
export class NoDirectError extends Error {
  /** Always `ERR_TRUEAIO_NO_DIRECT`. */
  readonly code = 'ERR_TRUEAIO_NO_DIRECT'
  /** The file that cannot be opened with O_DIRECT. */
  readonly path: string
  constructor(path: PathLike, why: string, cause?: unknown) {
    super(`'${String(path)}' cannot be opened past the page cache: ${why}. Open it with \`open\` instead.`, cause === undefined ? undefined : { cause })
    this.path = String(path)
  }
}

/** A file open with O_DIRECT. */
export class DirectHandle implements AsyncDisposable {
  /** What buffers, offsets and lengths must be multiples of. */
  readonly alignment: DirectAlignment
  readonly #handle: CommitHandle
  readonly #addressOf: (view: View) => number

  /** Use {@link openDirect}. @internal */
  constructor(handle: CommitHandle, alignment: DirectAlignment, addressOf: (view: View) => number) {
    this.#handle = handle
    this.alignment = alignment
    this.#addressOf = addressOf
  }

  /** The descriptor; -1 once it is closed. */
  get fd(): number {
    return this.#handle.fd
  }

  /**
   * Returns an aligned buffer from the proactor's pool. Return it with {@link release}.
   * @param bytes 1 to 2^30; rounded up to what a transfer's length must be
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  allocate(bytes: number): Buffer {
    const { offset } = this.alignment
    return defaultProactor().buffers.allocate(Math.ceil(checkInteger(bytes, 'bytes', 1, 2 ** 30) / offset) * offset)
  }

  /**
   * Releases a buffer for reuse. Do not release it while an operation uses it.
   * @throws ERR_INVALID_ARG_VALUE: not lent from here
   */
  release(buffer: Buffer): void {
    defaultProactor().buffers.release(buffer)
  }

  /**
   * Reads at `offset`. Resolves to the bytes read; fewer than asked at the end of the file.
   * @throws ERR_INVALID_ARG_VALUE (memory that is not aligned), ERR_OUT_OF_RANGE (offset or length that is not)
   * @see open(2), section O_DIRECT
   */
  async read(buffer: View, offset: number, options: DirectTransferOptions = {}): Promise<number> {
    const length = this.#check(buffer, offset, options.length)
    return request(file.read(this.#handle, buffer, { offset, length }), deadlineOf(options), 'read')
  }

  /** Writes at `offset`. Resolves to the bytes written, which may be fewer than asked. Refusals as with {@link read}. */
  async write(buffer: View, offset: number, options: DirectTransferOptions = {}): Promise<number> {
    const length = this.#check(buffer, offset, options.length)
    return request(file.write(this.#handle, buffer, { offset, length }), deadlineOf(options), 'write')
  }

  /** Writes all of an aligned buffer at `offset`, and resolves once it is on the device: see CommitHandle. */
  async commit(buffer: View, offset: number, options: Deadline = {}): Promise<number> {
    this.#check(buffer, offset, undefined)
    return this.#handle.commit(buffer, { ...options, offset })
  }

  /** Empties the device's cache and writes the metadata that reading needs. O_DIRECT alone does neither. @see fdatasync(2) */
  datasync(options?: Deadline): Promise<void> {
    return request(file.fdatasync(this.#handle), deadlineOf(options), 'fdatasync')
  }

  /** Closes the file, as `FileHandle.close` does. */
  close(): Promise<void> {
    return this.#handle.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #check(buffer: View, offset: number, givenLength: number | undefined): number {
    const view = checkView(buffer)
    const { memory, offset: unit } = this.alignment
    checkInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER)
    const there = byteLengthOf(view)
    const length = givenLength === undefined ? there : checkInteger(givenLength, 'length', 0, there)
    if (offset % unit !== 0) throw outOfRange('offset', `a multiple of ${String(unit)}, as O_DIRECT has it for this file`, offset)
    if (length % unit !== 0) throw outOfRange('length', `a multiple of ${String(unit)}, as O_DIRECT has it for this file`, length)
    const address = this.#addressOf(view)
    if (address % memory !== 0) {
      throw invalidArgValue('buffer', `memory ${String(address % memory)} bytes past a multiple of ${String(memory)}`, `must begin at a multiple of ${String(memory)} for O_DIRECT: take it from allocate()`)
    }
    return length
  }
}

const AT_EMPTY_PATH = 0x1000
const STATX_DIOALIGN = 0x2000
/** struct statx: stx_mask, stx_dio_mem_align, stx_dio_offset_align. */
const STATX_BYTES = 256
const MASK_AT = 0
const MEMORY_ALIGN_AT = 152
const OFFSET_ALIGN_AT = 156
/** What holds for any disk where neither kernel (before 6.1) nor file system tells: the size of a page. */
const UNTOLD: DirectAlignment = { memory: 4096, offset: 4096 }

/** What the file system says of direct transfers; undefined: it has none for this file. */
async function alignmentOf(fd: number): Promise<DirectAlignment | undefined> {
  const answer = Buffer.alloc(STATX_BYTES)
  await request(call('statx', fd, '', AT_EMPTY_PATH, STATX_DIOALIGN, answer), undefined, 'statx')
  if ((answer.readUInt32LE(MASK_AT) & STATX_DIOALIGN) === 0) return UNTOLD
  const memory = answer.readUInt32LE(MEMORY_ALIGN_AT)
  const offset = answer.readUInt32LE(OFFSET_ALIGN_AT)
  return memory === 0 || offset === 0 ? undefined : { memory, offset }
}

/**
 * Opens a file for transfers that bypass the page cache, directly between the device and the caller's memory. Use
 * memory from the handle's `allocate`.
 *
 * @param flags as `open` takes them, without O_DIRECT. Default: 'r'
 * @param mode bits of a file that is created. Default: 0o666
 * @throws ERR_TRUEAIO_NO_DIRECT (file system or platform without it), ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, and what `open` throws
 * @see open(2), statx(2) with STATX_DIOALIGN
 */
export async function openDirect(path: PathLike, flags: string | number = 'r', mode: number | string = 0o666, options?: Deadline): Promise<DirectHandle> {
  checkPath(path)
  const flagBits = openFlags(flags)
  if (flagBits < 0) throw invalidArgValue('flags', flags, 'must be flags as open takes them')
  const bits = modeBits(mode, 0o666)
  if (bits < 0) throw invalidArgValue('mode', mode, 'must be mode bits, as a number or octal digits')
  const { binding, reason } = loadBinding()
  const O_DIRECT = (constants as { readonly O_DIRECT?: number }).O_DIRECT
  if (O_DIRECT === undefined) throw new NoDirectError(path, `${process.platform} has no O_DIRECT`)
  if (binding === undefined) throw new NoDirectError(path, `aligned memory needs the addon: ${reason}`)
  const opening = openHandle(path, flagBits | O_DIRECT, bits, options)
  if (opening === undefined) throw new NoDirectError(path, 'files are opened by Node itself here (see the drop-in\'s guide)')
  const handle = await opening.catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'EINVAL' ? new NoDirectError(path, 'its file system has no O_DIRECT', error) : error
  }) as CommitHandle
  try {
    const alignment = await alignmentOf(handle.fd)
    if (alignment === undefined) throw new NoDirectError(path, 'its file system has no O_DIRECT for this file')
    return new DirectHandle(handle, alignment, (view) => binding.address(view))
  } catch (error) {
    await handle.close()
    throw error
  }
}

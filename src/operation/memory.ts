// ② operation — work on memory: copy, fill, compare, xor, checksums. They have cookies, deadlines, chains and events as all others
// have. A thread of the pool carries them out, or this one where they are small.
import { checkInteger, checkView, invalidArgType, invalidArgValue, outOfRange } from './arguments.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type View } from './operation.js'
import { bufferOf, byteLengthOf, byteOffsetOf } from './view.js'

/** Sources of one `xorMemory`. */
export const XOR_SOURCES_MAX = 255
const UINT32_MAX = 0xffffffff

export type MemoryOpcode =
  | typeof Opcode.COPY_MEMORY | typeof Opcode.FILL_MEMORY | typeof Opcode.COMPARE_MEMORY | typeof Opcode.XOR_MEMORY | typeof Opcode.CRC32C | typeof Opcode.CRC32

export function isOnMemory(opcode: Opcode): opcode is MemoryOpcode {
  return opcode >= Opcode.COPY_MEMORY && opcode <= Opcode.CRC32
}

/** Options of checksums. */
export interface ChecksumOptions {
  /** The checksum of the bytes before, to continue from. Default: 0. */
  readonly initial?: number | undefined
}

/** @param views the first is the one that is written, if one is */
function onViews(opcode: MemoryOpcode, views: readonly View[], length: number, flags: number): Operation<number> {
  const detail = new OperationDetail()
  detail.buffers = views
  return new Operation(opcode, FileKind.DESCRIPTOR, -1, undefined, length, -1, flags, detail)
}

/**
 * Copies the bytes of `source` to the start of `target`; they may overlap. Resolves to the number of bytes.
 * @throws ERR_OUT_OF_RANGE: `target` is smaller
 */
export function copyMemory(source: View, target: View): Operation<number> {
  checkView(source, 'source')
  checkView(target, 'target')
  const length = byteLengthOf(source)
  if (byteLengthOf(target) < length) throw outOfRange('target', `at least ${String(length)} bytes long, as the source is`, byteLengthOf(target))
  return onViews(Opcode.COPY_MEMORY, [target, source], length, 0)
}

/** Sets each byte of `target` to `value` (0 to 255). Resolves to the number of bytes. */
export function fillMemory(target: View, value: number): Operation<number> {
  checkView(target, 'target')
  return onViews(Opcode.FILL_MEMORY, [target], byteLengthOf(target), checkInteger(value, 'value', 0, 255))
}

/**
 * Compares two views of the same length. Resolves to the number of leading bytes that are equal: the length, if all
 * are. In a chain, a difference ends the chain, as a short read does.
 * @throws ERR_OUT_OF_RANGE: they differ in length
 */
export function compareMemory(one: View, other: View): Operation<number> {
  checkView(one, 'one')
  checkView(other, 'other')
  const length = byteLengthOf(one)
  if (byteLengthOf(other) !== length) throw outOfRange('other', `${String(length)} bytes long, as the first is`, byteLengthOf(other))
  return onViews(Opcode.COMPARE_MEMORY, [one, other], length, 0)
}

/**
 * Writes the exclusive or of all sources to `target`: the parity of RAID 5, or a lost source from the parity and the
 * others. The sources have the same length; `target` may be one of them. Resolves to the number of bytes.
 * @throws ERR_OUT_OF_RANGE: lengths differ, or there are more than 255; ERR_INVALID_ARG_VALUE: a source overlaps the
 * target in part
 */
export function xorMemory(sources: readonly View[], target: View): Operation<number> {
  if (!Array.isArray(sources)) throw invalidArgType('sources', 'an instance of Array', sources)
  checkView(target, 'target')
  const list = [...sources as readonly View[]]
  if (list.length < 1 || list.length > XOR_SOURCES_MAX) throw outOfRange('sources.length', `>= 1 && <= ${String(XOR_SOURCES_MAX)}`, list.length)
  const length = byteLengthOf(checkView(list[0], 'sources[0]'))
  list.forEach((source, index) => {
    const name = `sources[${String(index)}]`
    checkView(source, name)
    if (byteLengthOf(source) !== length) throw outOfRange(name, `${String(length)} bytes long, as the first is`, byteLengthOf(source))
    if (overlapsPartly(source, target, length)) throw invalidArgValue(name, source, 'must not lie partly over the target')
  })
  if (byteLengthOf(target) < length) throw outOfRange('target', `at least ${String(length)} bytes long, as the sources are`, byteLengthOf(target))
  return onViews(Opcode.XOR_MEMORY, [target, ...list], length, 0)
}

function overlapsPartly(source: View, target: View, length: number): boolean {
  const distance = Math.abs(byteOffsetOf(source) - byteOffsetOf(target))
  return bufferOf(source) === bufferOf(target) && distance > 0 && distance < length
}

/** Resolves to the CRC-32C (Castagnoli: iSCSI, ext4, btrfs) of a view, 0 to 2^32 - 1. */
export function crc32c(buffer: View, options: ChecksumOptions = {}): Operation<number> {
  return checksum(Opcode.CRC32C, buffer, options)
}

/** Resolves to the CRC-32 (gzip, zip, Ethernet) of a view, 0 to 2^32 - 1. */
export function crc32(buffer: View, options: ChecksumOptions = {}): Operation<number> {
  return checksum(Opcode.CRC32, buffer, options)
}

function checksum(opcode: typeof Opcode.CRC32C | typeof Opcode.CRC32, buffer: View, options: ChecksumOptions): Operation<number> {
  const view = checkView(buffer)
  const detail = new OperationDetail()
  detail.argument = checkInteger(options.initial ?? 0, 'options.initial', 0, UINT32_MAX)
  return new Operation(opcode, FileKind.DESCRIPTOR, -1, view, byteLengthOf(view), -1, 0, detail)
}

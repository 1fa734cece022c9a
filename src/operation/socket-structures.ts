// ② operation — addresses and messages of sockets as the kernel wants them in lent memory.
import { ControlLayout, IovecLayout, MessageLayout, ReceivedHeader } from '../ring/layout/structures.js'
import { readAddress, SOCKADDR_BYTES_MAX, type SocketAddress, type TargetAddress } from './address.js'
import type { LentMemory } from './lent-memory.js'
import type { OperationDetail, View } from './operation.js'
import { emptyPiece, type BufferGroup } from './buffer-group.js'
import type { ReceivedMessage, ReceivedPiece } from './socket.js'
import { writeIovecs, writeOffset } from './structures.js'
import { viewsAfter } from './view.js'

const NO_DESCRIPTORS: readonly number[] = Object.freeze([])
const NAME_AT = 64
const IOVECS_AT: number = NAME_AT + SOCKADDR_BYTES_MAX

/** Bytes of a region for a message: struct msghdr, an address, an iovec for each buffer, descriptors. */
export function messageBytes(detail: OperationDetail): number {
  return controlAt(detail) + controlBytes(detail.descriptors?.length ?? detail.argument)
}

/** Where in it descriptors that go along stand. */
function controlAt({ buffers }: OperationDetail): number {
  return IOVECS_AT + (buffers?.length ?? 0) * IovecLayout.BYTES
}

/** CMSG_SPACE(3) for so many descriptors. */
function controlBytes(descriptors: number): number {
  return descriptors === 0 ? 0 : ControlLayout.BYTES + Math.ceil((descriptors * 4) / 8) * 8
}

/** Writes a sockaddr. Returns its bytes. */
export function writeAddress({ bytes }: LentMemory, at: number, target: TargetAddress): number {
  const { bytes: from } = target
  const { length } = from
  // Of 16 bytes this is a tenth of what `set` takes.
  for (let index = 0; index < length; index++) bytes[at + index] = from[index] as number
  return length
}

/** Writes the message to be sent, to an address if there is one, without its first `done` bytes. */
export function writeSentMessage(memory: LentMemory, at: number, detail: OperationDetail, done = 0): void {
  const nameLength = detail.address === undefined ? 0 : writeAddress(memory, at + NAME_AT, detail.address)
  writeMessage(memory, at, viewsAfter(detail.buffers ?? [], done), nameLength)
  const { descriptors } = detail
  if (descriptors === undefined || done > 0) return // they have gone with the first bytes
  const control = at + controlAt(detail)
  const { view } = memory
  const bytes = ControlLayout.BYTES + descriptors.length * 4
  writeOffset(memory, control + ControlLayout.LENGTH, bytes)
  view.setInt32(control + ControlLayout.LEVEL, ControlLayout.SOL_SOCKET, true)
  view.setInt32(control + ControlLayout.TYPE, ControlLayout.SCM_RIGHTS, true)
  descriptors.forEach((fd, index) => view.setInt32(control + ControlLayout.BYTES + index * 4, fd, true))
  writeControl(memory, at, control, bytes)
}

function writeControl(memory: LentMemory, at: number, control: number, bytes: number): void {
  writeOffset(memory, at + MessageLayout.CONTROL, memory.cellAddress(control))
  writeOffset(memory, at + MessageLayout.CONTROL_LENGTH, bytes)
}

/** Writes the message to be received, with room for its sender's address and for descriptors. */
export function writeReceivedMessage(memory: LentMemory, at: number, detail: OperationDetail): void {
  writeMessage(memory, at, detail.buffers ?? [], SOCKADDR_BYTES_MAX)
  if (detail.argument > 0) writeControl(memory, at, at + controlAt(detail), ControlLayout.BYTES + detail.argument * 4)
}

function writeMessage(memory: LentMemory, at: number, buffers: readonly View[], nameLength: number): void {
  memory.bytes.fill(0, at, at + MessageLayout.BYTES)
  if (nameLength > 0) writeOffset(memory, at + MessageLayout.NAME, memory.cellAddress(at + NAME_AT))
  memory.view.setUint32(at + MessageLayout.NAME_LENGTH, nameLength, true)
  writeOffset(memory, at + MessageLayout.IOV, memory.cellAddress(at + IOVECS_AT))
  writeOffset(memory, at + MessageLayout.IOV_COUNT, buffers.length)
  writeIovecs(memory, at + IOVECS_AT, buffers)
}

/** Writes the message to be received into one buffer; address 0: the kernel will take one of a group. */
export function writeGroupMessage(memory: LentMemory, at: number, address: number, length: number): void {
  writeMessage(memory, at, [], SOCKADDR_BYTES_MAX)
  writeOffset(memory, at + MessageLayout.IOV_COUNT, 1)
  writeOffset(memory, at + IOVECS_AT + IovecLayout.BASE, address)
  writeOffset(memory, at + IOVECS_AT + IovecLayout.LEN, length)
}

/** Writes what every message of many is received by: the bytes that each has for its sender's address, before its own. */
export function writeMessageForm(memory: LentMemory, at: number): void {
  writeMessage(memory, at, [], SOCKADDR_BYTES_MAX)
}

/** One message of many in a buffer of a group: what stands before its bytes, and these. @param length of these */
export function readMessageOfMany(memory: DataView, group: BufferGroup, index: number, length: number): ReceivedPiece {
  const at = group.offsetOf(index)
  const address = readAddress(memory, at + ReceivedHeader.BYTES, memory.getUint32(at + ReceivedHeader.NAME_LENGTH, true))
  const flags = memory.getUint32(at + ReceivedHeader.FLAGS, true)
  // Last: a group whose pieces are copies gives its buffer back here.
  const piece = length > 0 ? group.lend(index, length, group.headroom) : emptyPiece()
  return { length, address, flags, descriptors: NO_DESCRIPTORS, piece }
}

/** Bytes of its region. */
export const GROUP_MESSAGE_BYTES: number = IOVECS_AT + IovecLayout.BYTES

/** What was received into the buffers of the message at `at`. @param detail of its operation, if descriptors may have come along */
export function readMessage(memory: LentMemory, at: number, length: number, detail?: OperationDetail): ReceivedMessage {
  const { view } = memory
  const nameLength = view.getUint32(at + MessageLayout.NAME_LENGTH, true)
  const descriptors = detail === undefined || detail.argument === 0 ? NO_DESCRIPTORS : readDescriptors(view, at + controlAt(detail), view.getUint32(at + MessageLayout.CONTROL_LENGTH, true))
  return { length, address: readAddress(view, at + NAME_AT, nameLength), flags: view.getUint32(at + MessageLayout.FLAGS, true), descriptors }
}

/** Of all control messages those that bring descriptors: others come where an option of the socket asks for them. */
function readDescriptors(view: DataView, from: number, bytes: number): readonly number[] {
  const found: number[] = []
  for (let at = from; at + ControlLayout.BYTES <= from + bytes;) {
    const length = view.getUint32(at + ControlLayout.LENGTH, true)
    if (length < ControlLayout.BYTES) break
    if (view.getInt32(at + ControlLayout.LEVEL, true) === ControlLayout.SOL_SOCKET && view.getInt32(at + ControlLayout.TYPE, true) === ControlLayout.SCM_RIGHTS) {
      for (let fd = at + ControlLayout.BYTES; fd + 4 <= at + length; fd += 4) found.push(view.getInt32(fd, true))
    }
    at += Math.ceil(length / 8) * 8
  }
  return found
}

/** Bytes of a region for an address that the kernel tells: its length, then the sockaddr. */
export const NAMED_BYTES: number = 8 + SOCKADDR_BYTES_MAX

/** Where in such a region the sockaddr is. */
export const NAMED_AT = 8

/** The address that the kernel has written. */
export function readNamed(memory: LentMemory, at: number): SocketAddress {
  const address = readAddress(memory.view, at + NAMED_AT, memory.view.getUint32(at, true))
  return address ?? { family: 'Unix', path: '' }
}

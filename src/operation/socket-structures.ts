// ② operation — addresses and messages of sockets as the kernel wants them in lent memory.
import { IovecLayout, MessageLayout, ReceivedHeader } from '../ring/layout/structures.js'
import { readAddress, SOCKADDR_BYTES_MAX, type SocketAddress, type TargetAddress } from './address.js'
import type { LentMemory } from './lent-memory.js'
import type { OperationDetail, View } from './operation.js'
import type { ReceivedMessage } from './socket.js'
import { writeIovecs, writeOffset } from './structures.js'
import { viewsAfter } from './view.js'

const NAME_AT = 64
const IOVECS_AT: number = NAME_AT + SOCKADDR_BYTES_MAX

/** Bytes of a region for a message: struct msghdr, an address, an iovec for each buffer. */
export function messageBytes(detail: OperationDetail): number {
  return IOVECS_AT + (detail.buffers?.length ?? 0) * IovecLayout.BYTES
}

/** Writes a sockaddr. Returns its bytes. */
export function writeAddress(memory: LentMemory, at: number, target: TargetAddress): number {
  memory.bytes.set(target.bytes, at)
  return target.bytes.length
}

/** Writes the message to be sent, to an address if there is one, without its first `done` bytes. */
export function writeSentMessage(memory: LentMemory, at: number, detail: OperationDetail, done = 0): void {
  const nameLength = detail.address === undefined ? 0 : writeAddress(memory, at + NAME_AT, detail.address)
  writeMessage(memory, at, viewsAfter(detail.buffers ?? [], done), nameLength)
}

/** Writes the message to be received, with room for its sender's address. */
export function writeReceivedMessage(memory: LentMemory, at: number, detail: OperationDetail): void {
  writeMessage(memory, at, detail.buffers ?? [], SOCKADDR_BYTES_MAX)
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

/** What stands before the bytes of one message of many. @param length of these */
export function readHeader(buffer: DataView, at: number, length: number): ReceivedMessage {
  const address = readAddress(buffer, at + ReceivedHeader.BYTES, buffer.getUint32(at + ReceivedHeader.NAME_LENGTH, true))
  return { length, address, flags: buffer.getUint32(at + ReceivedHeader.FLAGS, true) }
}

/** Bytes of its region. */
export const GROUP_MESSAGE_BYTES: number = IOVECS_AT + IovecLayout.BYTES

/** What was received into the buffers of the message at `at`. */
export function readMessage(memory: LentMemory, at: number, length: number): ReceivedMessage {
  const nameLength = memory.view.getUint32(at + MessageLayout.NAME_LENGTH, true)
  return { length, address: readAddress(memory.view, at + NAME_AT, nameLength), flags: memory.view.getUint32(at + MessageLayout.FLAGS, true) }
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

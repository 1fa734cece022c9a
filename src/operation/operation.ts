// ② operation — what is wanted, as plain data of one fixed shape. An operation knows no driver and no kernel
// structure; stage ③ schedules it, stage ④ encodes it. It is immutable: one may be submitted again, even in flight.
import type { TargetAddress } from './address.js'
import type { BufferGroup } from './buffer-group.js'
import type { CallArgument, FileKind, View } from './file-reference.js'
import type { Opcode } from './opcode.js'
import type { Program } from './program-steps.js'

export { ChainOpened, FileKind, RegisteredFile, type CallArgument, type FileReference, type View } from './file-reference.js'

/** The colder half of an operation: absent on plain reads and writes, so that those stay small. */
export class OperationDetail {
  path: string | Uint8Array | undefined = undefined
  path2: string | Uint8Array | undefined = undefined
  buffers: readonly View[] | undefined = undefined
  members: readonly Operation[] | undefined = undefined
  callArguments: readonly CallArgument[] | undefined = undefined
  program: Program | undefined = undefined
  /** Of a receive: where its buffer comes from. */
  group: BufferGroup | undefined = undefined
  /** Of a socket: where to bind, connect or send to. */
  address: TargetAddress | undefined = undefined
  /** Of a message: descriptors that go along with it. Of one to be received, `argument` is how many may come. */
  descriptors: readonly number[] | undefined = undefined
  /** The second descriptor, or directory of the second path. */
  file2 = -1
  /** The second offset; -1: the current position. */
  offset2 = -1
  mode = 0
  /** Operation's own: statx mask, openat2 resolve flags, xattr flags, wait options, group id, call number. */
  argument = 0
  /** A duration or instant, split so that nanoseconds survive: whole seconds and nanoseconds. */
  seconds = 0
  nanoseconds = 0
  seconds2 = 0
  nanoseconds2 = 0
  multishot = false
  /** Of an open: its number stays with the interface that asks, which closes it; nobody else gets to see it. */
  kept = false
  /** Of a send: the kernel reads its memory while it sends, instead of a copy. */
  zeroCopy = false
  /** In a chain: continue even if this member fails or is short. */
  hardLink = false
}

/** One request. Made by the functions beside this file (`read`, `open`, `chain`, …), taken by `Proactor.submit`. */
export class Operation<out Result = unknown> {
  /** The type that the promise resolves to. It exists in the type system only. */
  declare readonly resultType: Result
  /** Which operation it is. */
  readonly opcode: Opcode
  /** What `file` is: a descriptor, a registered file, a directory, or what a chain opened. For drivers. */
  readonly fileKind: FileKind
  /** Descriptor, registered index, or directory descriptor of a path. */
  readonly file: number
  /** Memory that is lent to the kernel until this operation completes. */
  readonly buffer: View | undefined
  /** Bytes of `buffer` to use, or the operation's own length. */
  readonly length: number
  /** Byte offset in the file; -1: the current position. */
  readonly offset: number
  /** Flags of its own kind: O_*, RWF_*, AT_*, MSG_*. */
  readonly flags: number
  /** Values that only some kinds of operation have: paths, several buffers, addresses. For drivers. */
  readonly detail: OperationDetail | undefined

  constructor(
    opcode: Opcode,
    fileKind: FileKind,
    file: number,
    buffer: View | undefined,
    length: number,
    offset: number,
    flags: number,
    detail: OperationDetail | undefined,
  ) {
    this.opcode = opcode
    this.fileKind = fileKind
    this.file = file
    this.buffer = buffer
    this.length = length
    this.offset = offset
    this.flags = flags
    this.detail = detail
  }
}

/** The result type of an operation. */
export type ResultOf<O> = O extends Operation<infer Result> ? Result : never

// ② operation — what operations refer to: files, in each way that a file is named, and memory. Nothing here knows an operation.

/** A file by its descriptor number, by anything that has one (a FileHandle), or as registered with a proactor. */
export type FileReference = number | { readonly fd: number } | RegisteredFile | ChainOpened

/** How `Operation.file` is to be read. */
export const FileKind = {
  /** A descriptor number of this process (or AT_FDCWD for path operations). */
  DESCRIPTOR: 0,
  /** An index into the ring's table of registered files. */
  REGISTERED: 1,
  /** The file that an earlier `open` of the same chain opened. */
  CHAIN_OPENED: 2,
  /** What an earlier step of the same row answered: `file` is that step's place in it. */
  STEP_RESULT: 3,
} as const
export type FileKind = (typeof FileKind)[keyof typeof FileKind]

/** A descriptor registered with a proactor's ring: the kernel skips looking it up and counting a reference. */
export class RegisteredFile {
  /** Its descriptor, used by drivers without registered files. Keep it open until unregistered. */
  readonly fd: number
  /** Its index in the ring's table; -1 when the driver has no such table. */
  readonly index: number
  constructor(fd: number, index: number) {
    this.fd = fd
    this.index = index
  }
}

/** Stands, inside a chain, for the file opened earlier in that chain. */
export class ChainOpened {
  readonly kind = 'chain-opened'
}

export type View = NodeJS.ArrayBufferView

/** Any system call's argument: a number, a 64-bit integer, memory to lend, or text to lend as a C string. */
export type CallArgument = number | bigint | View | string | null

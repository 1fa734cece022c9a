// ① interface — what an entry of a directory is, in Node's numbers.

/** Node's numbers for types of entries (UV_DIRENT_*), which its Dirent is made with. */
export const EntryType = { UNKNOWN: 0, FILE: 1, DIRECTORY: 2, LINK: 3, FIFO: 4, SOCKET: 5, CHARACTER: 6, BLOCK: 7 } as const
export type EntryType = (typeof EntryType)[keyof typeof EntryType]

// By the kernel's DT_*.
const TYPE_OF: readonly EntryType[] = [
  EntryType.UNKNOWN, EntryType.FIFO, EntryType.CHARACTER, EntryType.UNKNOWN, EntryType.DIRECTORY, EntryType.UNKNOWN, EntryType.BLOCK,
  EntryType.UNKNOWN, EntryType.FILE, EntryType.UNKNOWN, EntryType.LINK, EntryType.UNKNOWN, EntryType.SOCKET,
]

/** Of the kernel's number, DT_*. */
export function entryTypeOf(kernels: number): EntryType {
  return TYPE_OF[kernels] ?? EntryType.UNKNOWN
}

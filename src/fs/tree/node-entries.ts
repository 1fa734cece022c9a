// ① interface — the entries of one directory by Node's readdir: for drivers of which none reads directories (a ring with nothing but Node behind it).
import type { Dirent } from 'node:fs'
import { defaultProactor } from '../../default-proactor.js'
import { Opcode } from '../../operation/opcode.js'
import { node } from '../node/index.js'
import { within, type Countdown, type PathBytes } from '../request/index.js'
import { EntryType } from './entry-type.js'

/** Whether the engine reads directories with its drivers here. */
export function readsDirectories(): boolean {
  return defaultProactor().offers(Opcode.GETDENTS64)
}

/** Calls `add` for each entry, with its name as bytes. Its errors are those of a `scandir`. */
export async function eachByNode(path: PathBytes, countdown: Countdown | undefined, add: (name: Buffer, type: EntryType) => void): Promise<void> {
  const options = { withFileTypes: true, encoding: 'buffer' } as const
  // Its types know no 'buffer' together with types of entries.
  const entries = await within(node.readdir(path as string, options as unknown as { withFileTypes: true }), countdown?.options, 'scandir')
  for (const entry of entries) add(entry.name as unknown as Buffer, typeOf(entry))
}

/** What a directory's entry is, as Node tells it. */
export function typeOf(entry: Dirent): EntryType {
  if (entry.isFile()) return EntryType.FILE
  if (entry.isDirectory()) return EntryType.DIRECTORY
  if (entry.isSymbolicLink()) return EntryType.LINK
  if (entry.isFIFO()) return EntryType.FIFO
  if (entry.isSocket()) return EntryType.SOCKET
  if (entry.isCharacterDevice()) return EntryType.CHARACTER
  return entry.isBlockDevice() ? EntryType.BLOCK : EntryType.UNKNOWN
}

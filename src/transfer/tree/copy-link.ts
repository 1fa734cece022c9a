// ① interface — a symbolic link of a tree: its text is copied as it stands, beside its name, and renamed.
import { lasting } from '../../lasting.js'
import { readlink as readLinkBytes } from 'node:fs/promises'
import { readlink, rename, symlink, unlink } from '../../operation/path.js'
import type { Proactor } from '../../proactor/proactor.js'
import { partialName } from '../ends/new-file.js'
import type { PathBytes } from '../ends/path-bytes.js'
import { Unfinished } from '../ends/unfinished.js'

const REPLACEMENT = '\ufffd'

/** Its text. One that is not UTF-8 comes as bytes: as text it would lead elsewhere. */
async function textOfLink(io: Proactor, path: PathBytes): Promise<PathBytes> {
  const text = await io.submit(readlink(path))
  return text.includes(REPLACEMENT) ? readLinkBytes(typeof path === 'string' ? path : Buffer.from(path), 'buffer') : text
}

/** Whether there is a link with the same text. */
export async function isSameLink(io: Proactor, from: PathBytes, to: PathBytes): Promise<boolean> {
  const there = await textOfLink(io, to).catch(() => undefined) // no link, or nothing
  return there !== undefined && Buffer.compare(Buffer.from(there), Buffer.from(await textOfLink(io, from))) === 0
}

export async function copyLink(io: Proactor, from: PathBytes, to: PathBytes): Promise<void> {
  const partial = partialName(to)
  const text = await textOfLink(io, from)
  const unfinished = new Unfinished(io, partial, false)
  try {
    await io.submit(symlink(text, partial))
    await io.submit(rename(partial, to)).catch(async (error: unknown) => {
      await lasting(io).submit(unlink(partial))
      throw error
    })
  } finally {
    unfinished.forget()
  }
}

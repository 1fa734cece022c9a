// ① interface — copying files whose size says nothing about what is in them: those of /proc have a size of 0, those of /sys one page. Node's
// copyFile copies as many bytes as the size says: nothing of the former, and of the latter it goes on for ever (Node 20, kernel 6.18).
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { node } from '../node/index.js'

const PIECE_BYTES = 65536
const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants

/** Whether a path is written as one of the kernel's own files. */
export function isOfKernel(path: unknown): path is string {
  return typeof path === 'string' && /^\/(?:proc|sys)\//.test(path)
}

/** Whether a regular file may hold more or less than its size: it has no size, or nothing is stored of it. */
export function mayLieAboutSize({ blocks, size }: { readonly blocks: number; readonly size: number }): boolean {
  return size === 0 || blocks === 0
}

/** What copyFile does, by reading to the end. False: it is not for reading; nothing is done. */
export async function copyByReading(from: string, to: string, mode = 0): Promise<boolean> {
  if ((mode & COPYFILE_FICLONE_FORCE) !== 0) return false
  const source = await node.open(from, O_RDONLY | O_NONBLOCK)
  try {
    const status = await source.stat()
    if (!status.isFile()) return false
    await copyAll(source, to, mode, status.mode & 0o7777)
  } finally {
    await source.close()
  }
  return true
}

async function copyAll(source: FileHandle, to: string, mode: number, permissions: number): Promise<void> {
  const target = await node.open(to, O_WRONLY | O_CREAT | ((mode & COPYFILE_EXCL) === 0 ? O_TRUNC : O_EXCL), permissions)
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    for (;;) {
      const { bytesRead } = await source.read(piece, 0, PIECE_BYTES, null)
      if (bytesRead === 0) break
      await target.writeFile(piece.subarray(0, bytesRead))
    }
    await target.chmod(permissions)
  } catch (error) {
    await node.unlink(to) // as Node's copyFile leaves no half of a file
    throw error
  } finally {
    await target.close()
  }
}

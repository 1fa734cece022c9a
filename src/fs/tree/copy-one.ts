// ① interface — one file of a tree, by Node's copyFile: one trip to a thread that does all of it. It copies as many bytes as the
// file's size says. Files of /proc have a size of 0 and something in them; what came out empty is read to its end.
import { constants } from 'node:fs'
import { node } from '../node/index.js'

const PIECE_BYTES = 65536
const { O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

export async function copyOne(from: string, to: string, mode?: number): Promise<void> {
  await node.copyFile(from, to, mode)
  const { size } = await node.lstat(to)
  if (size === 0) await copyByReading(from, to)
}

async function copyByReading(from: string, to: string): Promise<void> {
  const source = await node.open(from, O_RDONLY | O_NONBLOCK)
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    let { bytesRead } = await source.read(piece, 0, PIECE_BYTES, null)
    if (bytesRead === 0) return
    const permissions = (await source.stat()).mode & 0o7777
    await node.unlink(to) // its mode may forbid to write
    const target = await node.open(to, O_WRONLY | O_CREAT | O_EXCL, permissions)
    try {
      for (; bytesRead > 0; { bytesRead } = await source.read(piece, 0, PIECE_BYTES, null)) await target.writeFile(piece.subarray(0, bytesRead))
      await target.chmod(permissions)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

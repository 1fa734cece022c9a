// ① interface — where the figures of a running program are asked for: a local socket in a folder that only its user can enter.
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder; made where it is not there. @throws where somebody else's is in its place */
export function socketFolder(): string {
  const uid = process.getuid?.() ?? 0
  const folder = join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `trueaio-top-${String(uid)}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stats = lstatSync(folder)
  if (!stats.isDirectory() || stats.uid !== uid) throw new Error(`${folder} belongs to another user`)
  if ((stats.mode & 0o077) !== 0) chmodSync(folder, 0o700)
  return folder
}

export function socketOf(folder: string, pid: number): string {
  return join(folder, `${String(pid)}.sock`)
}

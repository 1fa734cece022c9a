// ④ driver — simulated: a directory's names as getdents64(2) writes them.
import { Failure, S_IFMT, type Inode } from './inode.js'
import type { OpenFile } from './open-files.js'

const NAME_AT = 19 // struct linux_dirent64: d_ino u64, d_off s64, d_reclen u16, d_type u8, d_name
const TYPE_SHIFT = 12 // DT_* are the type bits of st_mode

/** Fills `target` with whole entries from where the last call ended. Returns the bytes filled; 0 at the end. */
export function writeDirectoryEntries(file: OpenFile, target: Uint8Array): number {
  const entries = file.inode.directory
  file.names ??= ['.', '..', ...entries.keys()]
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  let at = 0
  for (let name = file.names[0]; name !== undefined; name = file.names[0]) {
    const child = childOf(file.inode, name)
    if (child !== undefined) {
      const length = (NAME_AT + name.length + 1 + 7) & ~7
      if (at + length > target.byteLength) {
        if (at === 0) throw new Failure('EINVAL')
        break
      }
      target.fill(0, at, at + length)
      view.setBigUint64(at, BigInt(child.ino), true)
      view.setBigInt64(at + 8, BigInt(++file.position), true)
      view.setUint16(at + 16, length, true)
      view.setUint8(at + 18, (child.mode & S_IFMT) >> TYPE_SHIFT)
      Buffer.from(target.buffer, target.byteOffset, target.byteLength).write(name, at + NAME_AT, 'latin1')
      at += length
    }
    file.names.shift()
  }
  return at
}

/** Undefined: removed since the directory was first read. */
function childOf(directory: Inode, name: string): Inode | undefined {
  if (name === '.') return directory
  return name === '..' ? directory.parent : directory.entries?.get(name)
}

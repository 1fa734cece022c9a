// ④ driver — simulated: operations on paths.
import { constants } from 'node:fs'
import { Opcode, opcodeName } from '../../operation/opcode.js'
import type { Operation, OperationDetail } from '../../operation/operation.js'
import type { Statx } from '../../operation/path.js'
import { PAGE_BYTES } from './file-content.js'
import { Failure, type Inode } from './inode.js'
import { OpenFile } from './open-files.js'
import { pathText, type Place } from './path-walk.js'
import { performOnAttributes } from './perform-attributes.js'
import { changeMode, changeOwner, changeTimes } from './perform-file.js'
import { DONE, type Circumstances, type Outcome, type World } from './outcome.js'

const AT_SYMLINK_NOFOLLOW = 0x100
const AT_SYMLINK_FOLLOW = 0x400
const AT_EMPTY_PATH = 0x1000
const UMASK = 0o022
const X_OK = 1
const O_TMPFILE_BIT = 0o20000000
const STATX_BASIC_STATS = 0x7ff
const STATX_BTIME = 0x800
const ACCESS_MODE = 3

export function performOnPath(world: World, operation: Operation, circumstances: Circumstances): Outcome {
  const { tree } = world
  const { opcode, flags } = operation
  const detail = operation.detail as OperationDetail // operations on paths have one
  const path = pathText(detail.path)
  const follow = (flags & AT_SYMLINK_NOFOLLOW) === 0
  // An empty path starts nowhere; with AT_EMPTY_PATH the descriptor need not be a directory's.
  const start = path === '' || path.startsWith('/') ? tree.root : circumstances.directory(operation.file)
  const place = (): Place => tree.walk(path, { last: 'name' }, start)
  const found = (followLast: boolean): Inode => tree.find(path, { last: followLast ? 'follow' : 'keep' }, start)
  const changed = (inode: Inode): Outcome => {
    inode.changed = tree.now()
    return DONE
  }
  switch (opcode) {
    case Opcode.OPEN: {
      const file = open(world, operation, path, start)
      if (circumstances.keepForChain !== undefined) {
        circumstances.keepForChain(file)
        return { result: 0, value: -1 }
      }
      const fd = world.openFiles.add(file)
      return { result: fd, value: fd }
    }
    case Opcode.STATX: {
      if (path !== '' || (flags & AT_EMPTY_PATH) === 0) return { result: 0, value: statxOf(found(follow)) }
      const inode = operation.file >= 0 ? circumstances.file().inode : start
      return { result: 0, value: statxOf(inode) }
    }
    case Opcode.TRUNCATE: {
      const inode = found(true)
      inode.bytes.resize(operation.length)
      inode.touch(tree.now())
      return DONE
    }
    case Opcode.UNLINK:
      tree.unlink(place())
      return DONE
    case Opcode.RMDIR:
      tree.rmdir(place())
      return DONE
    case Opcode.MKDIR:
      tree.makeDirectory(place(), detail.mode & ~UMASK)
      return DONE
    case Opcode.SYMLINK: {
      const linkPath = pathText(detail.path2)
      tree.makeLink(tree.walk(linkPath, { last: 'name' }, startOf(world, linkPath, detail.file2, circumstances)), path)
      return DONE
    }
    case Opcode.READLINK: {
      const inode = found(false)
      if (!inode.isLink) throw new Failure('EINVAL')
      return { result: inode.target.length, value: Buffer.from(inode.target, 'latin1').toString() }
    }
    case Opcode.RENAME: case Opcode.LINK: {
      const target = pathText(detail.path2)
      const startOfTarget = startOf(world, target, detail.file2, circumstances)
      const to = (): Place => tree.walk(target, { last: 'name' }, startOfTarget)
      if (opcode === Opcode.LINK) {
        const inode = found((flags & AT_SYMLINK_FOLLOW) !== 0)
        tree.link(inode, to())
        return DONE
      }
      // Both directories are looked for before either name.
      const names = [tree.walk(path, { last: 'parent' }, start).name, tree.walk(target, { last: 'parent' }, startOfTarget).name]
      if (names.includes('')) throw new Failure('EBUSY')
      const from = place()
      if (from.inode === undefined) throw new Failure('ENOENT')
      tree.rename(from, to(), flags)
      return DONE
    }
    case Opcode.ACCESS: {
      // As for root: everything may be read and written, what no one may execute may not be executed.
      const inode = found(true)
      if ((flags & X_OK) !== 0 && !inode.isDirectory && (inode.mode & 0o111) === 0) throw new Failure('EACCES')
      return DONE
    }
    case Opcode.CHMOD: {
      const inode = found(true)
      changeMode(inode, detail.mode)
      return changed(inode)
    }
    case Opcode.CHOWN: {
      const inode = found(follow)
      changeOwner(inode, detail)
      return changed(inode)
    }
    case Opcode.UTIMES: {
      const inode = found(follow)
      changeTimes(inode, detail)
      return changed(inode)
    }
    case Opcode.GETXATTR: case Opcode.SETXATTR: case Opcode.LISTXATTR: case Opcode.REMOVEXATTR:
      return performOnAttributes(found(true), operation, tree.now())
    default:
      throw new Error(`trueaio: the simulation received an operation that it does not offer ('${opcodeName(opcode)}')`)
  }
}

function startOf(world: World, path: string, directory: number, circumstances: Circumstances): Inode {
  return path.startsWith('/') ? world.tree.root : circumstances.directory(directory)
}

function open(world: World, operation: Operation, path: string, start: Inode): OpenFile {
  const { tree, openFiles } = world
  const { flags } = operation
  const detail = operation.detail as OperationDetail // open has one
  const has = (flag: number): boolean => flag !== 0 && (flags & flag) === flag
  if ((flags & O_TMPFILE_BIT) !== 0) throw new Failure('ENOTSUP')
  openFiles.checkRoom()
  const exclusive = has(constants.O_CREAT) && has(constants.O_EXCL)
  const place = tree.walk(path, { last: has(constants.O_NOFOLLOW) || exclusive ? 'keep' : 'follow', resolve: detail.argument, creates: has(constants.O_CREAT) }, start)
  let { inode } = place
  if (inode === undefined) {
    if (!has(constants.O_CREAT)) throw new Failure('ENOENT')
    inode = tree.makeFile(place, detail.mode & ~UMASK)
    return new OpenFile(inode, flags)
  }
  if (exclusive) throw new Failure('EEXIST')
  if (inode.isLink) throw new Failure('ELOOP')
  if (inode.isDirectory && (has(constants.O_CREAT) || has(constants.O_TRUNC) || (flags & ACCESS_MODE) !== constants.O_RDONLY)) throw new Failure('EISDIR')
  if (has(constants.O_DIRECTORY) && !inode.isDirectory) throw new Failure('ENOTDIR')
  const file = new OpenFile(inode, flags)
  if (has(constants.O_TRUNC)) { // on Linux also when opened to be read only
    inode.bytes.resize(0)
    inode.touch(tree.now())
  }
  return file
}

export function statxOf(inode: Inode): Statx {
  return {
    mask: STATX_BASIC_STATS | STATX_BTIME,
    blockSize: PAGE_BYTES,
    attributes: 0,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    mode: inode.mode,
    ino: inode.ino,
    size: inode.size,
    blocks: (inode.content?.bytesHeld ?? 0) / 512,
    accessSeconds: inode.accessed.seconds,
    accessNanoseconds: inode.accessed.nanoseconds,
    modifySeconds: inode.modified.seconds,
    modifyNanoseconds: inode.modified.nanoseconds,
    changeSeconds: inode.changed.seconds,
    changeNanoseconds: inode.changed.nanoseconds,
    birthSeconds: inode.born.seconds,
    birthNanoseconds: inode.born.nanoseconds,
    rdevMajor: 0,
    rdevMinor: 0,
    devMajor: 0,
    devMinor: 1,
  }
}

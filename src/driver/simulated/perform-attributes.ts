// ④ driver — simulated: extended attributes.
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { Failure, type Inode, type Instant } from './inode.js'
import { memoryOf } from './lent-bytes.js'
import { counted, DONE, type Outcome } from './outcome.js'
import { pathText } from './path-walk.js'

const XATTR_CREATE = 1
const XATTR_REPLACE = 2
const NAME_BYTES_MAX = 255

export function performOnAttributes(inode: Inode, operation: Operation, now: Instant): Outcome {
  const { attributes } = inode
  switch (operation.opcode) {
    case Opcode.GETXATTR: case Opcode.FGETXATTR: {
      const value = attributes.get(nameOf(operation))
      if (value === undefined) throw new Failure('ENODATA')
      return counted(fill(operation, value))
    }
    case Opcode.LISTXATTR: case Opcode.FLISTXATTR:
      return counted(fill(operation, Buffer.from([...attributes.keys()].map((name) => `${name}\0`).join(''), 'latin1')))
    case Opcode.SETXATTR: case Opcode.FSETXATTR: {
      const name = nameOf(operation)
      if ((operation.flags & XATTR_CREATE) !== 0 && attributes.has(name)) throw new Failure('EEXIST')
      if ((operation.flags & XATTR_REPLACE) !== 0 && !attributes.has(name)) throw new Failure('ENODATA')
      attributes.set(name, Uint8Array.from(memoryOf(operation)[0] ?? []))
      break
    }
    default:
      if (!attributes.delete(nameOf(operation))) throw new Failure('ENODATA')
  }
  inode.changed = now
  return DONE
}

function nameOf(operation: Operation): string {
  const name = pathText(operation.detail?.path2)
  if (name === '' || name.length > NAME_BYTES_MAX) throw new Failure('ERANGE')
  if (!/^(user|trusted|security|system)\../s.test(name)) throw new Failure('ENOTSUP')
  return name
}

/** An empty buffer asks for the length only. */
function fill(operation: Operation, value: Uint8Array): number {
  const target = memoryOf(operation)[0]
  if (target === undefined || target.byteLength === 0) return value.byteLength
  if (target.byteLength < value.byteLength) throw new Failure('ERANGE')
  target.set(value)
  return value.byteLength
}

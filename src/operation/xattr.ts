// ② operation — extended attributes, of paths and of open files.
import { checkInteger, checkPath, checkView, invalidArgType, plainDescriptor, type PathArgument } from './arguments.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type View } from './operation.js'
import { byteLengthOf } from './view.js'

const XATTR_FLAGS_MAX = 3

/** A path, or an open file as `{ fd }`. */
export type XattrTarget = PathArgument | { readonly fd: number }

function attribute<Result>(pathOpcode: Opcode, fileOpcode: Opcode, target: XattrTarget, name: string | undefined, buffer: View | undefined, flags: number): Operation<Result> {
  const detail = new OperationDetail()
  const open = typeof target === 'object' && 'fd' in target
  if (!open) detail.path = checkPath(target)
  if (name !== undefined) {
    if (typeof name !== 'string') throw invalidArgType('name', 'of type string', name)
    detail.path2 = checkPath(name, 'name')
  }
  const file = open ? plainDescriptor(target, 'target') : -1
  return new Operation<Result>(open ? fileOpcode : pathOpcode, FileKind.DESCRIPTOR, file, buffer, buffer === undefined ? 0 : byteLengthOf(buffer), 0, flags, detail)
}

/** Reads an attribute into `buffer`. Resolves to its length; with an empty buffer nothing is written, and the length is what a buffer needs. ERANGE: too small. @see getxattr(2) */
export function getxattr(target: XattrTarget, name: string, buffer: View): Operation<number> {
  return attribute(Opcode.GETXATTR, Opcode.FGETXATTR, target, name, checkView(buffer), 0)
}

/** Sets an attribute. @param flags XATTR_CREATE 1, XATTR_REPLACE 2; default 0 @see setxattr(2) */
export function setxattr(target: XattrTarget, name: string, value: View, flags = 0): Operation<void> {
  return attribute(Opcode.SETXATTR, Opcode.FSETXATTR, target, name, checkView(value, 'value'), checkInteger(flags, 'flags', 0, XATTR_FLAGS_MAX))
}

/** Lists attribute names, each ended by NUL, into `buffer`. Resolves to their length. @see listxattr(2) */
export function listxattr(target: XattrTarget, buffer: View): Operation<number> {
  return attribute(Opcode.LISTXATTR, Opcode.FLISTXATTR, target, undefined, checkView(buffer), 0)
}

/** Removes an attribute. @see removexattr(2) */
export function removexattr(target: XattrTarget, name: string): Operation<void> {
  return attribute(Opcode.REMOVEXATTR, Opcode.FREMOVEXATTR, target, name, undefined, 0)
}

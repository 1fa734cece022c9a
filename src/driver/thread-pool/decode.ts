// ④ driver — thread-pool: a system call's result as the value its caller gets.
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import { readChildChange, readStatx, readText } from '../../operation/structures.js'

const TWO_32 = 4294967296

// By opcode: 1 where the value is the result itself.
const plain = new Uint8Array(OPCODE_COUNT)
for (const opcode of [
  Opcode.READ, Opcode.WRITE, Opcode.READV, Opcode.WRITEV, Opcode.OPEN, Opcode.GETDENTS64, Opcode.GETXATTR, Opcode.LISTXATTR,
  Opcode.FGETXATTR, Opcode.FLISTXATTR, Opcode.COPY_FILE_RANGE, Opcode.SENDFILE, Opcode.SPLICE, Opcode.TEE, Opcode.POLL, Opcode.CALL, Opcode.ACCEPT,
  Opcode.READ_FILES, Opcode.WRITE_FILES, Opcode.LOOK_UP, Opcode.LIST_DIRECTORIES, Opcode.REMOVE_TREE, Opcode.COPY_TREE, Opcode.CHANGE_NAMES, Opcode.MOVE_BYTES,
  Opcode.COPY_MEMORY, Opcode.FILL_MEMORY, Opcode.COMPARE_MEMORY, Opcode.XOR_MEMORY, Opcode.CRC32C, Opcode.CRC32,
]) plain[opcode] = 1

/** Whether an operation's value is its result. */
export function isPlain(opcode: Opcode): boolean {
  return plain[opcode] === 1
}

/** A result of 64 bits as one number: exact to 2^53, which every count and errno is. */
export function decodeResult(low: number, high: number): number {
  return high === low >> 31 ? low : high * TWO_32 + (low >>> 0)
}

/** The value of a successful completion whose structures stand at `region`. */
export function decodeValue(opcode: Opcode, memory: LentMemory, region: number, result: number): unknown {
  if (isPlain(opcode)) return result
  switch (opcode) {
    case Opcode.STATX: return readStatx(memory, region)
    case Opcode.READLINK: return readText(memory, region, result)
    case Opcode.WAITID: return readChildChange(memory, region)
    default: return undefined
  }
}

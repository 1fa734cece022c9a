// ④ driver — simulated: carries out an operation on the file tree, all at once, as the system would in the end. When it
// happens, and whether it is let happen at all, is driver.ts's; open files are perform-file.ts, paths perform-path.ts.
import { isOnMemory } from '../../operation/memory.js'
import { MemorySteps } from '../../operation/memory-steps.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { Support } from '../../proactor/driver.js'
import { Failure } from './inode.js'
import { counted, DONE, type Circumstances, type Outcome, type World } from './outcome.js'
import { performOnFile } from './perform-file.js'
import { performOnPath } from './perform-path.js'

export function perform(world: World, operation: Operation, circumstances: Circumstances): Outcome {
  try {
    if (operation.opcode === Opcode.NOP || operation.opcode === Opcode.TIMER) return DONE
    if (isOnMemory(operation.opcode)) return performOnMemory(operation)
    return performOnFile(world, operation, circumstances) ?? performOnPath(world, operation, circumstances)
  } catch (error) {
    if (error instanceof Failure) return { result: error.errno, value: undefined }
    throw error
  }
}

function performOnMemory(operation: Operation): Outcome {
  const steps = new MemorySteps(operation)
  while (!steps.step());
  return counted(steps.result)
}

const MISSING: readonly Opcode[] = [
  Opcode.SPLICE, Opcode.TEE, Opcode.POLL, Opcode.MESSAGE, Opcode.WAITID, Opcode.CALL, Opcode.CHAIN, Opcode.READ_FILES, Opcode.WRITE_FILES, Opcode.LOOK_UP,
  Opcode.LIST_DIRECTORIES, Opcode.REMOVE_TREE, Opcode.COPY_TREE, Opcode.CHANGE_NAMES, Opcode.MOVE_BYTES,
]

/** What the simulation carries out (sockets: perform-socket.ts): all but pipes, readiness, processes, raw system calls and whole operations. */
export function simulatedOperations(without: readonly Opcode[]): Uint8Array {
  const operations = new Uint8Array(OPCODE_COUNT).fill(Support.NATIVE)
  for (const opcode of [...MISSING, ...without]) operations[opcode] = Support.NONE
  return operations
}

// ③ proactor — what an operation leaves open that was settled before its own end came: nobody knows these descriptors, so they
// are closed.
import { Opcode } from '../operation/opcode.js'
import type { Operation } from '../operation/operation.js'
import { leftOpen, type RowValues } from '../operation/row.js'
import { isWhole, leftOpenByList } from '../operation/whole.js'
import type { Settler } from './in-flight.js'

/** Of their closes: nobody waits. */
export const SILENT: Settler = { settle() { /* nobody to tell */ } }

export function unclaimedDescriptors(operation: Operation, result: number, value: unknown): readonly number[] {
  if (isWhole(operation.opcode)) return leftOpenByList(operation)
  if (result < 0) return []
  // Not `result`: what a chain opens into a registered place answers 0 and has no descriptor; its value is -1.
  if (operation.opcode === Opcode.OPEN) return (value as number) >= 0 ? [value as number] : []
  return operation.opcode === Opcode.ROW ? [...leftOpen(operation, value as RowValues)] : []
}

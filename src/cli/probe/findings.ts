// ① interface — what `probe` finds out: drivers, reasons, how each operation would be carried out.
import { release } from 'node:os'
import { loadBinding } from '../../native/load.js'
import { Opcode, OPCODE_COUNT, opcodeName } from '../../operation/opcode.js'
import { AT_FDCWD } from '../../operation/path.js'
import { nop } from '../../operation/timer.js'
import { FileKind, Operation, OperationDetail } from '../../operation/operation.js'
import { Proactor } from '../../default-proactor.js'

export interface Findings {
  readonly node: string
  readonly platform: string
  readonly kernel: string
  /** Why the addon did not load; absent when it did. */
  readonly addon?: string
  readonly drivers: readonly { readonly name: string; readonly state: string; readonly reason?: string }[]
  readonly operations: Readonly<Record<string, string>>
}

/** An operation of each kind, to be explained and never submitted. */
function example(opcode: Opcode): Operation {
  const detail = new OperationDetail()
  detail.path = 'path'
  detail.path2 = 'path2'
  detail.buffers = [Buffer.alloc(1)]
  return new Operation(opcode, FileKind.DESCRIPTOR, AT_FDCWD, Buffer.alloc(1), 1, -1, 0, detail)
}

export async function findOut(driver: string | undefined): Promise<Findings> {
  const io = new Proactor(driver === undefined ? {} : { driver })
  await io.submit(nop())
  const operations: Record<string, string> = {}
  for (let opcode = 0; opcode < OPCODE_COUNT; opcode++) {
    if (opcode === Opcode.CHAIN) continue
    operations[opcodeName(opcode as Opcode)] = io.explain(example(opcode as Opcode))
  }
  const drivers = io.explain()
  await io.close()
  const { reason } = loadBinding()
  const about = { node: process.version, platform: `${process.platform} ${process.arch}`, kernel: release(), drivers, operations }
  return reason === undefined ? about : { ...about, addon: reason }
}

#!/usr/bin/env node
// ① interface — the command `trueaio`: `probe` tells which driver runs here, why the others do not, and how each
// operation would be carried out.
import { release } from 'node:os'
import { parseArgs, styleText } from 'node:util'
import { loadBinding } from '../native/load.js'
import { Opcode, OPCODE_COUNT, opcodeName } from '../operation/opcode.js'
import { AT_FDCWD } from '../operation/path.js'
import { nop } from '../operation/timer.js'
import { FileKind, Operation, OperationDetail } from '../operation/operation.js'
import { Proactor } from '../default-proactor.js'

const USAGE = `trueaio probe [--json] [--driver NAME]

Tells which driver runs on this machine and why the others do not, and how each operation would be carried out.

  --json          one JSON document
  --driver NAME   as if this one had been asked for: io-uring, linux-aio, thread-pool, node
  --help          this text`

interface Findings {
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

async function probe(driver: string | undefined): Promise<Findings> {
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

function print(findings: Findings): void {
  console.log(`Node ${findings.node}, ${findings.platform}, kernel ${findings.kernel}`)
  console.log(`addon: ${findings.addon ?? 'loaded'}\n`)
  for (const { name, state, reason } of findings.drivers) {
    const colour = state === 'in use' ? 'green' : state === 'refused' ? 'red' : 'gray'
    console.log(`${name.padEnd(12)} ${styleText(colour, state)}${reason === undefined ? '' : `: ${reason}`}`)
  }
  console.log('')
  for (const [name, how] of Object.entries(findings.operations)) console.log(`${name.padEnd(16)} ${how}`)
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, driver: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  if (positionals.length !== 1 || positionals[0] !== 'probe') {
    console.error(`trueaio: expected the command 'probe', got ${positionals.length === 0 ? 'none' : `'${positionals.join(' ')}'`}\n\n${USAGE}`)
    return 2
  }
  const findings = await probe(values.driver)
  if (values.json === true) console.log(JSON.stringify(findings, null, 2))
  else print(findings)
  return 0
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(`trueaio: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 2
  },
)

// The table of operations in docs/guide/engine.md has them all, and says where each is carried out.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { RING_OPCODE } from '#src/driver/io-uring/encode.js'
import { probeOperations } from '#src/driver/node/probe.js'
import { Opcode } from '#src/operation/opcode.js'
import * as trueaio from 'trueaio'

interface Row {
  readonly names: readonly string[]
  readonly where: string
}

const page = readFileSync(fileURLToPath(new URL('../../../docs/guide/engine.md', import.meta.url)), 'utf8')
const table = page.slice(page.indexOf('| operation | gives |')).split('\n')
const rows: readonly Row[] = table.slice(2, table.indexOf('')).map((line) => {
  const cells = line.split(' | ')
  return { names: [...(cells[0] ?? '').matchAll(/`(\w+)\(/g)].map(([, name]) => name ?? ''), where: (cells.at(-1) ?? '').replace(' |', '') }
})

const OTHER_NAMES: Readonly<Record<string, keyof typeof Opcode>> = { fstatx: 'STATX', waitChild: 'WAITID' }

function opcodeOf(name: string): Opcode {
  const key = OTHER_NAMES[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
  const opcode = (Opcode as Readonly<Record<string, Opcode | undefined>>)[key]
  assert.ok(opcode !== undefined, name)
  return opcode
}

test('every function that makes an operation is in the table, and nothing else', () => {
  const notOperations = new Set(['configure', 'defaultProactor', 'familyOf', 'flush', 'hardLink', 'setDefaultProactor'])
  const makers = Object.entries(trueaio).filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !notOperations.has(name)).map(([name]) => name)
  assert.ok(makers.length > 40)
  assert.deepEqual(rows.flatMap(({ names }) => names).sort(), makers.sort())
})

test('what it says of where is what the drivers say', () => {
  const onNode = probeOperations()
  for (const { names, where } of rows) {
    for (const name of names) {
      const opcode = opcodeOf(name)
      const expected = name === 'chain' ? 'everywhere' : [(RING_OPCODE[opcode] ?? -1) >= 0 ? 'ring' : 'threads', ...((onNode[opcode] ?? 0) > 0 ? ['node'] : [])].join(', ')
      assert.equal(where, expected, name)
    }
  }
})

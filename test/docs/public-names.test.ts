// What a program sees of the package: the names of every entry and the members of their types. The list is checked in, so that a change to it
// is a change somebody reads; and each of them has a docstring. Made anew by: TRUEAIO_SNAPSHOTS=write node scripts/run-tests.mjs docs/public-names
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import * as nodeFs from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const list = join(root, 'test', 'docs', 'public-names.txt')

interface Name {
  readonly name: string
  readonly documented: boolean
}

/** The package's entries with types, by the name that a program imports. */
function entries(): readonly (readonly [string, string])[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly exports: Readonly<Record<string, string | { readonly types: string }>> }
  return Object.entries(exports).flatMap(([name, target]) => (typeof target === 'string' ? [] : [[name.replace(/^\./, 'trueaio'), join(root, target.types)] as const]))
}

/** All public names, as the compiler finds them in the types of the build. */
function publicNames(): readonly Name[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: ['node'], skipLibCheck: true, strict: true, noEmit: true,
  }
  const program = ts.createProgram(entries().map(([, file]) => file), options)
  const checker = program.getTypeChecker()
  const isOurs = (symbol: ts.Symbol): boolean => symbol.declarations?.some((one) => one.getSourceFile().fileName.startsWith(dirname(join(root, 'dist', 'index.js')))) === true
  const nameOf = (name: string, symbol: ts.Symbol): Name => (
    { name, documented: symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0 }
  )
  return entries().flatMap(([entry, file]) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile)
    if (module === undefined) return [] // it exports nothing
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = (exported.flags & ts.SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported)
      // Functions that Node has are described by Node, and the difference by docs/guide/drop-in.md.
      const isNodes = entry.startsWith('trueaio/fs') && exported.name in (entry.endsWith('promises') ? nodeFs.promises : nodeFs)
      if (isNodes || exported.name === 'default' || !isOurs(symbol)) return []
      const statics = (symbol.flags & ts.SymbolFlags.Class) === 0 ? [] : [...(symbol.exports ?? [])]
      const members = [...(symbol.members ?? []), ...statics].map(([, member]) => member)
        .filter(({ name, flags }) => !name.startsWith('__') && !name.startsWith('#') && name !== 'prototype' && (flags & ts.SymbolFlags.TypeParameter) === 0)
      return [nameOf(`${entry} ${exported.name}`, symbol), ...members.map((member) => nameOf(`${entry} ${exported.name}.${member.name}`, member))]
    })
  })
}

const names = publicNames()

test('public names are those of the list', () => {
  const here = [...new Set(names.map(({ name }) => name))].sort()
  if (process.env['TRUEAIO_SNAPSHOTS'] === 'write') writeFileSync(list, `${here.join('\n')}\n`)
  const listed = readFileSync(list, 'utf8').trimEnd().split('\n')
  assert.deepEqual(here.filter((name) => !listed.includes(name)), [], 'public, and not in test/docs/public-names.txt: TRUEAIO_SNAPSHOTS=write makes the list anew')
  assert.deepEqual(listed.filter((name) => !here.includes(name)), [], 'in test/docs/public-names.txt, and not public any more')
})

test('every public name and member has a docstring', () => {
  assert.ok(names.length > 1000)
  assert.deepEqual(names.filter(({ documented }) => !documented).map(({ name }) => name), [])
})

test('what only the engine uses is not public', () => {
  const internal = ['Proactor.stop', 'Proactor.submitTo', 'Proactor.blockUntil', 'Proactor.lastTurn', 'Proactor.finish', 'CompletionQueue.settle', 'Source.host', 'BufferGroup.take', 'Connection.socket']
  assert.deepEqual(names.filter(({ name }) => internal.some((one) => name.endsWith(` ${one}`))), [])
})

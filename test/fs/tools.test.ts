// A real compiler under trueaio/register: what tsc writes for a project is byte for byte what it writes on plain Node.
// scripts/compare-tools.mjs does the same with more tools, and measures them.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { snapshot } from './twin.js'

const MODULES = 24
const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc')

/** A chain of modules, the last of which has an error in its types: diagnostics are output too. */
function makeProject(root: string): void {
  mkdirSync(join(root, 'src'))
  for (let index = 0; index < MODULES; index++) {
    const next = index + 1 < MODULES ? `export * from './module${String(index + 1)}.js'` : 'export const wrong: string = 1'
    writeFileSync(join(root, 'src', `module${String(index)}.ts`), `${next}\nexport interface Shape${String(index)} { readonly text: 'ä ${String(index)}' }\nexport const value${String(index)} = ${String(index)} as const\n`)
  }
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'ES2022', module: 'NodeNext', strict: true, declaration: true, sourceMap: true, rootDir: 'src', outDir: 'out', types: [] },
    include: ['src'],
  }))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
}

async function compile(root: string, registered: boolean): Promise<{ readonly printed: string; readonly code: unknown; readonly tree: unknown[] }> {
  const register = registered ? ['--import', import.meta.resolve('trueaio/register')] : []
  const failed = await promisify(execFile)(process.execPath, [...register, TSC, '-p', root], { cwd: root, timeout: 50_000 })
    .then(() => assert.fail('tsc found no error'), (error: unknown) => error as { code: unknown; stdout: string; stderr: string })
  return { printed: failed.stdout + failed.stderr, code: failed.code, tree: snapshot(join(root, 'out')) }
}

test('tsc -p', { timeout: 60_000 }, async (t) => {
  const sides = []
  for (const registered of [false, true]) {
    const root = mkdtempSync(join(tmpdir(), 'trueaio-tools-'))
    t.after(() => rmSync(root, { recursive: true }))
    makeProject(root)
    sides.push(await compile(root, registered))
  }
  const [plain, ours] = sides
  assert.match(plain?.printed ?? '', /module23\.ts\(1,14\): error TS2322/)
  assert.equal(plain?.tree.length, MODULES * 3)
  assert.deepEqual(ours, plain)
})

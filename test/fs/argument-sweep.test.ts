// Wrong values in each place of each function, missing arguments, callbacks that are none, options of wrong types: the drop-in
// answers as the running Node does, thrown, told or rejected, with the same code. Some thousand calls on each side.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const CALLS_MIN = 3000
const program = fileURLToPath(new URL('./programs/argument-sweep.js', import.meta.url))

function sweep(side: 'node' | 'ours'): Readonly<Record<string, string>> {
  const cwd = mkdtempSync(join(tmpdir(), 'trueaio-sweep-')) // some paths are merely 'x'
  try {
    const text = execFileSync(process.execPath, ['--no-warnings', program, side], { cwd, encoding: 'utf8', timeout: 150_000, maxBuffer: 2 ** 25, stdio: ['ignore', 'pipe', 'inherit'] })
    return JSON.parse(text) as Readonly<Record<string, string>>
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

test('wrong arguments end as with Node', () => {
  const [theirs, ours] = [sweep('node'), sweep('ours')]
  assert.ok(Object.keys(theirs).length > CALLS_MIN)
  const differences = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].filter((title) => theirs[title] !== ours[title])
  assert.deepEqual(differences.map((title) => `${title}: Node ${String(theirs[title])}, ours ${String(ours[title])}`), [])
})

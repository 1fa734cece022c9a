// Ladders without a pool of threads: what the engine's drivers cannot do with directories is Node's.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { withoutRing } from '../harsh/ring-here.js'

const PROGRAM = fileURLToPath(new URL('./programs/trees-by-node.js', import.meta.url))

for (const driver of ['io-uring,node', 'node', 'io-uring,thread-pool']) {
  test(`trees with TRUEAIO_DRIVER=${driver}`, { skip: driver.startsWith('io-uring') ? withoutRing : false }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'trueaio-trees-by-node-'))
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, folder], { encoding: 'utf8', env: { ...process.env, TRUEAIO_DRIVER: driver } })
    assert.equal(status, 0, stderr)
    rmSync(folder, { recursive: true })
  })
}

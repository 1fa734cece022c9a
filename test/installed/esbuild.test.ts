// esbuild: bundles of both kinds, and the package kept outside.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { checkBundle } from './bundled.js'
import { EVERYTHING } from './program.js'
import { Tools, node, project, run } from './project.js'

const ESBUILD = 'esbuild@0.28.2'

describe('esbuild', () => {
  for (const format of ['esm', 'cjs']) {
    test(`a bundle as ${format}`, async (t) => {
      const tools = await Tools.get(t, ESBUILD)
      if (tools === undefined) return
      const path = project(t, { 'program.mjs': EVERYTHING })
      const bundle = join(path, 'out', format === 'esm' ? 'bundle.mjs' : 'bundle.cjs')
      await run(tools.bin('esbuild'), ['program.mjs', '--bundle', '--platform=node', `--format=${format}`, `--outfile=${bundle}`, '--log-level=error'], { cwd: path })
      await checkBundle(t, bundle)
    })
  }

  test('with the package kept outside it is the package', async (t) => {
    const tools = await Tools.get(t, ESBUILD)
    if (tools === undefined) return
    const path = project(t, { 'program.mjs': EVERYTHING })
    await run(tools.bin('esbuild'), ['program.mjs', '--bundle', '--platform=node', '--format=esm', '--packages=external', '--outfile=bundle.mjs'], { cwd: path })
    assert.match(readFileSync(join(path, 'bundle.mjs'), 'utf8'), /from "trueaio"/)
    assert.match((await node(path, ['bundle.mjs'])).stdout, /^used (?!node$)/m)
  })
})

// esbuild: bundles of both kinds, and the package kept outside.
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
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

  // It works in a thread, and that needs a file to begin with: never one beside the bundle that happens to have a name of ours.
  for (const format of ['esm', 'cjs']) {
    test(`transferSync in a bundle as ${format} finds the package, or says what is missing`, async (t) => {
      const tools = await Tools.get(t, ESBUILD)
      if (tools === undefined) return
      const path = project(t, {
        'program.mjs': `
          import { transferSync } from 'trueaio/transfer'
          try {
            console.log(transferSync('package.json', '/dev/null').bytes > 0)
          } catch (error) {
            console.log(error.code)
          }
        `,
        'out/index.js': "console.log('another program')",
      })
      const bundle = join(path, 'out', format === 'esm' ? 'bundle.mjs' : 'bundle.cjs')
      await run(tools.bin('esbuild'), ['program.mjs', '--bundle', '--platform=node', `--format=${format}`, `--outfile=${bundle}`, '--log-level=error'], { cwd: path })
      assert.equal((await node(path, ['--no-warnings', bundle])).stdout, 'true\n')
      rmSync(join(path, 'node_modules'), { recursive: true })
      assert.equal((await node(path, ['--no-warnings', bundle])).stdout, 'ERR_TRUEAIO_NO_PACKAGE\n')
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

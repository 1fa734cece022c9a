// rollup and webpack: bundles of both kinds.
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { checkBundle } from './bundled.js'
import { EVERYTHING } from './program.js'
import { Tools, project, run } from './project.js'

describe('rollup', () => {
  for (const format of ['es', 'cjs']) {
    test(`a bundle as ${format}`, async (t) => {
      const tools = await Tools.get(t, '@rollup/wasm-node@4.68.4', '@rollup/plugin-node-resolve@16.0.3')
      if (tools === undefined) return
      const path = project(t, {
        'program.mjs': EVERYTHING,
        'rollup.config.mjs': `
          import { createRequire } from 'node:module'
          const nodeResolve = createRequire(${JSON.stringify(join(tools.path, 'package.json'))})('@rollup/plugin-node-resolve')
          export default {
            input: 'program.mjs', external: /^node:/, plugins: [nodeResolve({ preferBuiltins: true })],
            output: { file: 'out/bundle.${format === 'es' ? 'mjs' : 'cjs'}', format: '${format}', inlineDynamicImports: true },
          }
        `,
      })
      await run(tools.bin('rollup'), ['--config', 'rollup.config.mjs', '--silent'], { cwd: path })
      await checkBundle(t, join(path, 'out', format === 'es' ? 'bundle.mjs' : 'bundle.cjs'))
    })
  }
})

describe('webpack', () => {
  for (const kind of ['module', 'commonjs2']) {
    test(`a bundle as ${kind}`, async (t) => {
      const tools = await Tools.get(t, 'webpack@5.113.0')
      if (tools === undefined) return
      const path = project(t, {
        'program.mjs': EVERYTHING,
        'build.cjs': `
          const webpack = require(${JSON.stringify(join(tools.path, 'node_modules', 'webpack'))})
          webpack({
            mode: 'production', target: 'node20', context: __dirname, entry: './program.mjs',
            experiments: { outputModule: ${String(kind === 'module')} },
            output: { path: __dirname + '/out', filename: 'bundle.${kind === 'module' ? 'mjs' : 'cjs'}', library: { type: '${kind}' } },
          }, (error, stats) => {
            if (error || stats.hasErrors()) throw error ?? new Error(stats.toString())
          })
        `,
      })
      await run(process.execPath, ['build.cjs'], { cwd: path })
      await checkBundle(t, join(path, 'out', kind === 'module' ? 'bundle.mjs' : 'bundle.cjs'))
    })
  }
})

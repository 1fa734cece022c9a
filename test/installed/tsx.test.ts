// tsx: TypeScript as a module and as CommonJS, without a build.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVERYTHING } from './program.js'
import { Tools, project, run } from './project.js'

/** Node 20, under a loader's hooks, cannot require two ES modules that share a third (ERR_VM_MODULE_LINK_FAILURE). */
const CANNOT_REQUIRE = process.versions.node.startsWith('20.') ? 'Node 20 cannot require two ES modules of one package under hooks of a loader' : false

for (const [extension, skip] of [['mts', false], ['cts', CANNOT_REQUIRE]] as const) {
  test(`tsx runs a program.${extension}`, { skip }, async (t) => {
    const tools = await Tools.get(t, 'tsx@4.23.15')
    if (tools === undefined) return
    const path = project(t, { [`program.${extension}`]: EVERYTHING })
    const { stdout } = await run(tools.bin('tsx'), [`program.${extension}`], { cwd: path })
    assert.match(stdout, /^used (io-uring|thread-pool|linux-aio)$/m)
  })
}

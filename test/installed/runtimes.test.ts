// Bun and Deno: every entry works on the node driver, and the reason is there.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EVERYTHING } from './program.js'
import { Tools, project, run } from './project.js'

const REASON = `
import { Proactor } from 'trueaio'
console.log(new Proactor().explain().find(({ name }) => name === 'io-uring').reason)
`

describe('other runtimes', { skip: process.platform === 'linux' && process.arch === 'x64' ? false : 'their packages for Linux x64 are used' }, () => {
  const runtimes = {
    Bun: { tools: '@oven/bun-linux-x64-baseline@1.4.5', binary: 'node_modules/@oven/bun-linux-x64-baseline/bin/bun', parameters: ['run'], reason: /Bun has no uv_poll/ },
    Deno: { tools: '@deno/linux-x64-glibc@2.9.6', binary: 'node_modules/@deno/linux-x64-glibc/deno', parameters: ['run', '-A', '--quiet'], reason: /Deno has no libuv loop/ },
  } as const
  for (const [name, { tools: spec, binary, parameters, reason }] of Object.entries(runtimes)) {
    test(name, async (t) => {
      const tools = await Tools.get(t, spec)
      if (tools === undefined) return
      const program = join(tools.path, binary)
      assert.ok(existsSync(program), program)
      const path = project(t, { 'program.mjs': EVERYTHING, 'reason.mjs': REASON })
      assert.equal((await run(program, [...parameters, 'program.mjs'], { cwd: path })).stdout, 'used node\n')
      assert.match((await run(program, [...parameters, 'reason.mjs'], { cwd: path })).stdout, reason)
    })
  }
})

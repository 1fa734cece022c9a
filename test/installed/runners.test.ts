// Runners of tests: Jest, whose own modules need a flag of Node's, and Vitest.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Tools, project, run } from './project.js'

const BODY = `
  const io = new Proactor()
  const used = io.explain().find(({ state }) => state === 'in use').name
  const { size } = (await io.submit(statx('package.json')))
  await io.close()
  expect(used).not.toBe('node')
  expect((await readFile('package.json')).length).toBe(size)
`

describe('Jest', () => {
  const files = {
    'package.json': '{ "private": true, "jest": { "transform": {}, "testEnvironment": "node" } }',
    'commonjs.test.cjs': `
      test('a test in CommonJS imports it', async () => {
        const { Proactor, statx } = await import('trueaio')
        const { readFile } = await import('trueaio/fs/promises')
        ${BODY}
      })
    `,
    'module.test.mjs': `
      import { Proactor, statx } from 'trueaio'
      import { readFile } from 'trueaio/fs/promises'
      test('a test that is a module', async () => {${BODY}})
    `,
  }

  test('tests in CommonJS and as modules, with --experimental-vm-modules', async (t) => {
    const tools = await Tools.get(t, 'jest@30.5.2')
    if (tools === undefined) return
    const path = project(t, files)
    const { stderr } = await run(process.execPath, ['--experimental-vm-modules', '--no-warnings', tools.bin('jest'), '--rootDir', path, '--ci', '--testMatch', '**/*.test.?js'], { cwd: path })
    assert.match(stderr, /Tests: +2 passed/)
    assert.doesNotMatch(stderr, /did not exit|open handle/)
  })
})

test('Vitest', async (t) => {
  const tools = await Tools.get(t, 'vitest@5.1.2')
  if (tools === undefined) return
  const path = project(t, {
    'module.test.js': `
      import { createRequire } from 'node:module'
      import { Proactor, statx } from 'trueaio'
      import { readFile } from 'trueaio/fs/promises'
      test('a test that is a module', async () => {${BODY}})
      test('the same package required', async () => {
        expect(createRequire(import.meta.url)('trueaio').Proactor).toBe(Proactor)
      })
    `,
  })
  const { stdout } = await run(tools.bin('vitest'), ['run', '--globals', '--root', path], { cwd: path, env: { NO_COLOR: '1', CI: '1' } })
  assert.match(stdout, /Tests +2 passed/)
})

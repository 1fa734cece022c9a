// The package as those see it who check packages: publint, and "are the types wrong?".
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tools, checkout, project, run, tarballs } from './project.js'

test('publint finds nothing', async (t) => {
  const tools = await Tools.get(t, 'publint@0.3.25')
  if (tools === undefined) return
  for (const tarball of tarballs()) {
    const { stdout } = await run(tools.bin('publint'), ['run', tarball, '--strict'], { cwd: project(t), env: { NO_COLOR: '1' } })
    assert.match(stdout, /All good/, stdout)
  }
})

/** Node before 16 and its kind of resolution knows no "exports". ES modules are required by Node ≥ 20.19, which attw does not know. */
const PROFILE = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm']

test('the types are right', async (t) => {
  const tools = await Tools.get(t, '@arethetypeswrong/cli@0.18.5')
  if (tools === undefined) return
  // It ends with 1 where it finds a problem.
  const { stdout } = await run(tools.bin('attw'), [tarballs()[0] as string, '--no-emoji', '--format', 'table-flipped', ...PROFILE], { cwd: project(t), env: { NO_COLOR: '1' } })
  assert.match(stdout, /"trueaio\/fs\/promises"/)
})

test('nothing in the checkout is unused', async (t) => {
  const tools = await Tools.get(t, 'knip@6.44.2', 'typescript@5.9.3', '@types/node@20')
  if (tools === undefined) return
  await run(tools.bin('knip'), ['--no-progress', '--directory', checkout], { cwd: checkout, env: { NO_COLOR: '1' } })
})

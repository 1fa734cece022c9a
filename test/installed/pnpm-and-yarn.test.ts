// pnpm, whose node_modules is links into a store, and yarn without any node_modules (Plug'n'Play): the addon is found there, too.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { EVERYTHING } from './program.js'
import { Tools, run, tarballs } from './project.js'

/** An empty project that asks for the tarballs. */
function empty(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'trueaio-manager-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  const [main, platform] = tarballs() as [string, string]
  writeFileSync(join(path, 'package.json'), JSON.stringify({
    name: 'project', version: '1.0.0', type: 'module', private: true,
    dependencies: { trueaio: `file:${main}`, [`@trueaio/${process.platform}-${process.arch}`]: `file:${platform}` },
    // What is not published yet is in no registry: the optional packages are taken from the tarballs, or not at all.
    pnpm: { overrides: Object.fromEntries(OTHERS.map((name) => [`@trueaio/${name}`, '-'])) },
    resolutions: { [`@trueaio/${process.platform}-${process.arch}`]: `file:${platform}`, ...Object.fromEntries(OTHERS.map((name) => [`@trueaio/${name}`, `file:${platform}`])) },
  }))
  writeFileSync(join(path, 'program.mjs'), EVERYTHING)
  return path
}

const OTHERS = ['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl', 'win32-x64'].filter((name) => name !== `${process.platform}-${process.arch}`)
const USED = /^used (io-uring|thread-pool|linux-aio)$/m

test('pnpm', async (t) => {
  const tools = await Tools.get(t, 'pnpm@10.15.0')
  if (tools === undefined) return
  const path = empty(t)
  await run(tools.bin('pnpm'), ['install', '--ignore-scripts', '--offline', '--store-dir', join(path, '.store')], { cwd: path, env: { CI: 'true' } })
  const { stdout, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', 'program.mjs'], { cwd: path })
  assert.match(stdout, USED)
  assert.equal(stderr, '')
})

test("yarn's Plug'n'Play", async (t) => {
  const tools = await Tools.get(t, '@yarnpkg/cli-dist@4.18.1')
  if (tools === undefined) return
  const path = empty(t)
  const env = { YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: 'false', YARN_ENABLE_NETWORK: 'false', YARN_NODE_LINKER: 'pnp', YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' }
  writeFileSync(join(path, 'yarn.lock'), '')
  await run(tools.bin('yarn'), ['install', '--mode=skip-build'], { cwd: path, env })
  const { stdout } = await run(tools.bin('yarn'), ['node', 'program.mjs'], { cwd: path, env })
  assert.match(stdout, USED)
})

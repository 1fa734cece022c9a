// A single executable: the bundle inside a copy of Node, with the addon beside it and without.
import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { EVERYTHING } from './program.js'
import { Tools, addonFile, node, project, run } from './project.js'

test('a single executable', { skip: process.platform === 'linux' ? false : 'tried on Linux' }, async (t) => {
  const tools = await Tools.get(t, 'esbuild@0.28.2', 'postject@1.0.0-alpha.6')
  if (tools === undefined) return
  const path = project(t, { 'program.mjs': EVERYTHING, 'sea.json': JSON.stringify({ main: 'bundle.cjs', output: 'blob', disableExperimentalSEAWarning: true }) })
  await run(tools.bin('esbuild'), ['program.mjs', '--bundle', '--platform=node', '--format=cjs', '--outfile=bundle.cjs', '--log-level=error'], { cwd: path })
  await node(path, ['--experimental-sea-config', 'sea.json'])
  const out = mkdtempSync(join(tmpdir(), 'trueaio-executable-'))
  t.after(() => rmSync(out, { recursive: true }))
  const application = join(out, 'application')
  cpSync(process.execPath, application, { dereference: true })
  chmodSync(application, 0o755)
  await run(tools.bin('postject'), [application, 'NODE_SEA_BLOB', 'blob', '--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'], { cwd: path })

  const alone = await run(application, [], { cwd: '/' })
  assert.equal(alone.stdout, 'used node\n')
  assert.equal(alone.stderr.match(/TRUEAIO_NO_ADDON/g)?.length, 1, alone.stderr)
  cpSync(addonFile, join(out, 'trueaio.node'))
  const { stdout, stderr } = await run(application, [], { cwd: '/' })
  assert.match(stdout, /^used (io-uring|thread-pool|linux-aio)$/m)
  assert.equal(stderr, '')
})

// What users install: the packed package, in an empty project, from ESM and from CommonJS.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

test('the packed package installs without scripts or dependencies, and works by import and by require', () => {
  const project = mkdtempSync(join(tmpdir(), 'trueaio-package-'))
  try {
    const packed = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as
      | { filename: string; files: { path: string }[] }[]
      | Record<string, { filename: string; files: { path: string }[] }>
    const [tarball] = Object.values(packed)
    assert.ok(tarball !== undefined)
    const paths = tarball.files.map(({ path }) => path)
    assert.ok(paths.includes(`prebuilds/${process.platform}-${process.arch}/trueaio.node`), 'holds the built addon')
    assert.ok(paths.includes('dist/index.js') && paths.includes('dist/index.d.ts') && paths.includes('LICENSE'))
    assert.deepEqual(paths.filter((path) => /^(test|bench|src|node_modules)\/|tsbuildinfo$|^binding\.gyp$/.test(path)), [], 'holds nothing else')

    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string>; dependencies?: object }
    assert.deepEqual(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name)), [])
    assert.equal(manifest.dependencies, undefined)

    writeFileSync(join(project, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', join(project, tarball.filename)], { cwd: project, stdio: 'ignore' })
    const body = "const io = new Proactor(); io.submit(statx('package.json')).then((s) => { console.log(s.size); return io.close() })"
    writeFileSync(join(project, 'esm.mjs'), `import { Proactor, statx } from 'trueaio'\nimport { simulated } from 'trueaio/simulated'\nvoid simulated\n${body}`)
    writeFileSync(join(project, 'cjs.cjs'), `const { Proactor, statx } = require('trueaio')\n${body}`)
    for (const file of ['esm.mjs', 'cjs.cjs']) {
      const size = Number(execFileSync(process.execPath, ['--no-warnings', file], { cwd: project, encoding: 'utf8' }))
      assert.equal(size, readFileSync(join(project, 'package.json')).byteLength)
    }
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
})

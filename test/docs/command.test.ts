// Every shell snippet of docs/guide/command.md runs as it stands.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = readFileSync(join(root, 'docs', 'guide', 'command.md'), 'utf8')
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, code]) => (code ?? '').split('\n').filter((line) => line !== ''))

describe('the snippets of docs/guide/command.md', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'trueaio-command-'))
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin', 'trueaio'), `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist', 'cli', 'main.js')}" "$@"\n`)
    chmodSync(join(folder, 'bin', 'trueaio'), 0o755)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'trueaio'))
    writeFileSync(join(folder, 'app.mjs'), "import { readFile, stat } from 'node:fs/promises'\nawait readFile('app.mjs')\nawait stat('nothing').catch(() => undefined)\n")
    writeFileSync(join(folder, 'server.mjs'), "import { readFile } from 'node:fs/promises'\nsetInterval(() => readFile('app.mjs'), 5)\n")
    writeFileSync(join(folder, 'jobs.fio'), /^```ini\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const line of lines) {
    test(line, (t) => {
      // Before the machine's own paths, so that no installed command is tried instead.
      const path = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`
      const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8', timeout: 120_000, env: { ...process.env, PATH: path, XDG_RUNTIME_DIR: folder } })
      if (/process \d+ does not answer: start/.test(stderr)) return t.skip('the machine is too busy for a server to start within three seconds')
      assert.equal(status, 0, stderr)
    })
  }

  test('there are some', () => {
    assert.ok(lines.length >= 14 && existsSync(folder))
  })
})

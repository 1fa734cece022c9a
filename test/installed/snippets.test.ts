// Every snippet of the README and of docs/ over the packed tarballs.
import { spawnSync } from 'node:child_process'
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asModule, fileNameOf, pages, root, snippetsOf } from '../docs/snippets.js'
import { project } from './project.js'

test('snippets', async (t) => {
  const folder = join(project(t), 'snippets')
  mkdirSync(folder)
  for (const snippet of pages.flatMap(snippetsOf)) {
    await t.test(`${snippet.page}:${String(snippet.line)}`, () => {
      const file = join(folder, fileNameOf(snippet))
      writeFileSync(file, asModule(snippet))
      const { status, stderr } = spawnSync(process.execPath, ['--expose-gc', file], { cwd: root, encoding: 'utf8', timeout: 30_000 })
      assert.equal(status, 0, stderr)
    })
  }
})

// Every JavaScript snippet of the README and of docs/ runs as it stands, and every local link leads to a file.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { asModule, fileNameOf, pages, root, snippetsOf } from './snippets.js'

// Inside the package, so that a snippet's import of 'trueaio' means this checkout.
const folder = join(root, 'build', 'snippets')

describe('documentation', () => {
  mkdirSync(folder, { recursive: true })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const page of pages) {
    for (const snippet of snippetsOf(page)) {
      test(`${snippet.page}:${String(snippet.line)} runs`, () => {
        const file = join(folder, fileNameOf(snippet))
        writeFileSync(file, asModule(snippet))
        const { status, stderr } = spawnSync(process.execPath, ['--expose-gc', file], { cwd: root, encoding: 'utf8', timeout: 30_000 })
        assert.equal(status, 0, stderr)
      })
    }

    test(`${page}: its links lead somewhere`, () => {
      const text = readFileSync(join(root, page), 'utf8')
      for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
        const path = resolve(root, dirname(page), target ?? '')
        assert.ok(existsSync(path), `${page} links to ${relative(root, path)}, which is not there`)
      }
    })
  }
})

// Every JavaScript snippet of the README and of docs/ runs as it stands, and every local link leads to a file.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const pages = ['README.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]
// Inside the package, so that a snippet's import of 'trueaio' means this checkout.
const folder = join(root, 'build', 'snippets')

interface Snippet {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly code: string
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(root, page), 'utf8')
  const snippets: Snippet[] = []
  for (const match of text.matchAll(/^```(js|ts)\n([\s\S]*?)^```$/gm)) {
    const [, language, code] = match
    if (language === undefined || code === undefined) continue
    snippets.push({ page, language, code, line: text.slice(0, match.index).split('\n').length })
  }
  return snippets
}

/** JavaScript as it stands, on the oldest Node as well. Types are taken out of TypeScript. */
function asModule({ code, language }: Snippet): string {
  if (language === 'js') return code
  return ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } }).outputText
}

describe('documentation', () => {
  mkdirSync(folder, { recursive: true })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const page of pages) {
    for (const snippet of snippetsOf(page)) {
      test(`${snippet.page}:${String(snippet.line)} runs`, () => {
        const file = join(folder, `${snippet.page.replaceAll(/\W/g, '-')}-${String(snippet.line)}.mjs`)
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

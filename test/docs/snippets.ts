// The JavaScript snippets of the README and of docs/.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root: string = fileURLToPath(new URL('../../../', import.meta.url))
export const pages: readonly string[] = [
  'README.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
]

export interface Snippet {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly code: string
}

export function snippetsOf(page: string): Snippet[] {
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
export function asModule({ code, language }: Snippet): string {
  if (language === 'js') return code
  return ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } }).outputText
}

/** A name for its file. */
export function fileNameOf({ page, line }: Snippet): string {
  return `${page.replaceAll(/\W/g, '-')}-${String(line)}.mjs`
}

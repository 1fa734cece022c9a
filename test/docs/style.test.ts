// What a machine can check of the style of prose: lines of pages fit 120 columns, and private idioms stay out of pages, comments and
// messages.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const COLUMNS_MAX = 120

/** Each with the plain word to use instead. */
const IDIOMS: readonly (readonly [pattern: RegExp, plain: string])[] = [
  [/\b(is|are|was|were|be|been|being) told\b/, 'is reported, is notified'],
  [/\btells? (of|nobody)\b/, 'reports'],
  [/\bstands? back\b/, 'waits, withdraws'],
  [/\bstillborn\b/, 'never started'],
  [/\bgo(es)? on (with|as|from|until|where|when|while|by)\b/, 'continues'],
  [/\b(gives?|given) away\b/, 'returns, releases'],
  [/\bhears? of\b/, 'is notified of'],
  [/\bon a par\b/, 'about equal'],
  [/\bmend(s|ed|ing)?\b/, 'fix'],
  [/\bquicker\b/, 'faster'],
  [/\b(comes?|came|coming) up short\b/, 'is short'],
  [/\b(taken?|takes?|taking) back\b/, 'withdraw'],
  [/\bwho imports\b/i, 'a program that imports'],
  [/\bspoken for\b/, 'reserved'],
  [/\b(down|of) the ladder\b/, 'to the next driver'],
  [/\bto be had\b/, 'available'],
  [/\bcarr(y|ies|ied) on\b/, 'continues'],
  [/\bpassed over\b/, 'skipped'],
  [/\b(comes?|came|become|becomes) of it\b/, 'the outcome'],
  [/\bmade good\b/, 'repeated, repaired'],
  [/\bfor want of\b/, 'because … is missing'],
  [/\bturns? up\b/, 'arrives, appears'],
  [/\bunder way\b/, 'in progress'],
]

interface Line {
  readonly path: string
  readonly number: number
  readonly text: string
}

/** The lines of a page outside of code blocks. */
function linesOf(path: string): readonly Line[] {
  let fence: string | undefined
  return readFileSync(join(root, path), 'utf8').split('\n').flatMap((text, index) => {
    const mark = /^\s*(`{3,})/.exec(text)?.[1]
    if (mark !== undefined) {
      if (fence === undefined) fence = mark
      else if (mark.length >= fence.length) fence = undefined
      return []
    }
    return fence === undefined ? [{ path, number: index + 1, text }] : []
  })
}

/** A table's row, a picture's line, and a line without a place to break may be longer. */
function mayBeLong({ text }: Line): boolean {
  return /^\s*[|<]/.test(text) || !text.trim().slice(4).includes(' ')
}

function idiomIn(text: string): string | undefined {
  const prose = text.replaceAll(/`[^`]*`|"[^"]*"/g, '')
  const found = IDIOMS.find(([pattern]) => pattern.test(prose))
  return found === undefined ? undefined : `"${found[0].exec(prose)?.[0] ?? ''}": write "${found[1]}"`
}

const SOURCES = ['src', 'native', 'bench', 'scripts', 'examples'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|mjs|c|h)$/.test(name) && !name.startsWith('build/')).map((name) => join(folder, name)))

/** The comments of a source, and the text of its errors: all that a machine finds of them by looking at single lines. */
function proseOf(line: Line): readonly Line[] {
  const comment = /^\s*(?:\/\/|\/\*\*?|\*)\s(.*)$/.exec(line.text)?.[1] ?? /\s\/\/ (.*)$/.exec(line.text)?.[1] ?? /\/\*\*? (.*)\*\/$/.exec(line.text)?.[1]
  const message = /(?:Error|Refusal)\((.*)$/.exec(line.text)?.[1]?.replaceAll('`', '')
  return [comment, message].flatMap((text) => (text === undefined ? [] : [{ ...line, text }]))
}

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]
const lines = pages.flatMap(linesOf)

test('lines of prose fit 120 columns', () => {
  assert.ok(lines.length > 1000)
  const long = lines.filter((line) => line.text.length > COLUMNS_MAX && !mayBeLong(line))
  assert.deepEqual(long.map(({ path, number, text }) => `${path}:${String(number)}: ${String(text.length)} columns`), [])
  assert.ok(!mayBeLong({ path: '', number: 1, text: `- ${'word '.repeat(40)}` }) && mayBeLong({ path: '', number: 1, text: `| ${'word '.repeat(40)} |` }))
})

function idiomsIn(among: readonly Line[]): string[] {
  return among.flatMap(({ path, number, text }) => {
    const idiom = idiomIn(text)
    return idiom === undefined ? [] : [`${path}:${String(number)}: ${idiom}`]
  })
}

test('no private idioms', () => {
  assert.ok(idiomIn('The caller is told of it.') !== undefined && idiomIn('A job `is told` and "goes on with" it.') === undefined)
  assert.deepEqual(idiomsIn(lines), [])
})

test('no private idioms in comments and messages', () => {
  const sources = SOURCES.flatMap((path) => readFileSync(join(root, path), 'utf8').split('\n').flatMap((text, index) => proseOf({ path, number: index + 1, text })))
  assert.ok(sources.length > 5000)
  const [found] = idiomsIn(proseOf({ path: 'x.ts', number: 1, text: "  throw new Error(`${name} is told of it`) // it goes on with the rest" }))
  assert.match(found ?? '', /continues/)
  assert.deepEqual(idiomsIn(sources), [])
})

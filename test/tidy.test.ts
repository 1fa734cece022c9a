// What DESIGN and STYLE promise, held by an ordinary test: stages import downwards, files say where they stand.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const FOLDERS = ['src', 'test', 'bench', 'scripts', 'native', 'docs', 'examples', '.github']
const KINDS = ['.ts', '.js', '.mjs', '.c', '.h', '.gyp', '.md', '.json', '.yml']

interface File {
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
}

function read(path: string): File {
  const text = readFileSync(join(root, path), 'utf8')
  return { path, text, lines: text.split('\n') }
}

const files: readonly File[] = [
  ...FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))),
  // Not its node_modules, nor what is built there.
  ...['site', 'site/.vitepress', 'site/.vitepress/theme'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))),
  ...readdirSync(root),
].filter((path) => KINDS.includes(extname(path)) && !path.startsWith('native/build/') && !path.endsWith('package-lock.json')).map(read)
const sources = files.filter(({ path }) => path.startsWith('src/') && path.endsWith('.ts'))
const typeScript = files.filter(({ path }) => path.endsWith('.ts'))

/** Fails with all findings at once. */
function none(findings: readonly string[], what: string): void {
  assert.deepEqual(findings, [], what)
}

function linesMatching(among: readonly File[], pattern: RegExp): string[] {
  return among.flatMap(({ path, lines }) => lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${String(index + 1)}: ${line.trim()}`] : [])))
}

const STAGES = '①②③④⑤⑥⑦'
const STAGE_OF: Readonly<Record<string, number>> = { operation: 2, waiting: 2, proactor: 3, driver: 4, ring: 5, native: 6 }

function stageOf(path: string): number {
  const parts = path.split('/')
  return parts.length > 2 ? (STAGE_OF[parts[1] ?? ''] ?? 1) : 1
}

interface Import {
  readonly from: string
  readonly to: string
}

/** What files import, types and lazy imports included. */
function importsOf(among: readonly File[]): readonly Import[] {
  return among.flatMap(({ path, text }) => [...text.matchAll(/(?:from|import)\s*\(?'(\.{1,2}\/[^']+)\.js'/g)]
    .map(([, target]) => ({ from: path, to: `${relative(root, join(root, dirname(path), target ?? ''))}.ts` })))
}

const imports = importsOf(sources)

/** The interface between ③ and ④ belongs to both. */
const DRIVER_INTERFACE = 'src/proactor/driver.ts'

/** Why an import is not allowed; undefined: it is. */
function offence({ from, to }: Import): string | undefined {
  const [stage, target] = [stageOf(from), stageOf(to)]
  if (stage >= 5 && target === 2) return 'rings and the addon know no operation'
  if (target === 2 || to === DRIVER_INTERFACE) return undefined // what every stage speaks
  if (stage === 3 && target === 4) return 'the proactor knows no driver by itself'
  if (target < stage) return 'imports go downwards'
  const [, folder, driver] = from.split('/')
  if (folder === 'driver' && target === 4 && to.split('/')[2] !== driver) return 'drivers do not know each other'
  return undefined
}

test('imports go downwards', () => {
  none(imports.flatMap((one) => {
    const reason = offence(one)
    return reason === undefined ? [] : [`${one.from} imports ${one.to}: ${reason}`]
  }), 'stage rule')
})

test('the import rule itself tells right from wrong', () => {
  assert.ok(imports.length > 100)
  const wrong = [
    ['src/ring/ordering.ts', 'src/operation/operation.ts'], ['src/native/load.ts', 'src/ring/ordering.ts'], ['src/proactor/proactor.ts', 'src/driver/node/driver.ts'],
    ['src/driver/node/driver.ts', 'src/proactor/proactor.ts'], ['src/driver/node/driver.ts', 'src/driver/io-uring/probe.ts'], ['src/operation/file.ts', 'src/index.ts'],
  ] as const
  for (const [from, to] of wrong) assert.notEqual(offence({ from, to }), undefined, `${from} → ${to}`)
  for (const [from, to] of [['src/index.ts', 'src/proactor/proactor.ts'], ['src/driver/node/driver.ts', DRIVER_INTERFACE], ['src/proactor/batch.ts', 'src/operation/file.ts']] as const) {
    assert.equal(offence({ from, to }), undefined)
  }
})

test('rooms of src/fs are entered by their doors', () => {
  const roomOf = (path: string): string | undefined => /^src\/fs\/([a-z]+)\//.exec(path)?.[1]
  // A face of streams is made of another room's, which is not inside of its door.
  const faces = /\/(callbacks|promises)\.ts$/
  none(imports.flatMap(({ from, to }) => (roomOf(from) !== undefined && roomOf(to) !== undefined && roomOf(from) !== roomOf(to) && !to.endsWith('/index.ts') && !faces.test(to)
    ? [`${from} imports ${to}`] : [])), 'past the door')
})

/** Circles among imports, each as the files it goes through: at most one for each file that leads back into one. */
function circlesOf(edges: readonly Import[]): string[] {
  const targets = new Map<string, string[]>()
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to])
  const circles: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string): void => {
    const start = way.indexOf(path)
    if (start >= 0) circles.push([...way.slice(start), path].join(' → '))
    if (start >= 0 || done.has(path)) return
    way.push(path)
    for (const target of targets.get(path) ?? []) visit(target)
    way.pop()
    done.add(path)
  }
  for (const path of targets.keys()) visit(path)
  return circles
}

test('no imports in a circle, types included', () => {
  const circle = [{ from: 'a.ts', to: 'b.ts' }, { from: 'b.ts', to: 'c.ts' }, { from: 'c.ts', to: 'b.ts' }, { from: 'a.ts', to: 'c.ts' }]
  assert.deepEqual(circlesOf(circle), ['b.ts → c.ts → b.ts'])
  none(circlesOf(importsOf(typeScript.filter(({ path }) => /^(src|bench)\//.test(path)))), 'two files in a circle are one, or a third is missing')
})

test('every source file is imported by somebody', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { default: string }>; imports: Record<string, string>; bin?: Record<string, string>
  }
  const exported = Object.values(manifest.exports).map((target) => (typeof target === 'string' ? target : target.default))
  const entries = [...exported, ...Object.values(manifest.imports), ...Object.values(manifest.bin ?? {})]
  const reached = new Set([...imports.map(({ to }) => to), ...entries.map((target) => target.replace(/^(\.\/)?dist\//, 'src/').replace(/\.js$/, '.ts'))])
  none(sources.map(({ path }) => path).filter((path) => !reached.has(path)), 'imported by nobody')
})

test('every target of package.json exports exists', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string | Record<string, string>> }
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
  none(targets.filter((target) => !existsSync(join(root, target))), 'exports')
})

test('a source file says first which stage it is, and the right one', () => {
  none(sources.flatMap(({ path, lines }) => {
    const symbol = STAGES[stageOf(path) - 1] ?? ''
    const first = lines[lines[0]?.startsWith('#!') === true ? 1 : 0] ?? '' // a command's first line is for the system
    return first.startsWith(`// ${symbol} `) ? [] : [`${path}: "${first}" does not begin with "// ${symbol} "`]
  }), 'first lines')
})

test('names say what a file holds', () => {
  const forbidden = /(^|[-_.])(utils?|helpers?|common|misc|managers?)([-_.]|$)/i
  const named = (word: string): boolean => word.split('/').some((part) => forbidden.test(part))
  none(files.map(({ path }) => path).filter(named), 'file names')
  none(files.map(({ path }) => path).filter((path) => /\.(ts|mjs|c|h)$/.test(path) && !/^[a-z0-9._/-]+$/.test(path) && !path.startsWith('native/')), 'file names in kebab case')
  assert.ok(named('src/string-utils.ts') && named('src/helper/x.ts') && !named('src/driver/node/driver.ts'))
})

test('a view is asked what it is in one place', () => {
  // Everywhere else a caller's view could say what is not so. What stands here asks memory of the engine's own.
  const OWN = [
    'src/driver/io-uring/direct-files.ts', 'src/driver/io-uring/registered-buffers.ts', 'src/acall/call-id.ts', 'src/acall/ring-memory.ts',
    'src/waiting/shared-semaphore.ts', 'src/fs/handle/web-stream.ts', 'src/operation/view.ts',
  ]
  const asked = /(?<!Buffer)\.(byteLength|byteOffset)\b|\.BYTES_PER_ELEMENT === /
  assert.ok(asked.test('view.byteLength') && !asked.test('Buffer.byteLength(text)'))
  none(linesMatching(sources.filter(({ path }) => !OWN.includes(path) && !path.startsWith('src/driver/simulated/')), asked), 'operation/view.ts has functions for it')
})

test('no module asks where it lies while it loads', () => {
  // In a bundle as CommonJS there is no import.meta.url: what throws there throws at import. A function asks, by native/own-package.ts.
  const atLoad = /^(?:export )?(?:const|let) .*import\.meta/
  assert.ok(atLoad.test("const MODULE = new URL('./index.js', import.meta.url)") && !atLoad.test('  const file = fileOf(import.meta.url)'))
  none(linesMatching(sources.filter(({ path }) => !path.startsWith('src/cli/')), atLoad), 'a function asks for import.meta.url')
})

test('files are short', () => {
  const LINES_MAX = 400
  const LONGER: Readonly<Record<string, string>> = {
    'src/operation/system-call-numbers.ts': 'generated: two tables',
  }
  const long = files.filter(({ path, lines }) => /\.(ts|mjs|c|h)$/.test(path) && lines.length > LINES_MAX)
  none(long.filter(({ path }) => LONGER[path] === undefined).map(({ path, lines }) => `${path}: ${String(lines.length)} lines`), `more than ${String(LINES_MAX)} lines`)
  for (const path of Object.keys(LONGER)) assert.ok(long.some((file) => file.path === path), `${path} is short now: take it off the list`)
  none(long.filter(({ path, lines }) => path !== 'src/operation/system-call-numbers.ts' && lines.length > 700).map(({ path }) => path), 'more than 700 lines')
})

test('no any, no enum, no suppressed check', () => {
  const any = /(?:[:<|&,(]\s*|\bas\s+)any\b(?=\s*[\])>,;|&=[{]|\s*$)/
  assert.ok(['x: any', 'x as any)', 'Set<any>', 'string | any,', '(a: any[]) =>'].every((text) => any.test(text)) && !any.test("'takes: any system call'"))
  none(linesMatching(typeScript.filter(({ path }) => path !== 'test/tidy.test.ts'), any), 'any')
  none(linesMatching(typeScript, /^\s*(export\s+)?(const\s+)?enum\s/), 'enum')
  none(linesMatching(typeScript, new RegExp(['@ts-', '(ignore', '|nocheck', '|expect-error)'].join(''))).filter((line) => !line.startsWith('test/types/')), 'suppressions')
})

test('nothing is left to do', () => {
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK']
  none(linesMatching(files, new RegExp(`\\b(${words.join('|')})\\b`)), 'left to do')
})

test('nothing of the machine it was made on', () => {
  const roots = ['home', 'root', 'Users', 'wo' + 'rk', 'mnt', 'srv'].join('|')
  none(linesMatching(files, new RegExp(`(^|[\\s'"\`(=:])/(${roots})/\\w`)), 'machine paths')
  none(linesMatching(files, /\/tmp\/(?!trueaio|x\b|file)[a-z]+\//), 'temporary paths')
  const lock = existsSync(join(root, 'package-lock.json')) ? readFileSync(join(root, 'package-lock.json'), 'utf8') : ''
  none([...lock.matchAll(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)([^"]+)"/g)].map(([, url]) => url ?? ''), 'registry hosts')
})

test('every driver folder has the same files', () => {
  const EVERYWHERE = ['driver.ts', 'encode.ts', 'decode.ts', 'probe.ts']
  /** A driver that carries operations out itself encodes for nobody. */
  const ONLY_DRIVER = new Set(['simulated'])
  const folders = readdirSync(join(root, 'src/driver'))
  assert.ok(folders.length >= 2)
  none(folders.flatMap((folder) => (ONLY_DRIVER.has(folder) ? ['driver.ts'] : EVERYWHERE)
    .filter((name) => !existsSync(join(root, 'src/driver', folder, name))).map((name) => `src/driver/${folder}/${name} is missing`)), 'driver folders')
})

test('the driver interface fits one screen, and public functions are documented', () => {
  const text = readFileSync(join(root, DRIVER_INTERFACE), 'utf8')
  const [, body] = /export interface Driver \{([^}]*)\}/.exec(text) ?? []
  assert.ok(body !== undefined && body.split('\n').length <= 50)
  const operations = sources.filter(({ path }) => /^src\/operation\/(file|path|copy|xattr|timer|call)\.ts$/.test(path))
  none(operations.flatMap(({ path, lines }) => lines.flatMap((line, index) => (line.startsWith('export function') && lines[index - 1]?.endsWith('*/') !== true ? [`${path}: ${line}`] : []))), 'without docstring')
})

// Makes what is published: build/packages/trueaio, and build/packages/@trueaio/<platform> with a binary each. The compiled
// modules are joined into a few files that load in a fraction of the time; each entry of package.json's "exports" stays a file of
// its own name, and all of them share one copy of everything. Types stay file by file; source maps hold the TypeScript.
//   node scripts/make-package.mjs            after npm run build; see build-binaries.mjs for the compilers
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rollup } from '@rollup/wasm-node'
import { minify } from 'terser'
import typescript from 'typescript'
import { buildBinary, PLATFORMS } from './build-binaries.mjs'
import { inlineTables, readTables } from './inline-tables.mjs'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const compiled = join(checkout, 'dist')
/** What package.json has for those who work on the package. */
const NOT_PUBLISHED = ['private', 'devDependencies', 'scripts', 'files']
/** What a worker thread begins with, and who starts it: it becomes text in there, since no bundler would take a file along. */
const THREAD = { file: 'work/compute-thread.js', starter: 'work/compute.js', expression: "new URL('./compute-thread.js', import.meta.url)" }
/** What tests import modules by. */
const CHECKOUT_IMPORT = '#src/*'

/** What the published package imports by name: the rooms of the drop-in. */
function publishedImports({ imports }) {
  return Object.fromEntries(Object.entries(imports).filter(([name]) => name !== CHECKOUT_IMPORT))
}

/** Folders of the engine, and rooms of the drop-in that each call goes through: one file, as each more costs half a millisecond to load. */
const ENGINE = ['default-proactor.js', 'native', 'operation', 'proactor', 'ring', 'waiting']
const ENGINE_ROOMS = ['request', 'node', 'arguments', 'forms']
/** Modules that trueaio/register loads, and the engine as well: a file that is none of the engine's. */
const REGISTER = /(^|[/\\])((own|node)-functions|fs[/\\]functions|waiting[/\\]pending)\.js$/

/** The modules that users name, by their paths below dist, without `.js`. */
function entriesOf({ exports, bin }) {
  const targets = [...Object.values(exports).map((target) => target.default), ...Object.values(bin)]
  return [...new Set(targets.filter((target) => target?.endsWith('.js')).map((target) => relative('dist', target.replace(/^\.\//, '')).replace(/\.js$/, '')))]
}

/** One character beyond ASCII, which without comments is in a string, and V8 holds the whole file at two bytes a character. */
function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Comments are half of what a module holds, and every process would read them. The map goes on to the TypeScript. */
function withoutComments() {
  const transformers = { before: [inlineTables(readTables(compiled))] }
  return {
    name: 'without-comments',
    transform(code, id) {
      const { outputText, sourceMapText } = typescript.transpileModule(code, {
        fileName: id,
        compilerOptions: { target: typescript.ScriptTarget.ESNext, module: typescript.ModuleKind.ESNext, removeComments: true, sourceMap: true, allowJs: true },
        transformers,
      })
      const ascii = outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n').replace(/[\u0080-\uffff]/g, escaped)
      return { code: ascii, map: sourceMapText }
    },
  }
}

/** Before all else, on the first line, so that maps stay true: who bundled it for a browser would see that process is not defined. */
const HERE_ONLY = "if (!globalThis.process?.getBuiltinModule) throw new Error('trueaio runs on Node.js 20.19 and newer, Bun and Deno, and this is none of them.'); "

/**
 * An ES module's import of a built-in one asks for all of its names, and so loads what hides behind accessors (streams, web
 * streams, MIME types …): a quarter of what the first call of the drop-in cost. Imports of a module's own names become this,
 * in the joined file, where each module stands once.
 */
const withoutFacades = {
  name: 'without-facades',
  renderChunk(code, { imports }) {
    const isFirst = imports.every((id) => id.startsWith('node:'))
    let count = 0
    const replaced = code.replace(/^import (?:(\w+), )?\{([^}]*)\} from ('node:[^']+');$/gm, (_, whole, list, id) => {
      const names = `{${list.replaceAll(' as ', ': ')}}`
      const get = count++ === 0 ? `builtinModule$ = process.getBuiltinModule, ` : ''
      return whole === undefined ? `const ${get}${names} = builtinModule$(${id});` : `const ${get}${whole} = builtinModule$(${id}), ${names} = ${whole};`
    })
    // What begins with #! is the command, which no bundler takes for a browser.
    return { code: (isFirst && !code.startsWith('#!') ? HERE_ONLY : '') + replaced, map: null }
  },
}

/** The compiler's maps, so that positions lead through them to the sources. */
const withMaps = {
  name: 'with-maps',
  load(id) {
    if (!existsSync(`${id}.map`)) return null
    const map = JSON.parse(readFileSync(`${id}.map`, 'utf8'))
    map.sourcesContent = map.sources.map((source) => readFileSync(resolve(dirname(id), source), 'utf8'))
    return { code: readFileSync(id, 'utf8'), map }
  },
}

/** The names of all functions that users can hold: what an entry exports, and what is in an exported object. */
async function publicNames(entries) {
  const modules = await Promise.all(entries.filter((entry) => entry !== 'register' && !entry.startsWith('cli/')).map((entry) => import(pathToFileURL(join(compiled, `${entry}.js`)).href)))
  const values = modules.flatMap((module) => Object.values(module))
  const inside = values.filter((value) => typeof value === 'object' && value !== null).flatMap((value) => Object.values(value))
  return [...new Set([...values, ...inside].filter((value) => typeof value === 'function').map(({ name }) => name))].filter((name) => /^\w+$/.test(name))
}

/** The types that users can come to from the entries, file by file. */
function typesOf({ exports }) {
  const files = new Map()
  const walk = (file) => {
    if (files.has(file)) return
    files.set(file, readFileSync(file, 'utf8'))
    for (const [, target] of files.get(file).matchAll(/(?:from|import)\s*\(?'(\.{1,2}\/[^']+)\.js'/g)) walk(resolve(dirname(file), `${target}.d.ts`))
  }
  for (const { types } of Object.values(exports)) if (types !== undefined) walk(join(checkout, types))
  return [...files.values()]
}

/**
 * Names of classes that users can see, as `constructor.name` and in what `util.inspect` prints: those in the types, and what stems from a
 * class that is not the package's own (errors, Node's FileHandle, streams).
 */
function visibleClasses(manifest) {
  const shown = typesOf(manifest).flatMap((text) => [...text.matchAll(/\bclass (\w+)/g)].map(([, name]) => name))
  const modules = readdirSync(compiled, { recursive: true }).filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(compiled, name), 'utf8'))
  const bases = new Map(modules.flatMap((text) => [...text.matchAll(/\bclass (\w+)(?: extends ([^{]+?))? \{/g)].map(([, name, base]) => [name, base])))
  const isOthers = (name) => bases.get(name) !== undefined && (!bases.has(bases.get(name)) || isOthers(bases.get(name)))
  return [...new Set([...shown, ...[...bases.keys()].filter(isOthers)])]
}

/** Half the bytes to read and to compile. What users can see of names stays, of functions and of classes; others show in stacks by source maps. */
function shorter(names, classes) {
  const keep = { keep_fnames: new RegExp(`^(${names.join('|')})$`), keep_classnames: new RegExp(`^(${classes.join('|')})$`) }
  return {
    name: 'shorter',
    async renderChunk(joined) {
      // Of two functions of one name in a file, one is renamed.
      const renamed = [...joined.matchAll(/^(?:async )?function ((\w+)\$\d+)\(/gm)].filter(([, , name]) => names.includes(name))
      const code = `${joined}${renamed.map(([, now, name]) => `Object.defineProperty(${now}, 'name', { value: '${name}' });\n`).join('')}`
      const { code: short, map } = await minify(code, {
        module: true, compress: { ...keep, passes: 2 }, mangle: keep, format: { ascii_only: true, comments: false }, sourceMap: true,
      })
      return { code: short, map: JSON.parse(map) }
    },
  }
}

/** Commands: what needs the engine stands apart from what prints help. The watch is loaded into programs. */
function commandFileOf(name, path) {
  if (/(bench[/\\](proactor-backend|contents)|probe[/\\]findings)\.js$/.test(path)) return 'command-engine'
  if (name === 'bench') return 'command-bench'
  if (name === 'move' || name === 'serve') return `command-${name}`
  if (name === 'trace' || name === 'run.js' || name === 'probe' || /(watch[/\\]program|top[/\\]top)\.js$/.test(path)) return 'commands'
  return undefined
}

/** Libraries of the commands' that become part of them, so that users install none; each brings its licence along. */
const BUNDLED = ['mrmime']
const BUNDLED_FOLDERS = new Map(BUNDLED.map((name) => [name, dirname(fileURLToPath(import.meta.resolve(name)))]))
const withBundled = {
  name: 'with-bundled',
  resolveId: (id) => (BUNDLED.includes(id) ? fileURLToPath(import.meta.resolve(id)) : null),
}

let neededByRooms

/** The modules that a room of the drop-in needs, itself or by others: what is compiled at a first call. */
function isNeededByRooms(id, getModuleInfo) {
  if (neededByRooms === undefined) {
    neededByRooms = new Set(Object.values(publishedImports(readManifest())).map((target) => join(checkout, target)))
    for (const needed of neededByRooms) for (const imported of getModuleInfo(needed)?.importedIds ?? []) neededByRooms.add(imported)
  }
  return neededByRooms.has(id)
}

/** Which file a module is joined into: what trueaio/register loads at once, the engine, one for each room, the rest as it comes. */
function fileOf(id, { getModuleInfo }) {
  const [folder, name] = relative(compiled, id).split(sep)
  if (REGISTER.test(id)) return 'register-functions'
  if ([...BUNDLED_FOLDERS.values()].some((library) => id.startsWith(library + sep))) return 'command-serve'
  if (folder === 'cli') return commandFileOf(name, relative(compiled, id))
  if (folder === 'driver' && name === 'simulated') return 'simulated'
  if (ENGINE.includes(folder) || (folder === 'fs' && ENGINE_ROOMS.includes(name))) return isNeededByRooms(id, getModuleInfo) ? 'engine' : 'engine-more'
  // Named here, since what only one file's modules import is joined into that file, and a command imports them.
  if (folder === 'fs' && name === 'promises.js') return 'many'
  return folder === 'fs' && !name.endsWith('.js') ? name : undefined
}

/** Rooms of the drop-in: entries that only the package itself names, so they may hold more than they export for that. */
function rooms(manifest) {
  return {
    name: 'rooms',
    buildStart() {
      for (const target of Object.values(publishedImports(manifest))) {
        const fileName = relative('dist', target)
        this.emitFile({ type: 'chunk', id: join(compiled, fileName), fileName, preserveSignature: 'allow-extension' })
      }
    },
  }
}

/** Puts the thread into the module that starts it. */
async function withThread() {
  const bundle = await rollup({ input: join(compiled, THREAD.file), external: /^node:/, plugins: [withoutComments(), withoutFacades, shorter(['-'], ['-'])] })
  const { output: [{ code: text }] } = await bundle.generate({ format: 'es' })
  await bundle.close()
  return {
    name: 'with-thread',
    transform(code, id) {
      if (id !== join(compiled, THREAD.starter)) return null
      if (!code.includes(THREAD.expression)) throw new Error(`${id} has no ${THREAD.expression}.`)
      // On one line, as before: the map stays true.
      return { code: code.replace(THREAD.expression, () => `new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(text.trim())}))`), map: null }
    },
  }
}

async function joinModules(manifest, out) {
  const entries = entriesOf(manifest)
  const sources = join(checkout, 'src')
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry, join(compiled, `${entry}.js`)])),
    external: /^node:/,
    treeshake: { moduleSideEffects: (_, isExternal) => !isExternal },
    plugins: [rooms(manifest), withBundled, withMaps, await withThread(), withoutComments(), withoutFacades, shorter(await publicNames(entries), visibleClasses(manifest))],
    onwarn: (warning) => {
      throw new Error(warning.message)
    },
  })
  await bundle.write({
    dir: out,
    format: 'es',
    sourcemap: true,
    // As if the sources lay beside dist in the package: never a path of this machine or of the user's own.
    sourcemapPathTransform: (source, map) => relative(dirname(map), join(dirname(out), 'src', relative(sources, resolve(dirname(map), source)))).replaceAll(sep, '/'),
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    manualChunks: fileOf,
    hoistTransitiveImports: false,
    generatedCode: 'es2015',
  })
  await bundle.close()
}

/** What the joined modules are made of: names and bytes of the compiled ones and their sources, these scripts, and the tools' versions. */
function digestOfInput() {
  const below = (folder, endings) => readdirSync(folder, { recursive: true }).filter((name) => endings.some((ending) => name.endsWith(ending))).sort().map((name) => join(folder, name))
  const files = [
    ...below(compiled, ['.js', '.js.map', '.d.ts']), ...below(join(checkout, 'src'), ['.ts']),
    ...['package.json', 'package-lock.json', 'scripts/make-package.mjs', 'scripts/inline-tables.mjs'].map((name) => join(checkout, name)),
  ]
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${relative(checkout, file)}\0`).update(readFileSync(file)).update('\0')
  return hash.digest('hex').slice(0, 32)
}

/** Joining takes a minute of processor time, and several tests ask for it: the last result serves while its input is the same. */
async function joinedModules(manifest) {
  const results = join(checkout, 'build', 'joined')
  const result = join(results, digestOfInput(), 'dist')
  if (existsSync(result)) return result
  const making = join(results, `making-${process.pid}`)
  try {
    await joinModules(manifest, join(making, 'dist'))
    for (const name of readdirSync(results).filter((name) => !name.startsWith('making-'))) rmSync(join(results, name), { recursive: true, force: true })
    renameSync(making, dirname(result)) // whole, or not at all
  } catch (error) {
    // Another process may have made the same meanwhile.
    if (!existsSync(result)) throw error
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return result
}

function writeManifest(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

function readManifest() {
  return JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
}

/** Makes the main package in a folder, which is removed before. */
export async function makePackage(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const manifest = readManifest()
  cpSync(await joinedModules(manifest), join(folder, 'dist'), { recursive: true })
  for (const name of readdirSync(compiled, { recursive: true })) {
    if (name.endsWith('.d.ts')) cpSync(join(compiled, name), join(folder, 'dist', name))
  }
  for (const name of ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE', 'docs']) cpSync(join(checkout, name), join(folder, name), { recursive: true })
  for (const [name, library] of BUNDLED_FOLDERS) cpSync(join(library, 'license'), join(folder, `LICENSE-${name}`))
  const published = Object.fromEntries(Object.entries({ ...manifest, imports: publishedImports(manifest) }).filter(([key]) => !NOT_PUBLISHED.includes(key)))
  const optionalDependencies = Object.fromEntries(Object.keys(PLATFORMS).map((name) => [`@trueaio/${name}`, manifest.version]))
  writeManifest(folder, { ...published, optionalDependencies })
}

/** Makes one platform's package in a folder, which is removed before. */
export function makePlatformPackage(name, folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { version, license, engines } = readManifest()
  const { os, cpu, libc } = PLATFORMS[name]
  const title = `${cpu} ${os === 'linux' ? `Linux with ${libc}` : os}`
  cpSync(buildBinary(name), join(folder, 'trueaio.node'))
  cpSync(join(checkout, 'LICENSE'), join(folder, 'LICENSE'))
  writeFileSync(join(folder, 'README.md'), `# @trueaio/${name}\n\nThe addon of [trueaio](https://www.npmjs.com/package/trueaio) for ${title}. Install \`trueaio\`, which brings it along.\n`)
  writeManifest(folder, {
    name: `@trueaio/${name}`, version, description: `The addon of trueaio for ${title}`, license, engines,
    type: 'commonjs', os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }), main: 'trueaio.node', files: ['trueaio.node'], preferUnplugged: true,
  })
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const packages = join(checkout, 'build', 'packages')
  await makePackage(join(packages, 'trueaio'))
  for (const name of Object.keys(PLATFORMS)) makePlatformPackage(name, join(packages, '@trueaio', name))
}

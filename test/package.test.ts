// The package as it is published: joined into few files, with the same entries, and one copy of everything behind them.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string, readonly default: string }>>
  readonly bin: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const checkout = fileURLToPath(new URL('../../', import.meta.url))
let root: string
let folder: string
let platformFolder: string
const PLATFORM = `${process.platform}-${process.arch}`
let manifest: Manifest

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'trueaio-package-'))
  folder = join(root, 'node_modules', 'trueaio')
  const make = await import(pathToFileURL(join(checkout, 'scripts', 'make-package.mjs')).href) as {
    makePackage: (folder: string) => Promise<void>, makePlatformPackage: (name: string, folder: string) => void
  }
  await make.makePackage(folder)
  make.makePlatformPackage(PLATFORM, platformFolder = join(root, 'node_modules', '@trueaio', PLATFORM))
  manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
})
after(() => rmSync(root, { recursive: true }))

/** Runs a program that has the package among its node_modules; gives what it printed, from JSON. */
async function run(source: string, flags: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const file = join(root, 'program.mjs')
  writeFileSync(file, source)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, file], { cwd: root, timeout: 20_000, env: { ...process.env, ...environment } })
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

/** What a function of the entries' names, given as text, answers over the package and over the checkout. */
async function inBoth(source: string, entries: readonly string[]): Promise<[published: unknown, here: unknown]> {
  const checkoutFile = join(checkout, 'build', `describe-${String(process.pid)}.mjs`)
  writeFileSync(checkoutFile, `export default ${source}`)
  try {
    const { default: here } = await import(`${pathToFileURL(checkoutFile).href}?${String(source.length)}`) as { default: (entries: readonly string[]) => Promise<unknown> }
    return [await run(`console.log(JSON.stringify(await (${source})(${JSON.stringify(entries)})))`), await here(entries)]
  } finally {
    rmSync(checkoutFile)
  }
}

describe('the package as published', () => {
  test('has a file for every entry, its types, and what they lead to', () => {
    for (const target of Object.values(manifest.exports)) {
      for (const path of typeof target === 'string' ? [target] : [target.types, target.default]) assert.ok(existsSync(join(folder, path)), path)
    }
    for (const name of readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))) {
      for (const [, target] of readFileSync(join(folder, 'dist', name), 'utf8').matchAll(/from '(\.{1,2}\/[^']+)\.js'/g)) {
        assert.ok(existsSync(join(folder, 'dist', dirname(name), `${String(target)}.d.ts`)), `${name} → ${String(target)}`)
      }
    }
  })

  test('is a handful of files', () => {
    const files = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
    const entries = Object.values(manifest.exports).filter((target) => typeof target !== 'string').length + 1
    assert.ok(files.length <= entries * 3, files.join(' '))
  })

  // A program that calls nothing of the drop-in pays for these alone: with the engine among them it was 200 kB, and 20 ms.
  test('registering loads at most 12 kB, and nothing of the engine', () => {
    const loaded = new Set<string>()
    const load = (file: string): void => {
      if (loaded.has(file)) return
      loaded.add(file)
      for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import) ?"(\.{1,2}\/[^"]+)"/g)) load(join(dirname(file), target))
    }
    load(join(folder, 'dist', 'register.js'))
    const bytes = [...loaded].reduce((sum, file) => sum + statSync(file).size, 0)
    assert.ok(bytes <= 12_000, `${String(bytes)} bytes: ${[...loaded].join(' ')}`)
    assert.ok(loaded.size > 1, 'the functions that the engine shares are a file of their own')
  })

  test('exports the same names', async () => {
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json' && entry !== './register').map((entry) => entry.replace(/^\./, 'trueaio'))
    const names = `Promise.all(${JSON.stringify(entries)}.map(async (entry) => Object.keys(await import(entry)).sort()))`
    const here = await Promise.all(entries.map(async (entry) => Object.keys(await import(entry) as object).sort()))
    assert.deepEqual(await run(`console.log(JSON.stringify(await ${names}))`), here)
  })

  test('its functions and classes have the names, parameters and methods that they have here', async () => {
    const describeAll = `async (entries) => {
      const describe = (value) => (typeof value !== 'function' ? typeof value : [value.name, value.length, ...Object.getOwnPropertyNames(value.prototype ?? {}).sort()].join(' '))
      const inside = (name, value) => (typeof value === 'object' && value !== null ? Object.entries(value).map(([key, each]) => name + '.' + key + ': ' + describe(each)) : [])
      const modules = await Promise.all(entries.map(async (entry) => [entry, await import(entry)]))
      return modules.flatMap(([entry, module]) => Object.entries(module).flatMap(([key, value]) => [entry + ' ' + key + ': ' + describe(value), ...inside(entry + ' ' + key, value)]))
    }`
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json' && entry !== './register').map((entry) => entry.replace(/^\./, 'trueaio'))
    const [published, expected] = await inBoth(describeAll, entries) as [readonly string[], readonly string[]]
    assert.deepEqual(published.filter((line) => !expected.includes(line)), [])
    assert.equal(published.length, expected.length)
  })

  test('what users see of classes inside has the names that it has here', async () => {
    const names = `async (entries) => {
      const [{ Proactor, read, statx }, fs, { default: callbacks }, { SocketStream }, { simulated, ContractError }] = await Promise.all(entries.map((entry) => import(entry)))
      const chain = (value) => (value === null || value === Object.prototype ? '' : [value.constructor.name, chain(Object.getPrototypeOf(value))].join(' '))
      const handle = await fs.open('/')
      const io = new Proactor()
      const path = process.execPath
      const stream = callbacks.createReadStream(path)
      const objects = [
        io, handle, stream, read(0, new Uint8Array(1)), simulated({ seed: 1 }), await fs.stat(path), (await fs.readdir('/', { withFileTypes: true }))[0],
        await io.submit(statx(path)), await io.submit(statx('/nowhere')).catch((error) => error),
        await io.submit(statx(path), { signal: AbortSignal.abort() }).catch((error) => error),
        await fs.cp('/', '/nowhere').catch((error) => error), SocketStream.prototype, ContractError.prototype,
      ]
      stream.destroy()
      await handle.close()
      await io.close()
      return objects.map(chain)
    }`
    const [published, expected] = await inBoth(names, ['trueaio', 'trueaio/fs/promises', 'trueaio/fs', 'trueaio/net', 'trueaio/simulated'])
    assert.deepEqual(published, expected)
  })

  test('one engine serves all entries, and a program that registered', async () => {
    assert.deepEqual(await run(`
      import { readFile } from 'node:fs/promises'
      import { defaultProactor, read } from 'trueaio'
      import fs from 'trueaio/fs'
      import { open } from 'trueaio/fs/promises'
      const count = () => ['read', 'read_files'].reduce((sum, name) => sum + (defaultProactor().statistics.operations[name]?.count ?? 0), 0)
      const counts = [count()]
      await readFile(import.meta.filename)
      counts.push(count())
      await new Promise((resolve) => fs.readFile(import.meta.filename, resolve))
      counts.push(count())
      const handle = await open(import.meta.filename)
      await defaultProactor().submit(read(handle.fd, Buffer.alloc(1)))
      await handle.close()
      counts.push(count())
      console.log(JSON.stringify(counts.map((value, index) => index === 0 || value > counts[index - 1])))
    `, ['--import', 'trueaio/register']), [true, true, true, true])
  })

  test('finds its addon, and its command runs', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, manifest.bin['trueaio'] as string), 'probe'], { timeout: 20_000 })
    const { stdout: here } = await promisify(execFile)(process.execPath, [join(checkout, manifest.bin['trueaio'] as string), 'probe'], { timeout: 20_000 })
    assert.equal(stdout, here)
  })

  /** The folder of src that all is from which was joined into a file; undefined: there are several. */
  function roomOf(file: string): string | undefined {
    const { sources } = JSON.parse(readFileSync(join(folder, 'dist', `${file}.map`), 'utf8')) as { readonly sources: readonly string[] }
    // A library that became part of a room is the room's.
    const rooms = new Set(sources.filter((source) => !source.includes('node_modules/')).map((source) => /src\/(\w[\w-]*)\//.exec(source)?.[1] ?? ''))
    return rooms.size === 1 ? [...rooms][0] : undefined
  }

  test('holds at most 475 kB of code and 48 kB for trueaio/net, 115 kB for trueaio/transfer, 175 kB for the commands, the docs, and no script that runs at install', () => {
    const code = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
    const bytesOf = (files: readonly string[]): number => files.reduce((sum, file) => sum + statSync(join(folder, 'dist', file)).size, 0)
    // A program without sockets, transfers or commands never loads these files; the operations under them are in the engine's.
    const APART: Readonly<Record<string, number>> = { net: 48_000, transfer: 115_000, cli: 175_000 }
    const rooms = new Map(code.map((file) => [file, roomOf(file)]))
    const engine = bytesOf(code.filter((file) => APART[rooms.get(file) ?? ''] === undefined))
    assert.ok(engine <= 475_000, `${String(engine)} bytes`)
    for (const [room, most] of Object.entries(APART)) {
      const files = code.filter((file) => rooms.get(file) === room)
      assert.ok(bytesOf(files) <= most, `${String(bytesOf(files))} bytes of ${files.join(', ')}`)
    }
    // What is loaded into programs has no command's code joined to it.
    for (const file of code.filter((file) => rooms.get(file) !== 'cli')) assert.doesNotMatch(readFileSync(join(folder, 'dist', file), 'utf8'), /chunks\/commands?-/, file)
    assert.ok(existsSync(join(folder, 'docs', 'guide', 'drop-in.md')))
    assert.ok(!('scripts' in manifest) && !('devDependencies' in manifest) && !('private' in manifest) && !existsSync(join(folder, 'binding.gyp')))
    assert.deepEqual(Object.keys(manifest.optionalDependencies).filter((name) => !/^@trueaio\/(linux-(x64|arm64)(-musl)?|win32-x64)$/.test(name)), [])
  })

  test('each package can be published, and the checkout cannot', async () => {
    const publish = (path: string): Promise<{ stdout: string, stderr: string }> => promisify(execFile)('npm', ['publish', '--dry-run', '--json', '--tag', 'next', '--offline'], { cwd: path, timeout: 60_000 })
    for (const path of [folder, platformFolder]) assert.match((await publish(path)).stdout, /"name": "(trueaio|@trueaio\/)/)
    await assert.rejects(publish(checkout), ({ stderr }: { stderr: string }) => stderr.includes('This is a checkout'))
  })

  test('installed from its tarballs without a network, it works', async (t) => {
    const project = mkdtempSync(join(tmpdir(), 'trueaio-installed-'))
    t.after(() => rmSync(project, { recursive: true }))
    for (const path of [folder, platformFolder]) await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', project], { cwd: path, timeout: 60_000 })
    const tarballs = readdirSync(project).map((name) => `./${name}`)
    assert.equal(tarballs.length, 2)
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    await promisify(execFile)('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: project, timeout: 60_000 })
    const { stdout } = await promisify(execFile)(join(project, 'node_modules', '.bin', 'trueaio'), ['probe'], { cwd: project, timeout: 20_000 })
    assert.match(stdout, /in use/)
    assert.doesNotMatch(stdout, /not installed|no addon/)
    const body = "const io = new Proactor(); io.submit(statx('package.json')).then((s) => { console.log(s.size); return io.close() })"
    writeFileSync(join(project, 'esm.mjs'), `import { Proactor, statx } from 'trueaio'\nimport { simulated } from 'trueaio/simulated'\nvoid simulated\n${body}`)
    writeFileSync(join(project, 'cjs.cjs'), `const { Proactor, statx } = require('trueaio')\n${body}`)
    for (const file of ['esm.mjs', 'cjs.cjs']) {
      const { stdout: size } = await promisify(execFile)(process.execPath, ['--no-warnings', file], { cwd: project, timeout: 20_000 })
      assert.equal(Number(size), statSync(join(project, 'package.json')).size)
    }
  })

  test('a program that gives up its rights has loaded the addon before', { skip: process.getuid?.() === 0 ? false : 'only root can become somebody else' }, async () => {
    assert.deepEqual(await run(`
      process.setuid(65534)
      console.log(JSON.stringify(process.report.getReport().sharedObjects.filter((path) => path.endsWith('trueaio.node')).length))
    `, ['--import', 'trueaio/register']), 1)
  })

  test('a thread that computes finds its program', async () => {
    writeFileSync(join(root, 'task.mjs'), 'export const double = (value) => value * 2')
    assert.equal(await run(`
      import { compute } from 'trueaio/work'
      console.log(JSON.stringify(await compute({ module: new URL('task.mjs', import.meta.url), name: 'double', argument: 21 })))
    `), 42)
  })

  test('without its platform’s package it says what to do, and works on node:fs', async () => {
    renameSync(platformFolder, `${platformFolder}-away`)
    try {
      assert.deepEqual(await run(`
        import { Proactor } from 'trueaio'
        import { readFile } from 'trueaio/fs/promises'
        const choices = new Proactor().explain()
        console.log(JSON.stringify([(await readFile('program.mjs')).length > 0, choices.find(({ state }) => state === 'in use').name, choices[0].reason.includes('optional dependencies')]))
      `), [true, 'node', true])
    } finally {
      renameSync(`${platformFolder}-away`, platformFolder)
    }
  })

  test('a binary that does not load means node:fs and one sentence of why', async () => {
    const broken = join(root, 'broken.node')
    writeFileSync(broken, 'not an addon')
    assert.match(String(await run(`
      import { Proactor } from 'trueaio'
      console.log(JSON.stringify(new Proactor().explain()[0].reason))
    `, [], { TRUEAIO_ADDON: broken })), /^the addon at .* did not load: /)
  })

  test('its stacks lead to the sources', async () => {
    const stack = await run(`
      import { Proactor } from 'trueaio'
      try {
        new Proactor({ inFlightMax: -1 })
      } catch (error) {
        console.log(JSON.stringify(error.stack))
      }
    `, ['--enable-source-maps']) as string
    assert.match(stack, /src\/[a-z-]+(\/[a-z-]+)?\.ts:\d+/)
  })
})

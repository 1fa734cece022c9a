// The package as it is published: joined into few files, with the same entries, and one copy of everything behind them.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string, readonly default: string }>>
  readonly bin: Readonly<Record<string, string>>
}

const checkout = fileURLToPath(new URL('../../', import.meta.url))
let root: string
let folder: string
let manifest: Manifest

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'trueaio-package-'))
  folder = join(root, 'node_modules', 'trueaio')
  const { makePackage } = await import(pathToFileURL(join(checkout, 'scripts', 'make-package.mjs')).href) as { makePackage: (folder: string) => Promise<void> }
  await makePackage(folder)
  manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
})
after(() => rmSync(root, { recursive: true }))

/** Runs a program that has the package among its node_modules; gives what it printed, from JSON. */
async function run(source: string, flags: readonly string[] = []): Promise<unknown> {
  const file = join(root, 'program.mjs')
  writeFileSync(file, source)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, file], { cwd: root, timeout: 20_000 })
  assert.equal(stderr, '')
  return JSON.parse(stdout)
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

  test('exports the same names', async () => {
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json' && entry !== './register').map((entry) => entry.replace(/^\./, 'trueaio'))
    const names = `Promise.all(${JSON.stringify(entries)}.map(async (entry) => Object.keys(await import(entry)).sort()))`
    const here = await Promise.all(entries.map(async (entry) => Object.keys(await import(entry) as object).sort()))
    assert.deepEqual(await run(`console.log(JSON.stringify(await ${names}))`), here)
  })

  test('one engine serves all entries, and a program that registered', async () => {
    assert.deepEqual(await run(`
      import { readFile } from 'node:fs/promises'
      import { defaultProactor, read } from 'trueaio'
      import fs from 'trueaio/fs'
      import { open } from 'trueaio/fs/promises'
      const count = () => defaultProactor().statistics.operations.read?.count ?? 0
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

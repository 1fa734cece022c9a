// The oracle: the same case on node:fs and on the drop-in, each in a directory of its own with the same content. Results,
// errors and what the directory looks like afterwards must be the same.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import nodePromises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { inspect } from 'node:util'
import ourFs from 'trueaio/fs'
import ourPromises from 'trueaio/fs/promises'

export type FsModule = typeof fs
export type PromisesModule = typeof nodePromises
/** Does something and tells what came of it. Paths are made with `at`. */
export type Case<Module> = (module: Module, at: (name: string) => string, root: string) => unknown

/** A tree with every kind of thing that tests ask for. */
export function populate(root: string): void {
  const at = (name: string): string => join(root, name)
  fs.writeFileSync(at('text'), 'héllo wörld\n')
  fs.writeFileSync(at('empty'), '')
  fs.writeFileSync(at('large'), Buffer.alloc(200_000, 'abcdefg'))
  fs.writeFileSync(at('exactly-a-slab'), Buffer.alloc(65536, 'x'))
  fs.writeFileSync(at('secret'), 'nobody', { mode: 0o600 })
  fs.mkdirSync(at('directory/inner/innermost'), { recursive: true })
  fs.mkdirSync(at('vacant'))
  fs.writeFileSync(at('directory/a'), 'a')
  fs.writeFileSync(at('directory/inner/b'), 'b')
  fs.writeFileSync(at('directory/inner/innermost/c'), 'c')
  fs.writeFileSync(at('directory/Ä'), 'umlaut')
  fs.symlinkSync('text', at('link'))
  fs.symlinkSync('nowhere', at('dangling'))
  fs.symlinkSync('directory', at('directory-link'))
  fs.symlinkSync('loop', at('loop'))
}

/** Errors by what Node promises of them; stats without what two files cannot share; everything else as it is. */
export function describe(value: unknown, root: string): unknown {
  const here = (text: string): string => text.replaceAll(root, '<root>')
  if (typeof value === 'string') return here(value)
  if (value instanceof Error) {
    const { name, message, code, errno, syscall, path, dest } = value as NodeJS.ErrnoException & { readonly dest?: string }
    return { kind: value.constructor.name, name, message: here(message), code, errno, syscall, path: path === undefined ? path : here(path), dest: dest === undefined ? dest : here(dest) }
  }
  if (value instanceof fs.Stats) {
    const { mode, nlink, uid, gid, size, blocks, blksize, rdev, dev } = value
    return {
      mode, nlink, uid, gid, size, blocks, blksize, rdev, dev, prototype: Object.getPrototypeOf(value) === fs.Stats.prototype, fields: Object.keys(value),
      isFile: value.isFile(), isDirectory: value.isDirectory(), isSymbolicLink: value.isSymbolicLink(),
    }
  }
  if (value instanceof fs.Dirent) {
    const name: unknown = value.name
    return { name, parent: here(value.parentPath), isFile: value.isFile(), isDirectory: value.isDirectory(), isSymbolicLink: value.isSymbolicLink(), fields: Object.keys(value) }
  }
  if (Array.isArray(value)) return value.map((item: unknown) => describe(item, root))
  if (ArrayBuffer.isView(value)) return value
  if (typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) {
    const described = Object.fromEntries(Object.entries(value).map(([name, item]: [string, unknown]) => [name, describe(item, root)]))
    return { described, hasPrototype: Object.getPrototypeOf(value) !== null }
  }
  return typeof value === 'object' && value !== null ? inspect(value, { depth: 0 }) : value
}

/** Everything below, no link followed: readdir's own recursion follows some, and two that lead up are 2^40 paths. */
export function everythingBelow(root: string): fs.Dirent[] {
  const entries = fs.readdirSync(root, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry, ...everythingBelow(join(root, entry.name))] : [entry]))
}

/** Names, kinds, modes, contents and link texts of everything below. */
export function snapshot(root: string): unknown[] {
  return everythingBelow(root).map((entry) => {
    const path = join(entry.parentPath, entry.name)
    const { mode, size, nlink } = fs.lstatSync(path)
    const content = entry.isFile() ? fs.readFileSync(path).toString('base64') : entry.isSymbolicLink() ? fs.readlinkSync(path).replaceAll(root, '<root>') : ''
    return { path: relative(root, path), mode, size: entry.isFile() ? size : 0, nlink: entry.isFile() ? nlink : 0, content }
  }).sort((one, other) => (one.path < other.path ? -1 : 1))
}

export interface Side {
  readonly outcome: unknown
  readonly tree: unknown[]
}

export async function runIn<Module>(module: Module, run: Case<Module>, prepare: (root: string) => void = populate): Promise<Side> {
  const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-fs-'))
  try {
    prepare(root)
    let outcome: unknown
    try {
      outcome = { returned: describe(await run(module, (name) => join(root, name), root), root) }
    } catch (error) {
      outcome = { threw: describe(error, root) }
    }
    return { outcome, tree: snapshot(root) }
  } finally {
    fs.rmSync(root, { recursive: true, force: true })
  }
}

/** The case on both; they must agree. */
export async function same(run: Case<PromisesModule>, prepare?: (root: string) => void): Promise<void> {
  const theirs = await runIn(nodePromises, run, prepare)
  const ours = await runIn<PromisesModule>(ourPromises, run, prepare)
  assert.deepEqual(ours, theirs)
}

/** The same for the modules with callbacks. */
export async function sameWithCallbacks(run: Case<FsModule>, prepare?: (root: string) => void): Promise<void> {
  const theirs = await runIn(fs, run, prepare)
  const ours = await runIn<FsModule>(ourFs, run, prepare)
  assert.deepEqual(ours, theirs)
}

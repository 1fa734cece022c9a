// Recursive readdir and scan where links lead back: each directory is told once on its way down, and the walk ends. Node itself goes
// round until a path has 40 links: with two such links there are 2^40 paths, so it can't be asked.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import * as ours from 'trueaio/fs'

const NODE_MAJOR = Number(process.versions.node.split('.')[0])
// Node 26 walks trees in C++, in one trip that nobody can stop.
const skip = NODE_MAJOR >= 26 ? 'trees are left to this Node' : false
const NAMES = ['a', 'a/b', 'a/b/root', 'a/f', 'a/up', 'l', 'l/b', 'l/b/root', 'l/f', 'l/up', 'self']
let root = ''

before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'loops-of-links-'))
  fs.mkdirSync(join(root, 'a/b'), { recursive: true })
  fs.writeFileSync(join(root, 'a/f'), 'x')
  fs.symlinkSync('..', join(root, 'a/up'))
  fs.symlinkSync(root, join(root, 'a/b/root'))
  fs.symlinkSync('a', join(root, 'l'))
  fs.symlinkSync('.', join(root, 'self'))
})
after(() => fs.rmSync(root, { recursive: true }))

const pathsOf = (entries: readonly fs.Dirent[]): string[] => entries.map(({ name, parentPath }) => join(parentPath, name).slice(root.length + 1)).sort()
const isNotBelowLink = (name: string): boolean => !name.startsWith('l/')

test('names, with promises and with a callback', { skip }, async () => {
  assert.deepEqual((await ours.promises.readdir(root, { recursive: true })).sort(), NAMES)
  assert.deepEqual((await promisify(ours.readdir)(root, { recursive: true })).sort(), NAMES)
})

test('with types: links are followed where the running Node follows them', { skip }, async () => {
  const options = { recursive: true, withFileTypes: true } as const
  assert.deepEqual(pathsOf(await ours.promises.readdir(root, options)), NAMES.filter(isNotBelowLink))
  assert.deepEqual(pathsOf(await promisify(ours.readdir)(root, options)), NODE_MAJOR < 22 ? NAMES.filter(isNotBelowLink) : NAMES)
})

test('scan follows no links', async () => {
  const paths: string[] = []
  for await (const { path } of ours.scan(root)) paths.push(path.slice(root.length + 1))
  assert.deepEqual(paths.sort(), NAMES.filter(isNotBelowLink))
})

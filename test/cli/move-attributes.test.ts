// Hard links and extended attributes of trees, as rsync -H and -X: copied, once more, dry, and where they cannot be. The commands have them as options.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { getxattr, nodeDriver, Proactor, removexattr, setxattr } from 'trueaio'
import { transfer, type TransferOptions, type TreeAction } from 'trueaio/transfer'
import { inFolder, run } from './command.js'

function makeTree(folder: string): string {
  const tree = join(folder, 'tree')
  mkdirSync(join(tree, 'a'), { recursive: true })
  writeFileSync(join(tree, 'one'), 'of three names')
  linkSync(join(tree, 'one'), join(tree, 'a/two'))
  linkSync(join(tree, 'one'), join(tree, 'three'))
  writeFileSync(join(tree, 'alone'), 'of three names')
  symlinkSync('one', join(tree, 'link'))
  return tree
}

const inode = (...path: string[]): number => lstatSync(join(...path)).ino

/** What `sync` does, counted. */
async function synced(folder: string, options: TransferOptions): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const report = ({ action }: TreeAction): void => { counts[action] = (counts[action] ?? 0) + 1 }
  await transfer(join(folder, 'tree'), join(folder, 'to'), { preserve: true, onlyChanged: true, ...options, report })
  return counts
}

describe('hard links', () => {
  for (const [name, make] of [['the best driver', () => new Proactor()], ['node', () => new Proactor({ driver: nodeDriver })]] as const) {
    test(`names of one file are names of one copy, on ${name}`, () => inFolder(async (folder) => {
      await using proactor = make()
      makeTree(folder)
      await transfer(join(folder, 'tree'), join(folder, 'to'), { preserve: true, hardLinks: true, proactor })
      assert.equal(lstatSync(join(folder, 'to/one')).nlink, 3)
      assert.deepEqual([inode(folder, 'to/a/two'), inode(folder, 'to/three')], [inode(folder, 'to/one'), inode(folder, 'to/one')])
      assert.notEqual(inode(folder, 'to/alone'), inode(folder, 'to/one'))
      assert.equal(spawnSync('diff', ['-r', '--no-dereference', 'tree', 'to'], { cwd: folder }).status, 0)
      assert.deepEqual(await synced(folder, { hardLinks: true, proactor }), { unchanged: 5 })
      // A name that is a file of its own becomes a name again; a change is one of all names.
      rmSync(join(folder, 'to/three'))
      writeFileSync(join(folder, 'to/three'), 'something else')
      appendFileSync(join(folder, 'tree/one'), ', longer')
      assert.deepEqual(await synced(folder, { hardLinks: true, proactor }), { copy: 1, link: 2, unchanged: 2 })
      assert.equal(readFileSync(join(folder, 'to/a/two'), 'utf8'), 'of three names, longer')
      assert.equal(lstatSync(join(folder, 'to/one')).nlink, 3)
      assert.deepEqual(readdirSync(join(folder, 'to')).sort(), ['a', 'alone', 'link', 'one', 'three'])
    }))
  }

  test('dry, they are told of; unasked, each name is a file', () => inFolder(async (folder) => {
    makeTree(folder)
    assert.deepEqual(await synced(folder, { hardLinks: true, dryRun: true }), { 'make directory': 2, copy: 2, link: 3 })
    await transfer(join(folder, 'tree'), join(folder, 'to'))
    assert.equal(lstatSync(join(folder, 'to/one')).nlink, 1)
  }))

  test('are options of the commands', () => inFolder((folder) => {
    makeTree(folder)
    for (const words of [['copy', '-pH', 'tree', 'to'], ['sync', '--hard-links', 'tree', 'other']]) assert.equal(run(words, folder).status, 0)
    assert.deepEqual([lstatSync(join(folder, 'to/one')).nlink, lstatSync(join(folder, 'other/one')).nlink], [3, 3])
  }))
})

describe('extended attributes', async () => {
  const io = new Proactor()
  after(() => io.close())
  const get = async (path: string, name: string): Promise<string | undefined> => {
    const memory = Buffer.alloc(100)
    return io.submit(getxattr(path, name, memory)).then((bytes) => memory.toString('utf8', 0, bytes), () => undefined)
  }
  const set = (path: string, value: string, name = 'user.own'): Promise<void> => io.submit(setxattr(path, name, Buffer.from(value)))
  const skip = await inFolder(async (folder) => {
    writeFileSync(join(folder, 'tried'), '')
    return set(join(folder, 'tried'), 'x').then(() => false as const, (error: unknown) => (error as Error).message)
  })

  test('are copied, of files, read-only ones and directories; changed and removed by sync', { skip }, () => inFolder(async (folder) => {
    const tree = makeTree(folder)
    await set(join(tree, 'one'), 'first')
    await set(join(tree, 'a'), 'of a directory')
    await set(tree, 'of the root')
    writeFileSync(join(tree, 'read-only'), '')
    await set(join(tree, 'read-only'), 'kept')
    chmodSync(join(tree, 'read-only'), 0o444)
    await transfer(tree, join(folder, 'plain'))
    await transfer(join(tree, 'one'), join(folder, 'single'), { xattrs: true })
    assert.equal(run(['copy', '-pX', 'tree', 'to'], folder).status, 0)
    assert.equal(await get(join(folder, 'plain/one'), 'user.own'), undefined)
    assert.equal(await get(join(folder, 'single'), 'user.own'), 'first')
    for (const [path, value] of [['one', 'first'], ['three', 'first'], ['a', 'of a directory'], ['', 'of the root'], ['read-only', 'kept'], ['alone', undefined]] as const) {
      assert.equal(await get(join(folder, 'to', path), 'user.own'), value, path)
    }
    assert.equal(lstatSync(join(folder, 'to/read-only')).mode & 0o777, 0o444)
    await set(join(tree, 'one'), 'second')
    await io.submit(removexattr(join(tree, 'read-only'), 'user.own'))
    assert.deepEqual(await synced(folder, { xattrs: true, dryRun: true }), { attributes: 4, unchanged: 2 })
    assert.equal(await get(join(folder, 'to/one'), 'user.own'), 'first')
    assert.deepEqual(await synced(folder, { xattrs: true }), { attributes: 4, unchanged: 2 })
    assert.equal(await get(join(folder, 'to/one'), 'user.own'), 'second')
    assert.equal(await get(join(folder, 'to/read-only'), 'user.own'), undefined)
    if (spawnSync('rsync', ['--version']).status === 0) {
      assert.equal(spawnSync('rsync', ['-aXn', '--itemize-changes', 'tree/', 'to/'], { cwd: folder, encoding: 'utf8' }).stdout, '')
    }
  }))

  test('without the addon they are refused', () => inFolder((folder) => {
    makeTree(folder)
    const { status, stderr } = run(['copy', '-X', 'tree', 'to'], folder, { TRUEAIO_ADDON: 'off' })
    assert.match(stderr, /extended attributes need the addon/)
    assert.equal(status, 1)
  }))
})

// Directories: what is taken, left out, passed over and deleted; a target that appears whole; parts of a tree; memory that stays bounded.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { transfer, type TransferError, type TreeAction, type TreeFailure } from 'trueaio/transfer'
import { assertClean, folderOf, openBelow } from './subjects.js'

const folder = folderOf('transfer-tree')
after(() => folder.remove())
const source = folder.at('source')
const target = folder.at('target')

beforeEach(() => {
  rmSync(source, { recursive: true, force: true })
  rmSync(target, { recursive: true, force: true })
  mkdirSync(join(source, 'a/b/c'), { recursive: true })
  mkdirSync(join(source, 'empty'))
  for (let index = 0; index < 100; index++) writeFileSync(join(source, index % 2 === 0 ? 'a' : 'a/b/c', `${String(index)}.txt`), `${String(index)}\n`.repeat(index))
  symlinkSync('a/0.txt', join(source, 'link'))
  symlinkSync('nowhere', join(source, 'dangling'))
  chmodSync(join(source, 'a/2.txt'), 0o750)
})

function namesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
}

function assertSame(left: string, right: string): void {
  assert.equal(spawnSync('diff', ['-r', '--no-dereference', left, right], { encoding: 'utf8' }).stdout, '')
}

describe('a tree', () => {
  test('with its links and modes', async () => {
    const result = await transfer(source, target)
    assert.deepEqual(result.devices, ['a tree in one trip'])
    assertSame(source, target)
    assert.equal(readlinkSync(join(target, 'dangling')), 'nowhere')
    assert.equal(statSync(join(target, 'a/2.txt')).mode & 0o777, 0o750)
    const bytes = namesBelow(source).map((name) => lstatSync(join(source, name))).filter((stats) => stats.isFile()).reduce((sum, { size }) => sum + size, 0)
    assert.equal(result.bytes, bytes)
    assertClean(folder, 'source', 'target')
  })

  test('into one that is there: links in the place of files are replaced, and not followed', async () => {
    mkdirSync(join(target, 'a'), { recursive: true })
    writeFileSync(folder.at('outside'), 'mine')
    symlinkSync(folder.at('outside'), join(target, 'a/2.txt'))
    writeFileSync(join(target, 'other'), 'stays')
    await transfer(source, target)
    assert.equal(readFileSync(folder.at('outside'), 'utf8'), 'mine')
    assert.ok(lstatSync(join(target, 'a/2.txt')).isFile())
    assert.equal(readFileSync(join(target, 'other'), 'utf8'), 'stays')
    rmSync(folder.at('outside'))
    rmSync(join(target, 'other'))
    assertSame(source, target)
  })

  test('preserve keeps times, of directories as well', async () => {
    utimesSync(join(source, 'a/2.txt'), 100, 200)
    utimesSync(join(source, 'a'), 300, 400)
    chmodSync(join(source, 'empty'), 0o500)
    await transfer(source, target, { preserve: true })
    assert.equal(statSync(join(target, 'a/2.txt')).mtimeMs, 200_000)
    assert.equal(statSync(join(target, 'a')).mtimeMs, 400_000)
    assert.equal(statSync(join(target, 'empty')).mode & 0o777, 0o500)
  })

  test('filter leaves out, and all below', async () => {
    await transfer(source, target, { filter: ({ path, type }) => (type === 'directory' ? path !== 'a/b' : !path.endsWith('0.txt')) })
    assert.ok(existsSync(join(target, 'a/2.txt')) && !existsSync(join(target, 'a/10.txt')) && !existsSync(join(target, 'a/b')))
  })

  test('onlyChanged, delete and dryRun: what a second run does', async () => {
    await transfer(source, target, { preserve: true })
    writeFileSync(join(source, 'a/2.txt'), 'changed')
    rmSync(join(source, 'a/4.txt'))
    rmSync(join(source, 'a/b'), { recursive: true })
    writeFileSync(join(target, 'kept.log'), 'x')
    const again = async (dryRun: boolean): Promise<TreeAction[]> => {
      const actions: TreeAction[] = []
      const filter = ({ path }: { readonly path: string }): boolean => !path.endsWith('.log')
      await transfer(source, target, { preserve: true, onlyChanged: true, delete: true, dryRun, filter, report: (action) => actions.push(action) })
      return actions.filter(({ action }) => action === 'copy' || action === 'delete').sort((left, right) => left.path.localeCompare(right.path))
    }
    const before = namesBelow(target)
    const would = await again(true)
    assert.deepEqual(namesBelow(target), before)
    const done = await again(false)
    const shown = (actions: readonly TreeAction[]): string[] => actions.filter(({ path }) => !path.startsWith('a/b/')).map(({ action, path, bytes }) => `${action} ${path} ${String(bytes)}`)
    assert.deepEqual(shown(done), ['copy a/2.txt 7', 'delete a/4.txt 0', 'delete a/b 0'])
    assert.deepEqual(shown(would), shown(done))
    assert.equal(readFileSync(join(target, 'kept.log'), 'utf8'), 'x')
    rmSync(join(target, 'kept.log'))
    assertSame(source, target)
    assert.deepEqual((await again(false)), [])
  })

  test('names that are not UTF-8', async () => {
    const name = Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x66, 0xff, 0xfe])])
    writeFileSync(name, 'bytes')
    mkdirSync(Buffer.concat([name, Buffer.from('d')]))
    writeFileSync(Buffer.concat([name, Buffer.from('d/x')]), 'below')
    await transfer(source, target)
    assertSame(source, target)
    assert.equal(readFileSync(Buffer.concat([Buffer.from(`${target}/`), Buffer.from([0x66, 0xff, 0xfe])]), 'utf8'), 'bytes')
  })

  test('failed: what cannot be copied is told, and the rest comes; without it the first failure ends all', async () => {
    mkdirSync(join(target, 'a/2.txt'), { recursive: true })
    mkdirSync(folder.at('elsewhere'))
    symlinkSync(folder.at('elsewhere'), join(target, 'empty'))
    const failures: TreeFailure[] = []
    await transfer(source, target, { failed: (failure) => failures.push(failure) })
    assert.deepEqual(failures.map(({ path, error }) => `${path} ${(error as NodeJS.ErrnoException).code ?? ''}`).sort(), ['a/2.txt EISDIR', 'empty EEXIST'])
    assert.equal(readdirSync(join(target, 'a/b/c')).length, 50)
    await assert.rejects(transfer(source, target).then(), { name: 'TransferError' })
    await transfer(source, target, { delete: true })
    assertSame(source, target)
    assert.deepEqual(readdirSync(folder.at('elsewhere')), [], 'a link in the target is replaced, and not followed')
    rmSync(folder.at('elsewhere'), { recursive: true })
  })

  test('onlyChanged: links of the same text, and attributes alone; contents: bytes are compared', async () => {
    await transfer(source, target, { preserve: true })
    chmodSync(join(source, 'a/4.txt'), 0o600)
    utimesSync(join(target, 'a/6.txt'), 1, 1)
    writeFileSync(join(target, 'a/8.txt'), 'z'.repeat(16))
    const { atime, mtime } = statSync(join(source, 'a/8.txt'))
    utimesSync(join(target, 'a/8.txt'), atime, mtime)
    const actions: string[] = []
    await transfer(source, target, { preserve: true, onlyChanged: 'contents', report: ({ action, path }) => { if (action !== 'unchanged') actions.push(`${action} ${path}`) } })
    assert.deepEqual(actions.sort(), ['attributes a/4.txt', 'attributes a/6.txt', 'copy a/8.txt'])
    assert.equal(statSync(join(target, 'a/4.txt')).mode & 0o777, 0o600)
    assertSame(source, target)
  })

  test('a rate is one for all files', async () => {
    const error = await transfer(source, target, { rate: 1000, preserve: true, timeout: 1500 }).catch((reason: unknown) => reason) as { readonly code: string, readonly bytes: number }
    assert.equal(error.code, 'ETIMEDOUT')
    assert.ok(error.bytes < 6000, String(error.bytes))
  })

  test('what is no file, directory or link is passed over', async () => {
    execFileSync('mkfifo', [join(source, 'fifo')])
    const actions: TreeAction[] = []
    await transfer(source, target, { report: (action) => actions.push(action) })
    assert.deepEqual(actions.filter(({ action }) => action === 'passed over').map(({ path }) => path), ['fifo'])
  })

  test('into itself, by whatever name: refused, and nothing is made', async () => {
    symlinkSync(join(source, 'a'), target)
    for (const inside of [source, join(source, 'new'), join(source, 'empty'), join(target, 'new'), join(target, 'b')]) {
      await assert.rejects(transfer(source, inside, { preserve: true, timeout: 5000 }).then(), { code: 'EINVAL' })
    }
    assert.equal(namesBelow(source).length, 106)
    rmSync(target)
  })

  test('a failure, an abort and a deadline leave no new target', async () => {
    await assert.rejects(transfer(source, target, { rate: '2kB/s', timeout: 50 }).then(), { code: 'ETIMEDOUT' })
    const job = transfer(source, target, { rate: '2kB/s', signal: AbortSignal.timeout(50) })
    await assert.rejects(job.then(), { name: 'AbortError' })
    await job.closed
    await assert.rejects(transfer(source, target, { filter: () => { throw new Error('filter') } }).then(), /filter/)
    await assert.rejects(transfer(source, target, { signal: AbortSignal.abort() }).then(), { name: 'AbortError' })
    await assert.rejects(transfer(source, folder.at('none/target')).then(), { code: 'ENOENT' })
    const blocked = join(target, 'a/2.txt')
    mkdirSync(blocked, { recursive: true })
    await assert.rejects(transfer(source, target).then(), (error: Error & { end: string }) => error.end === `target ${blocked}` && error.message.includes('EISDIR'))
    assert.deepEqual(namesBelow(target).filter((name) => name.includes('.partial')), [])
    rmSync(target, { recursive: true })
    assertClean(folder, 'source')
  })
})

describe('shards', () => {
  test('each file is in one of four; one that is killed is made again', async () => {
    const program = 'const { transfer } = await import("trueaio/transfer"); const [source, target, shard, rate] = process.argv.slice(1); await transfer(source, target, { shard, onlyChanged: true, preserve: true, ...rate ? { rate } : {} })'
    const run = (shard: string, ...more: readonly string[]): void => {
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, source, target, shard, ...more], { encoding: 'utf8', timeout: more.length === 0 ? 60_000 : 1500, killSignal: 'SIGKILL' })
      if (more.length === 0) assert.equal(status, 0, stderr)
    }
    run('2/4', '200B/s')
    const actions: string[] = []
    for (let shard = 1; shard <= 4; shard++) await transfer(source, target, { dryRun: true, shard: `${String(shard)}/4`, report: ({ action, path }) => { if (action === 'copy') actions.push(path) } })
    assert.equal(new Set(actions).size, actions.length)
    assert.equal(actions.length, 100)
    for (const shard of ['1/4', '2/4', '3/4', '4/4']) run(shard)
    const partial = namesBelow(target).filter((name) => name.endsWith('.partial'))
    assert.ok(partial.length <= 16, partial.join())
    await transfer(source, target, { onlyChanged: true, preserve: true, delete: true })
    assertSame(source, target)
  })

  test('a dry run into a target that has none of the directories', async () => {
    const empty = folder.at('empty-target')
    mkdirSync(empty)
    const actions: string[] = []
    await transfer(source, empty, { dryRun: true, delete: true, preserve: true, report: ({ action }) => actions.push(action) })
    assert.ok(actions.filter((action) => action === 'copy').length >= 100)
    assert.deepEqual(readdirSync(empty), [])
  })

  test('wrong ones', () => {
    for (const shard of ['0/4', '5/4', 'x', '1/0']) assert.throws(() => transfer(source, target, { shard }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => transfer(source, target, { shard: '1/2', delete: true }), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})

test('no descriptor is left', () => assert.deepEqual(openBelow(folder.path), []))

test('a directory that a link replaces meanwhile is not followed, at either end', async () => {
  const here = folderOf('transfer-tree-race')
  for (const name of ['source/sub', 'outside', 'target/sub']) mkdirSync(here.at(name), { recursive: true })
  writeFileSync(here.at('source/sub/file'), 'inside')
  writeFileSync(here.at('outside/file'), 'outside')
  const swap = (name: string): void => {
    renameSync(here.at(name), here.at(`${name}-moved`))
    symlinkSync(here.at('outside'), here.at(name))
  }
  // The filter is asked between the listing and the copy.
  const failures: string[] = []
  await transfer(here.at('source'), here.at('copy'), { filter: ({ path }) => (path === 'sub/file' && swap('source/sub'), true), failed: ({ path }) => failures.push(path) })
  assert.ok(!existsSync(here.at('copy/sub/file')))
  assert.deepEqual(failures, ['sub/file'])
  rmSync(here.at('source/sub'))
  renameSync(here.at('source/sub-moved'), here.at('source/sub'))
  await assert.rejects(transfer(here.at('source'), here.at('target'), { filter: ({ path }) => (path === 'sub/file' && swap('target/sub'), true) }).then(), (error: TransferError) => /ELOOP|ENOTDIR/.test(error.code ?? '') && error.message.includes(here.at('target/sub')))
  assert.equal(readFileSync(here.at('outside/file'), 'utf8'), 'outside')
  assert.deepEqual(openBelow(here.path), [])
  here.remove()
})

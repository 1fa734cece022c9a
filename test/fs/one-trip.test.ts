// Calls that Node makes in several trips, or behind libuv's threads: opendir, mkdir with parents, mkdtemp and realpath are one trip
// each, those of a tick together, and tell what Node tells.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import fs, { type Dir } from 'node:fs'
import node from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import ours from 'trueaio/fs'
import io from 'trueaio/fs/promises'
import { Proactor, setDefaultProactor } from '#src/default-proactor.js'
import { opcodeName } from '#src/operation/opcode.js'
import type { Operation } from '#src/operation/operation.js'
import { noneOpenBelow } from './open-descriptors.js'

let root: string
const at = (name: string): string => join(root, name)

before(() => {
  root = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'trueaio-one-trip-'))
  fs.mkdirSync(at('there/below'), { recursive: true })
  for (let index = 0; index < 40; index++) fs.writeFileSync(at(`there/file-${String(index)}`), '')
  fs.writeFileSync(at('there/Grüße'), '')
  fs.writeFileSync(at('file'), '')
  fs.symlinkSync('there', at('link'))
  fs.symlinkSync('loop', at('loop'))
  fs.symlinkSync('missing', at('dangling'))
  fs.mkdirSync(at('many'))
  for (let index = 0; index < 5000; index++) fs.writeFileSync(at(`many/${String(index)}`), '')
})
after(() => fs.rmSync(root, { recursive: true }))

/** The names of what `work` submits. */
async function submittedBy(work: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = []
  const note = (event: unknown): void => void names.push(opcodeName((event as { operation: Operation }).operation.opcode))
  subscribe('trueaio:submit', note)
  try {
    await work()
  } finally {
    unsubscribe('trueaio:submit', note)
  }
  return names
}

/**
 * Asserts that `work` is one submission of that name. On a machine so busy that a thread does not begin for 40 ms, the next 512 calls
 * go step by step.
 */
async function oneTrip(name: string, work: (time: number) => Promise<unknown>): Promise<void> {
  let names: string[] = []
  for (let time = 0; time < 600 && !(names.length === 1 && names[0] === name); time++) names = await submittedBy(() => work(time))
  assert.deepEqual(names, [name])
}

/** What became of it, with what an error says of itself and without the folder it happened in. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await work() }
  } catch (error) {
    const { name, message, code, errno, syscall, path } = error as NodeJS.ErrnoException
    return { name, message, code, errno, syscall, path }
  }
}

async function withoutPool(work: () => Promise<void>): Promise<void> {
  const own = new Proactor({ driver: ['node'] })
  const had = setDefaultProactor(own)
  try {
    await work()
  } finally {
    setDefaultProactor(had)
    await own.close()
  }
}

describe('realpath', () => {
  const paths = (): string[] => ['there', 'link', 'link/below', 'loop', 'dangling', 'missing/below', 'file/below', 'there/../link/./file-1', 'there/Grüße', ''].map(at)
  const realpath = promisify(ours.realpath)
  test('of two together is one trip, and tells what Node tells; a single one is Node\'s, as that costs less', async () => {
    const theirs = await Promise.all(paths().map((path) => outcome(() => node.realpath(path))))
    await oneTrip('look_up', async () => assert.deepEqual(await Promise.all([io.realpath(at('link')), io.realpath(at('there'))]), [at('there'), at('there')]))
    assert.deepEqual(await submittedBy(async () => assert.equal(await io.realpath(at('link')), at('there'))), [])
    assert.deepEqual(await Promise.all(paths().map((path) => outcome(() => io.realpath(path)))), theirs)
    assert.deepEqual(await outcome(() => io.realpath(at('link'), 'buffer')), { value: Buffer.from(at('there')) })
    assert.deepEqual(await outcome(() => io.realpath('.')), { value: process.cwd() })
  })
  test('with a callback is one as well, and its errors are those of Node\'s walk', async () => {
    await oneTrip('look_up', async () => assert.equal(await realpath(at('link/below')), at('there/below')))
    const nodes = promisify(fs.realpath)
    for (const path of paths()) assert.deepEqual(await outcome(() => realpath(path)), await outcome(() => nodes(path)), path)
    assert.equal(typeof ours.realpath.native, 'function')
  })
  test('goes down with the others of its tick', async () => {
    let names: string[] = []
    for (let time = 0; time < 8 && (names.length === 0 || names.length > 4); time++) {
      names = await submittedBy(async () => {
        const real = await Promise.all(Array.from({ length: 100 }, (_, index) => io.realpath(at(`link/file-${String(index % 40)}`))))
        real.forEach((path, index) => assert.equal(path, at(`there/file-${String(index % 40)}`)))
      })
    }
    assert.ok(names.length >= 1 && names.length <= 4, String(names))
  })
  test('where there is no pool', () => withoutPool(async () => {
    for (const path of paths()) assert.deepEqual(await outcome(() => io.realpath(path)), await outcome(() => node.realpath(path)))
  }))
})

describe('mkdir with parents', () => {
  const CASES = ['a', 'b/c/d', 'b/c/e', 'there', 'there/new/newer', 'file', 'file/below', 'link/through/it', 'dangling/x', 'Grüße/ü/ö', 'x//y', 'x/y/', 'z/../z/w', `${'n'.repeat(256)}/x`, './q/r']
  const compare = async (): Promise<void> => {
    const run = async (module: typeof node, folder: string): Promise<unknown> => {
      fs.mkdirSync(join(folder, 'there'), { recursive: true })
      fs.writeFileSync(join(folder, 'file'), '')
      fs.symlinkSync('there', join(folder, 'link'))
      fs.symlinkSync('nowhere', join(folder, 'dangling'))
      const results: unknown[] = []
      for (const name of CASES) results.push(await outcome(() => module.mkdir(`${folder}/${name}`, { recursive: true, mode: 0o750 })))
      const tree = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().map((name) => [name, fs.lstatSync(join(folder, name)).mode])
      fs.rmSync(folder, { recursive: true })
      return [results, tree]
    }
    const theirs = await run(node, at('folder'))
    assert.deepEqual(await run(io, at('folder')), theirs)
  }
  test('makes and tells what Node makes and tells', compare)
  test('the same where there is no pool', () => withoutPool(compare))
  test('is one trip, however much is missing', async () => {
    await oneTrip('change_names', async (time) => assert.equal(await io.mkdir(at(`one-${String(time)}/two/three/four/five`), { recursive: true }), at(`one-${String(time)}`)))
    await oneTrip('change_names', async () => assert.equal(await io.mkdir(at('one-0/two'), { recursive: true }), undefined))
  })
  test('of relative paths tells them as Node does', async () => {
    const had = process.cwd()
    process.chdir(root)
    try {
      const theirs = await node.mkdir('relative/to/here', { recursive: true })
      fs.rmSync('relative', { recursive: true })
      assert.equal(await io.mkdir('relative/to/here', { recursive: true }), theirs)
    } finally {
      process.chdir(had)
    }
  })
  test('a hundred of a tick whose parents are the same', async () => {
    const made = await Promise.all(Array.from({ length: 100 }, (_, index) => io.mkdir(at(`shared/parent/${String(index)}`), { recursive: true })))
    assert.equal(fs.readdirSync(at('shared/parent')).length, 100)
    assert.equal(made.filter((path) => path === at('shared')).length, 1)
    assert.ok(made.every((path) => path !== undefined))
  })
  test('an abort before it began', async () => {
    await assert.rejects(io.mkdir(at('never/made'), { recursive: true, signal: AbortSignal.abort() }), { name: 'AbortError' })
    assert.ok(!fs.existsSync(at('never')))
  })
})

test('mkdtemp is one trip; names differ, and errors are Node\'s', async () => {
  const made: string[] = []
  await oneTrip('change_names', async () => made.push(await io.mkdtemp(at('temporary-ü-'))))
  made.push(...await Promise.all(Array.from({ length: 50 }, () => io.mkdtemp(at('temporary-ü-')))))
  assert.equal(new Set(made).size, made.length)
  for (const path of made) {
    assert.match(path, /temporary-ü-\w{6}$/)
    assert.equal(fs.statSync(path).mode & 0o777, 0o700)
  }
  // The error has the name that was tried last.
  await assert.rejects(io.mkdtemp(at('missing/below-')), ({ message, path }: NodeJS.ErrnoException) => /below-(?!XXXXXX)\w{6}$/.test(path ?? '') && message.includes(`'${path ?? ''}'`))
  const outcomeOf = async (module: typeof node): Promise<string> => JSON.stringify(await outcome(() => module.mkdtemp(at('missing/below-')))).replace(/below-\w{6}/g, 'below-')
  assert.deepEqual(await outcomeOf(io), await outcomeOf(node))
  assert.ok(Buffer.isBuffer(await io.mkdtemp(at('bytes-'), 'buffer')))
  await withoutPool(async () => assert.match(await io.mkdtemp(at('step-by-step-')), /step-by-step-\w{6}$/))
})

describe('opendir', () => {
  const entriesOf = async (directory: Dir): Promise<unknown[]> => {
    const entries: unknown[] = []
    for await (const entry of directory) entries.push([entry.name, entry.parentPath, entry.isDirectory(), entry.isFile(), entry.isSymbolicLink()])
    return entries
  }
  test('and all its entries are one trip, and Node\'s', async () => {
    for (const name of ['', 'there', 'link', 'there/below']) {
      const theirs = await entriesOf(await node.opendir(at(name)))
      let entries: unknown[] = []
      await oneTrip('list_directories', async () => {
        const directory = await io.opendir(at(name))
        assert.ok(directory instanceof fs.Dir)
        assert.equal(directory.path, at(name))
        entries = await entriesOf(directory)
      })
      assert.deepEqual(entries, theirs)
    }
    await noneOpenBelow(root)
  })
  test('its errors are Node\'s', async () => {
    for (const name of ['missing', 'file', 'loop', 'dangling']) {
      assert.deepEqual(await outcome(() => io.opendir(at(name))), await outcome(() => node.opendir(at(name))), name)
    }
  })
  test('read one by one, at once, in sync and with callbacks; closed once', async () => {
    const names = fs.readdirSync(at('there')).sort()
    const one = await promisify(ours.opendir)(at('there'), { bufferSize: 7 })
    const first = one.readSync()
    const rest = await Promise.all(names.map(() => one.read()))
    assert.deepEqual([first, ...rest].map((entry) => entry?.name).filter((name) => name !== undefined).sort(), names)
    assert.equal(one.readSync(), null)
    assert.equal(await one.read(), null)
    await one.close()
    await assert.rejects(one.close(), { code: 'ERR_DIR_CLOSED' })
    assert.throws(() => one.readSync(), { code: 'ERR_DIR_CLOSED' })
    const other = await io.opendir(at('there'))
    other.closeSync()
    assert.throws(() => other.closeSync(), { code: 'ERR_DIR_CLOSED' })
  })
  test('of a large directory, with recursion, as bytes and without a pool: as ever', async () => {
    assert.deepEqual(await entriesOf(await io.opendir(at('many'))), await entriesOf(await node.opendir(at('many'))))
    assert.deepEqual((await entriesOf(await io.opendir(root, { recursive: true }))).sort(), (await entriesOf(await node.opendir(root, { recursive: true }))).sort())
    await withoutPool(async () => assert.deepEqual(await entriesOf(await io.opendir(at('there'))), await entriesOf(await node.opendir(at('there')))))
    await noneOpenBelow(root)
  })
})

test('names made, changed and removed in one tick: few trips, and what Node tells', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `name-ü-${String(index)}`)
  const run = async (module: typeof node, folder: string): Promise<unknown> => {
    fs.mkdirSync(folder)
    fs.writeFileSync(join(folder, 'file'), '')
    const in_ = (name: string): string => `${folder}/${name}`
    const odd = ['', 'file', 'missing/x', 'file/x', 'n'.repeat(256), '.'].map(in_)
    const steps = [
      await Promise.all([...names.map(in_), ...odd].map((path) => outcome(() => module.mkdir(path, 0o750)))),
      await Promise.all([...names, 'nowhere', 'missing/x'].map((name) => outcome(() => module.rename(in_(name), in_(`${name}-moved`))))),
      fs.readdirSync(folder).sort().map((name) => [name, fs.statSync(in_(name)).mode]),
      // Not the file itself: which of the two comes first is nobody's to say.
      await Promise.all([...odd.filter((path) => path !== in_('file')), ...names.map((name) => in_(`${name}-moved`))].map((path) => outcome(() => module.unlink(path)))),
      await Promise.all([...odd.slice(1), ...names.map((name) => in_(`${name}-moved`))].map((path) => outcome(() => module.rmdir(path)))),
      fs.readdirSync(folder),
    ]
    fs.rmSync(folder, { recursive: true })
    return steps
  }
  const theirs = await run(node, at('names'))
  const submitted = await submittedBy(async () => assert.deepEqual(await run(io, at('names')), theirs))
  assert.ok(submitted.includes('change_names'), String(submitted))
  await withoutPool(async () => assert.deepEqual(await run(io, at('names')), theirs))
  // One that is alone is one operation.
  assert.deepEqual(await submittedBy(() => io.mkdir(at('alone'))), ['mkdir'])
})

test('a timeout and an abort of some names among others', async () => {
  const aborted = new AbortController()
  const made = ['a', 'b', 'c', 'd'].map((name, index) => outcome(() => io.mkdir(at(`deadline-${name}`), { ...(index === 1 && { signal: aborted.signal }), ...(index === 2 && { timeout: 10_000 }) } as never)))
  aborted.abort()
  const results = await Promise.all(made) as { value?: undefined, name?: string }[]
  assert.deepEqual(results.map(({ name }) => name), [undefined, 'AbortError', undefined, undefined])
  assert.ok(['a', 'c', 'd'].every((name) => fs.existsSync(at(`deadline-${name}`))))
})

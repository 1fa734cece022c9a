// Directories of one tick that are listed together (native/whole_list.c): names, types, stats and errors as one by one, in
// directories of every size, whatever else stands in the list.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Proactor, type Operation } from 'trueaio'
import { scan } from 'trueaio/fs/promises'
import { setDefaultProactor } from '#src/default-proactor.js'
import { Opcode } from '#src/operation/opcode.js'
import { listed, type ListedDirectory } from '#src/fs/tree/listed.js'
import { Countdown } from '#src/fs/request/index.js'
import { noneOpenBelow } from './open-descriptors.js'

const WHOLE = { flags: 0, most: 2 ** 31 - 1, sorted: true, stats: false }

let root: string
const at = (name: string): string => join(root, name)

/** Names so long that 480 KiB, a list's memory, are full at two thousand of them. */
const LONG = 'n'.repeat(240)

before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-listed-'))
  for (const [name, count] of [['none', 0], ['one', 1], ['some', 100], ['many', 1500]] as const) {
    fs.mkdirSync(at(name))
    for (let index = 0; index < count; index++) fs.writeFileSync(at(`${name}/file-${String(index * 7919 % 1511)}`), '')
  }
  fs.mkdirSync(at('large'))
  for (let index = 0; index < 4200; index++) fs.writeFileSync(at(`large/${String(index * 7919 % 4201)}${LONG}`), '')
  fs.mkdirSync(at('kinds/directory'), { recursive: true })
  fs.writeFileSync(at('kinds/Grüße'), 'text')
  fs.writeFileSync(Buffer.concat([Buffer.from(`${at('kinds')}/`), Buffer.from([0x66, 0xff, 0xfe])]), '')
  fs.symlinkSync('nowhere', at('kinds/link'))
  fs.writeFileSync(at('file'), '')
})
after(() => fs.rmSync(root, { recursive: true }))

/** A list in which nothing moves for 20 ms, as on a busy machine, is left to others: then once more. */
async function together(names: readonly string[]): Promise<ListedDirectory[]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const all = await Promise.all(names.map((name) => listed(at(name), WHOLE, undefined)))
    const told = all.filter((directory) => directory !== undefined)
    if (told.length === names.length) return told
    for (const { fd } of told) if (fd >= 0) fs.closeSync(fd)
  }
  return assert.fail('nothing was listed together')
}

const latin1 = (names: readonly Buffer[]): string[] => names.map((name) => name.toString('latin1'))
const namesOf = (name: string): string[] => latin1(fs.readdirSync(at(name), 'buffer')).sort()

test('names in the order of their bytes, from directories of every size', async () => {
  const names = ['none', 'one', 'some', 'many', 'kinds']
  const all = await together([...names, ...names])
  all.forEach((directory, index) => {
    const name = names[index % names.length] as string
    assert.deepEqual(directory.names, namesOf(name))
    assert.equal(directory.fd, -1)
    assert.equal(directory.isAscii, name !== 'kinds')
    assert.equal(directory.types === undefined, name !== 'kinds')
  })
  await noneOpenBelow(root)
})

test('one that is larger than the memory of a list is left open behind what has been told', async () => {
  const names = ['some', 'large', 'one', 'large', 'many']
  const all = await together(names)
  assert.deepEqual(all.map(({ fd }) => fd >= 0), [false, true, false, true, false])
  for (const { names: told, fd } of all.filter(({ fd: open }) => open >= 0)) {
    assert.ok(told.length > 1000)
    fs.closeSync(fd)
  }
  await noneOpenBelow(root)
})

for (const stats of [false, true]) {
  test(`scan finds each once, ${stats ? 'with' : 'without'} stats`, async () => {
    const found: string[] = []
    for await (const { path, pathBytes, type, stats: own } of scan(root, { stats })) {
      found.push((pathBytes ?? Buffer.from(path)).toString('latin1'))
      const real = fs.lstatSync(pathBytes ?? path)
      assert.equal(type, real.isDirectory() ? 'directory' : real.isSymbolicLink() ? 'link' : 'file')
      assert.deepEqual(own, stats ? real : undefined)
    }
    const all = (folder: Buffer): Buffer[] => fs.readdirSync(folder, 'buffer').flatMap((name) => {
      const path = Buffer.concat([folder, Buffer.from('/'), name])
      return fs.lstatSync(path).isDirectory() ? [path, ...all(path)] : [path]
    })
    assert.deepEqual(found.sort(), latin1(all(Buffer.from(root))).sort())
    await noneOpenBelow(root)
  })
}

test('errors are those of a scandir, and their neighbours are listed', async () => {
  const wanted = { some: 100, missing: ['ENOENT', 'scandir'], file: ['ENOTDIR', 'scandir'], one: 1, [`${LONG}${LONG}`]: ['ENAMETOOLONG', 'scandir'], 'kinds/link': ['ENOENT', 'scandir'] }
  for (let attempt = 0; ; attempt++) {
    const settled = await Promise.allSettled(Object.keys(wanted).map((name) => listed(at(name), WHOLE, undefined)))
    if (attempt < 50 && settled.some((result) => result.status === 'fulfilled' && result.value === undefined)) continue
    Object.entries(wanted).forEach(([name, want], index) => {
      const result = settled[index] as PromiseSettledResult<ListedDirectory | undefined> // one for each
      if (result.status === 'fulfilled') assert.equal(result.value?.names.length, want)
      else {
        const { code, syscall, path } = result.reason as NodeJS.ErrnoException
        assert.deepEqual([code, syscall], want)
        assert.equal(path, at(name))
      }
    })
    return
  }
})

describe('a deadline', () => {
  test('an abort ends those of its signal at once, and others are told', async () => {
    const controller = new AbortController()
    const aborted = Array.from({ length: 20 }, () => listed(at('large'), WHOLE, new Countdown({ signal: controller.signal })))
    const others = Array.from({ length: 20 }, () => listed(at('some'), WHOLE, new Countdown({ timeout: 60_000 })))
    const settled = Promise.allSettled(aborted)
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    for (const result of await settled) {
      if (result.status === 'rejected') assert.equal((result.reason as Error).name, 'AbortError')
      else if (result.value !== undefined && result.value.fd >= 0) fs.closeSync(result.value.fd)
    }
    for (const directory of await Promise.all(others)) assert.equal(directory?.names.length ?? 100, 100)
    await noneOpenBelow(root)
  })

  test('what is aborted before it goes down is never asked for', async () => {
    let lists = 0
    const count = (event: unknown): void => {
      if ((event as { operation: Operation }).operation.opcode === Opcode.LIST_DIRECTORIES) lists++
    }
    subscribe('trueaio:submit', count)
    const controller = new AbortController()
    const calls = Array.from({ length: 5 }, () => listed(at('some'), WHOLE, new Countdown({ signal: controller.signal })))
    controller.abort(new Error('enough'))
    for (const result of await Promise.allSettled(calls)) assert.equal(((result as PromiseRejectedResult).reason as Error).name, 'AbortError')
    await new Promise((resolve) => setImmediate(resolve))
    unsubscribe('trueaio:submit', count)
    assert.equal(lists, 0)
  })

  test('bad ones are refused by name', async () => {
    await assert.rejects(listed(at('some'), WHOLE, new Countdown({ timeout: -1 })), { code: 'ERR_INVALID_ARG_TYPE', message: /timeout/ })
    await assert.rejects(listed(at('some'), WHOLE, new Countdown({ signal: {} as AbortSignal })), { code: 'ERR_INVALID_ARG_TYPE', message: /signal/ })
  })
})

test('a proactor that is closed first: each call ends, nothing stays open', async () => {
  const own = new Proactor()
  const had = setDefaultProactor(own)
  try {
    const settled = Promise.allSettled(Array.from({ length: 60 }, () => listed(at('large'), WHOLE, undefined)))
    await own.close()
    for (const result of await settled) {
      if (result.status === 'rejected') assert.equal((result.reason as NodeJS.ErrnoException).code, 'ERR_TRUEAIO_CLOSED')
      else if (result.value !== undefined && result.value.fd >= 0) fs.closeSync(result.value.fd)
    }
  } finally {
    setDefaultProactor(had)
  }
  await noneOpenBelow(root)
})

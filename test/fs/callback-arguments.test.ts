// What fs takes, and what it refuses, before its callback: the drop-in beside node:fs. What a call threw, which of the
// functions among its arguments was called, and what it was told, must be the same.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import ours from 'trueaio/fs'
import { sameWithCallbacks, type FsModule } from './twin.js'

type At = (name: string) => string
type Given = readonly unknown[]

/** A function that would call back: which one did is part of the outcome. */
class Back {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}
const BACK = new Back('the last')

function told(io: FsModule, name: string, given: Given): Promise<unknown> {
  return new Promise((resolve) => {
    const callable = given.map((value) => (value instanceof Back ? (...said: unknown[]) => resolve([value.name, ...said]) : value))
    try {
      (io as unknown as Record<string, (...given: unknown[]) => void>)[name]?.(...callable)
    } catch (error) {
      resolve(['thrown', error])
    }
  })
}

/** Some calls of one function, one after the other in the same directory. */
async function compare(name: string, calls: (at: At, fd: number) => readonly Given[]): Promise<void> {
  await sameWithCallbacks(async (io, at) => {
    const fd = fs.openSync(at('text'), 'r+')
    const all: unknown[] = []
    try {
      for (const given of calls(at, fd)) all.push(await told(io, name, given))
    } finally {
      fs.closeSync(fd)
    }
    return all
  })
}

// Not rm and symlink: of one argument more than they have, Node itself makes an uncaught exception (20), or never calls back (26).
const CALLS: Readonly<Record<string, (at: At, fd: number) => Given>> = {
  access: (at) => [at('text'), 4],
  chmod: (at) => [at('text'), 0o640],
  chown: (at) => [at('text'), -1, -1],
  fchmod: (_at, fd) => [fd, 0o640],
  fchown: (_at, fd) => [fd, -1, -1],
  fdatasync: (_at, fd) => [fd],
  fstat: (_at, fd) => [fd, {}],
  fsync: (_at, fd) => [fd],
  ftruncate: (_at, fd) => [fd, 3],
  futimes: (_at, fd) => [fd, 1, 2],
  lchown: (at) => [at('link'), -1, -1],
  link: (at) => [at('text'), at('directory/a')],
  lstat: (at) => [at('link'), {}],
  lutimes: (at) => [at('link'), 1, 2],
  mkdir: (at) => [at('text'), {}],
  open: (at) => [at('missing'), 'r', 0o666],
  readdir: (at) => [at('directory'), { withFileTypes: true }],
  readFile: (at) => [at('text'), 'utf8'],
  readlink: (at) => [at('link'), 'utf8'],
  read: (_at, fd) => [fd, Buffer.alloc(4), 0, 4, 0],
  readv: (_at, fd) => [fd, [Buffer.alloc(2)], 0],
  rename: (at) => [at('text'), at('text')],
  rmdir: (at) => [at('directory'), {}],
  stat: (at) => [at('text'), {}],
  truncate: (at) => [at('text'), 5],
  unlink: (at) => [at('vacant')],
  utimes: (at) => [at('text'), 1, 2],
  write: (_at, fd) => [fd, Buffer.from('abcd'), 0, 4, 0],
  writeFile: (at) => [at('text'), 'héllo', 'utf8'],
  writev: (_at, fd) => [fd, [Buffer.from('ab')], 0],
}

describe('one argument more than Node has, or one function more', () => {
  for (const [name, call] of Object.entries(CALLS)) {
    test(name, () => compare(name, (at, fd) => {
      const base = call(at, fd)
      const more = [undefined, null, 0, 'x', true, [1], new Back('the first')]
      return [[...base, BACK], ...more.flatMap((value) => [[...base, value, BACK], [...base, BACK, value]]), [...base.slice(0, 1), new Back('the first'), ...base.slice(1), BACK]]
    }))
  }
})

test('a deadline after the arguments is not one too many', async () => {
  const unlink = ours.unlink as unknown as (path: string, options: object, callback: (error: NodeJS.ErrnoException) => void) => void
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => unlink('/missing', { signal: AbortSignal.abort() }, resolve))
  assert.equal(error.code, 'ABORT_ERR')
})

test('read: the number of its arguments decides what they are', () => compare('read', (_at, fd) => {
  const view = Buffer.alloc(6)
  return [
    [fd, BACK], [fd, undefined, BACK], [fd, null, BACK], [fd, [1], BACK], [fd, 'x', BACK], [fd, { buffer: view, length: null }, BACK], [fd, { buffer: view, offset: null, length: 2 }, BACK],
    [fd, view, undefined, BACK], [fd, view, null, BACK], [fd, view, [1], BACK], [fd, view, 2, BACK], [fd, view, view, BACK], [fd, view, { length: null }, BACK], [fd, view, { offset: 3n }, BACK],
    [fd, { buffer: view }, {}, BACK], [fd, view, 0, 2, BACK], [fd, view, 0, null, 0, BACK], [fd, view, 0, undefined, 0, BACK], [fd, view, 0, '2', 0, BACK], [fd, view, 0, 2.5, 0, BACK],
    [fd, view, {}, 2, 0, BACK], [fd, view, null, 2, 0, BACK], [fd, view, undefined, 2, 0, BACK],
  ]
}))

test('write: a null offset is empty options, and an offset is a number', () => compare('write', (_at, fd) => {
  const view = Buffer.from('abcdef')
  return [
    [fd, view, null, 2, 3, BACK], [fd, view, null, BACK], [fd, view, undefined, 2, 0, BACK], [fd, view, 3n, BACK], [fd, view, Symbol('s'), BACK], [fd, view, { offset: 3n }, BACK],
    [fd, 'text', 2, BACK], [fd, 'text', 2, 'latin1', BACK], [fd, 'text', 2, 'latin1', 'x', BACK], [fd, 'text', 'utf8', BACK], [fd, 'text', {}, BACK],
  ]
}))

describe('options', () => {
  const options: Readonly<Record<string, readonly [name: string, calls: (at: At, fd: number) => readonly Given[]]>> = {
    'mkdir with mode null': ['mkdir', (at) => [[at('one'), { mode: null }, BACK], [at('two/three'), { recursive: true, mode: null }, BACK]]],
    'stat with a bigint that is merely true': ['stat', (at) => [[at('text'), { bigint: 1 }, BACK], [at('text'), { bigint: 'x' }, BACK], [at('text'), [], BACK]]],
    'rmdir with an undefined': ['rmdir', (at) => [...['recursive', 'maxRetries', 'retryDelay'].map((name) => [at('missing'), { [name]: undefined }, BACK]), [at('vacant'), [], BACK]]],
    'rm with an undefined': ['rm', (at) => ['force', 'maxRetries', 'retryDelay'].map((name) => [at('directory'), { recursive: true, [name]: undefined }, BACK])],
    'cp with an undefined': ['cp', (at) => ['force', 'errorOnExist', 'verbatimSymlinks', 'dereference', 'preserveTimestamps', 'mode', 'filter']
      .map((name) => [at('directory'), at(`copy-${name}`), { recursive: true, [name]: undefined }, BACK])],
    'symlink of another type': ['symlink', (at) => [5, true, {}, 'dir', 'junction', null, 'x'].map((type, index) => ['text', at(`link-${String(index)}`), type, BACK])],
    'writeFile without a flag': ['writeFile', (at) => [null, '', 0].map((flag, index) => [at(`new-${String(index)}`), 'x', { flag }, BACK])],
    'appendFile without a flag': ['appendFile', (at) => [null, '', 0].map((flag) => [at('text'), 'x', { flag }, BACK])],
    'readFile without a flag': ['readFile', (at) => [null, '', 0].map((flag) => [at('text'), { flag }, BACK])],
    'readFile into memory of the caller\'s': ['readFile', (at) => [[at('text'), { buffer: Buffer.alloc(64) }, BACK], [at('text'), { buffer: Buffer.alloc(2) }, BACK], [at('text'), { buffer: 5 }, BACK]]],
    'readdir withFileTypes that is merely true': ['readdir', (at) => [[at('directory'), { recursive: true, withFileTypes: 'x' }, BACK]]],
  }
  for (const [title, [name, calls]] of Object.entries(options)) test(title, () => compare(name, calls))
})

describe('half a surrogate pair is told as the system was told it', () => {
  const half = '\ud83d'
  for (const name of ['stat', 'unlink', 'readlink', 'readFile', 'open']) test(name, () => compare(name, (at) => [[at(half), BACK]]))
  test('rename', () => compare('rename', (at) => [[at(half), at(`${half}x`), BACK]]))
  test('mkdir', () => compare('mkdir', (at) => [[at(`vacant/${half}`), { recursive: true }, BACK], [at(`vacant/${half}`), BACK]]))
})

test('what util.promisify makes of exists has its name', () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a drop-in has what Node has
  assert.equal(promisify(ours.exists).name, promisify(fs.exists).name)
})

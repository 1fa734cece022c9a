// trueaio/fs beside node:fs: each call on both, in twin directories; what the callback gets is compared as it comes.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import * as ours from 'trueaio/fs'
import ourPromises from 'trueaio/fs/promises'
import { sameWithCallbacks, type Case, type FsModule } from './twin.js'

type Name = Exclude<{ [Key in keyof FsModule]: FsModule[Key] extends (...given: never[]) => void ? Key : never }[keyof FsModule], undefined>

/** Everything the callback was called with. */
function call(module: FsModule, name: Name, ...given: unknown[]): Promise<unknown[]> {
  return new Promise((resolve) => {
    (module[name] as unknown as (...given: unknown[]) => void)(...given, (...told: unknown[]) => resolve(told))
  })
}

function cases(name: string, list: Readonly<Record<string, Case<FsModule>>>): void {
  describe(name, () => {
    for (const [title, run] of Object.entries(list)) test(title, () => sameWithCallbacks(run))
  })
}

/** A descriptor of a file opened by the module itself, closed by it. */
async function withDescriptor(io: FsModule, path: string, flags: string, use: (fd: number) => Promise<unknown>): Promise<unknown> {
  const [error, fd] = await call(io, 'open', path, flags) as [Error | null, number]
  if (error !== null) throw error
  try {
    return await use(fd)
  } finally {
    const closed = await call(io, 'close', fd)
    assert.deepEqual(closed, [null])
  }
}

test('an error of the system is as bare as Node\'s: no stack, the same fields', async () => {
  for (const [name, ...given] of [['readFile'], ['stat'], ['open', 'r'], ['readdir'], ['writeFile', 'x']] as [Name, ...string[]][]) {
    const [theirs] = await call(fs, name, '/nowhere/at/all', ...given) as [Error]
    const [mine] = await call(ours.default, name, '/nowhere/at/all', ...given) as [Error]
    assert.equal(mine.stack, theirs.stack, name)
    assert.deepEqual(Object.keys(mine), Object.keys(theirs), name)
    assert.equal(mine.constructor, theirs.constructor, name)
  }
})

test('every export of the running Node is there, of the same kind, and the default export has exactly those', () => {
  const names = Object.keys(fs) as (keyof FsModule)[]
  assert.deepEqual(Object.keys(ours.default).sort(), [...names].sort())
  for (const name of names) {
    assert.equal(typeof ours[name as keyof typeof ours], typeof fs[name], name)
    assert.equal(typeof ours.default[name], typeof fs[name], name)
    if (name.endsWith('Sync')) assert.equal(ours.default[name], fs[name], name)
    if (typeof fs[name] === 'function') assert.equal((ours.default[name] as { name: string }).name, (fs[name] as { name: string }).name, name)
  }
  assert.equal(ours.promises, ourPromises)
  assert.equal(ours.default.promises, ourPromises)
})

cases('paths', {
  'access': (io, at) => call(io, 'access', at('text')),
  'access of nothing': (io, at) => call(io, 'access', at('missing'), fs.constants.R_OK),
  'stat': (io, at) => call(io, 'stat', at('text')),
  'stat with options': (io, at) => call(io, 'stat', at('text'), {}),
  'stat of nothing': (io, at) => call(io, 'stat', at('missing')),
  'stat of a bad path': (io) => call(io, 'stat', 5),
  'lstat': (io, at) => call(io, 'lstat', at('link')),
  'statfs of nothing': (io, at) => call(io, 'statfs', at('missing')),
  'exists': (io, at) => call(io, 'exists', at('text')),
  'exists of nothing': (io, at) => call(io, 'exists', at('missing')),
  'exists of a bad path': (io) => call(io, 'exists', {}),
  'chmod': (io, at) => call(io, 'chmod', at('text'), 0o640),
  'chmod of nothing': (io, at) => call(io, 'chmod', at('missing'), 0o640),
  'chown of nothing': (io, at) => call(io, 'chown', at('missing'), 1, 1),
  'lchown': (io, at) => call(io, 'lchown', at('link'), -1, -1),
  'utimes': (io, at) => call(io, 'utimes', at('text'), 1, 2),
  'lutimes of nothing': (io, at) => call(io, 'lutimes', at('missing'), 1, 2),
  'truncate': (io, at) => call(io, 'truncate', at('text'), 3),
  'truncate of nothing': (io, at) => call(io, 'truncate', at('missing')),
  'rename': (io, at) => call(io, 'rename', at('text'), at('moved')),
  'rename of nothing': (io, at) => call(io, 'rename', at('missing'), at('moved')),
  'link': (io, at) => call(io, 'link', at('text'), at('second')),
  'symlink': (io, at) => call(io, 'symlink', 'text', at('second')),
  'readlink': (io, at) => call(io, 'readlink', at('link')),
  'readlink of a file': (io, at) => call(io, 'readlink', at('text')),
  'unlink': (io, at) => call(io, 'unlink', at('text')),
  'unlink of a directory': (io, at) => call(io, 'unlink', at('directory')),
  'rmdir': (io, at) => call(io, 'rmdir', at('vacant')),
  'rmdir of what is not empty': (io, at) => call(io, 'rmdir', at('directory')),
  'mkdir': (io, at) => call(io, 'mkdir', at('new')),
  'mkdir where something is': (io, at) => call(io, 'mkdir', at('text'), 0o700),
  'mkdir recursive': (io, at) => call(io, 'mkdir', at('one/two'), { recursive: true }),
  'readdir': (io, at) => call(io, 'readdir', at('')),
  'readdir with types': (io, at) => call(io, 'readdir', at(''), { withFileTypes: true }),
  'readdir recursive': (io, at) => call(io, 'readdir', at(''), { recursive: true }),
  'readdir recursive with types asked for by anything true': (io, at) => call(io, 'readdir', at('directory'), { recursive: true, withFileTypes: 1 }),
  'readdir recursive with options that change meanwhile': async (io, at) => {
    const options = { recursive: true, withFileTypes: true }
    const listing = call(io, 'readdir', at(''), options)
    Object.assign(options, { recursive: false, withFileTypes: false })
    return listing
  },
  'readdir recursive with types': (io, at) => call(io, 'readdir', at(''), { recursive: true, withFileTypes: true }),
  'rm a tree': (io, at) => call(io, 'rm', at('directory'), { recursive: true }),
  'rm nothing': (io, at) => call(io, 'rm', at('missing')),
  'cp a tree': (io, at) => call(io, 'cp', at('directory'), at('copy'), { recursive: true }),
  'cp of nothing': (io, at) => call(io, 'cp', at('missing'), at('copy'), { recursive: true }),
  'copyFile': (io, at) => call(io, 'copyFile', at('text'), at('copy')),
  'realpath': (io, at) => call(io, 'realpath', at('directory-link/a')),
  'opendir of nothing': (io, at) => call(io, 'opendir', at('missing')),
})

cases('whole files', {
  'readFile': (io, at) => call(io, 'readFile', at('text')),
  'readFile as text': (io, at) => call(io, 'readFile', at('text'), 'utf8'),
  'readFile, large': (io, at) => call(io, 'readFile', at('large')),
  'readFile of nothing': (io, at) => call(io, 'readFile', at('missing')),
  'readFile of a directory': (io, at) => call(io, 'readFile', at('directory')),
  'readFile, aborted': (io, at) => call(io, 'readFile', at('text'), { signal: AbortSignal.abort() }),
  'readFile with a bad encoding': (io, at) => call(io, 'readFile', at('text'), 'klingon'),
  'readFile of a bad path': (io) => call(io, 'readFile', {}),
  'readFile without a callback': (io, at) => (io.readFile as unknown as (path: string) => void)(at('text')),
  'writeFile': (io, at) => call(io, 'writeFile', at('new'), 'text'),
  'writeFile with a mode and a flag': (io, at) => call(io, 'writeFile', at('new'), 'text', { mode: 0o600, flag: 'wx' }),
  'writeFile to a directory': (io, at) => call(io, 'writeFile', at('directory'), 'text'),
  'writeFile of an iterable': (io, at) => call(io, 'writeFile', at('new'), ['a']),
  'appendFile': (io, at) => call(io, 'appendFile', at('text'), Buffer.from('more')),
  'from and to a descriptor': (io, at) => withDescriptor(io, at('text'), 'r+', async (fd) => [
    await call(io, 'readFile', fd, 'utf8'), await call(io, 'readFile', fd, 'utf8'), await call(io, 'writeFile', fd, 'after'), await call(io, 'appendFile', fd, 'wards'),
  ]),
})

cases('descriptors', {
  'open of nothing': (io, at) => call(io, 'open', at('missing'), 'r'),
  'open with a mode': async (io, at) => {
    const [error, fd] = await call(io, 'open', at('new'), 'w', 0o640)
    await call(io, 'close', fd)
    return error
  },
  'open with bad flags': (io, at) => call(io, 'open', at('text'), 'q'),
  'close of what is not open': (io) => call(io, 'close', 999),
  'close of no descriptor': (io) => call(io, 'close', -1),
  'read, all forms': (io, at) => withDescriptor(io, at('text'), 'r', async (fd) => [
    await call(io, 'read', fd, Buffer.alloc(4), 0, 4, 1), await call(io, 'read', fd, Buffer.alloc(4), 1, 2, null), await call(io, 'read', fd, Buffer.alloc(3)),
    await call(io, 'read', fd, Buffer.alloc(6), { offset: 1, length: 2, position: 3 }), await call(io, 'read', fd, { buffer: Buffer.alloc(3), position: 0 }),
    await call(io, 'read', fd, Buffer.alloc(4), 0, 4, 2n), await call(io, 'read', fd, Buffer.alloc(4), 0, 0, 0), await call(io, 'read', fd),
  ]),
  'read beyond the buffer': (io, at) => withDescriptor(io, at('text'), 'r', (fd) => call(io, 'read', fd, Buffer.alloc(4), 0, 5, 0)),
  'read at a bad position': (io, at) => withDescriptor(io, at('text'), 'r', (fd) => call(io, 'read', fd, Buffer.alloc(4), 0, 4, 'x')),
  'read of what is open for writing': (io, at) => withDescriptor(io, at('text'), 'a', (fd) => call(io, 'read', fd, Buffer.alloc(4), 0, 4, 0)),
  'write, all forms': (io, at) => withDescriptor(io, at('text'), 'r+', async (fd) => [
    await call(io, 'write', fd, Buffer.from('abcd'), 1, 2, 3), await call(io, 'write', fd, Buffer.from('xy')), await call(io, 'write', fd, 'äö'), await call(io, 'write', fd, 'q', 0),
    await call(io, 'write', fd, 'qq', null, 'latin1'), await call(io, 'write', fd, Buffer.from('abcd'), { offset: 1, length: 1 }),
  ]),
  'write of a number': (io, at) => withDescriptor(io, at('text'), 'r+', (fd) => call(io, 'write', fd, 5)),
  'write beyond the buffer': (io, at) => withDescriptor(io, at('text'), 'r+', (fd) => call(io, 'write', fd, Buffer.from('abcd'), 0, 5)),
  'readv and writev with a hole among the buffers': (io, at) => withDescriptor(io, at('text'), 'r+', async (fd) => [
    await call(io, 'readv', fd, new Array(2), 0), await call(io, 'writev', fd, Object.assign(new Array(2), { 0: Buffer.from('A') }), 0),
  ]),
  'readv and writev': (io, at) => withDescriptor(io, at('text'), 'r+', async (fd) => [
    await call(io, 'readv', fd, [Buffer.alloc(2), Buffer.alloc(3)], 1), await call(io, 'writev', fd, [Buffer.from('AB'), Buffer.from('C')]), await call(io, 'readv', fd, [Buffer.alloc(2)]),
  ]),
  'the rest': (io, at) => withDescriptor(io, at('text'), 'r+', async (fd) => [
    await call(io, 'fstat', fd), await call(io, 'fchmod', fd, 0o640), await call(io, 'fchown', fd, -1, -1), await call(io, 'futimes', fd, 1, 2), await call(io, 'ftruncate', fd, 3),
    await call(io, 'ftruncate', fd), await call(io, 'fsync', fd), await call(io, 'fdatasync', fd),
  ]),
  'the rest, of what is not open': async (io) => [
    await call(io, 'fstat', 999), await call(io, 'fchmod', 999, 0o640), await call(io, 'fchown', 999, 1, 1), await call(io, 'futimes', 999, 1, 2), await call(io, 'ftruncate', 999, 3),
    await call(io, 'fsync', 999), await call(io, 'fdatasync', 999), await call(io, 'read', 999, Buffer.alloc(1)), await call(io, 'write', 999, 'x'),
  ],
  'fstat of no descriptor': (io) => call(io, 'fstat', 1.5),
  'fchmod with a bad mode': (io) => call(io, 'fchmod', 0, 'rwx'),
})

cases('util.promisify', {
  'readFile': (io, at) => promisify(io.readFile)(at('text'), 'utf8'),
  'stat': (io, at) => promisify(io.stat)(at('text')),
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a drop-in has what Node has
  'exists': async (io, at) => [await promisify(io.exists)(at('text')), await promisify(io.exists)(at('missing'))],
  'read and write': (io, at) => withDescriptor(io, at('text'), 'r+', async (fd) => [
    await promisify(io.read)(fd, Buffer.alloc(3), 0, 3, 0), await promisify(io.write)(fd, Buffer.from('xyz'), 0, 3, 0),
    await promisify(io.readv)(fd, [Buffer.alloc(2)], 0), await promisify(io.writev)(fd, [Buffer.from('q')], 0), await promisify(io.write)(fd, 'text'),
  ]),
})

test('errors of the system come without a frame, as Node has them', async () => {
  for (const [name, ...given] of [['stat', '/missing'], ['readFile', '/missing'], ['read', 999, Buffer.alloc(1), 0, 1, 0], ['writeFile', '/missing/x', 'x']] as const) {
    const [error] = await call(ours.default, name, ...given) as [Error]
    const [theirs] = await call(fs, name, ...given) as [Error]
    assert.equal(error.stack, theirs.stack)
  }
})

test('what a callback throws is an uncaught exception, and the callbacks after it are called', async () => {
  const program = `
    import fs from 'trueaio/fs'
    process.on('uncaughtException', (error, origin) => console.log(error.message, origin))
    fs.stat('/', () => { throw new Error('mine') })
    fs.stat('/', (error) => console.log('second', error))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 })
  assert.deepEqual(stdout.trim().split('\n').sort(), ['mine uncaughtException', 'second null'])
})

// trueaio/fs/promises beside node:fs/promises: each call on both, in twin directories.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import nodePromises from 'node:fs/promises'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import * as ours from 'trueaio/fs/promises'
import { same, type Case, type PromisesModule } from './twin.js'

function cases(name: string, list: Readonly<Record<string, Case<PromisesModule>>>): void {
  describe(name, () => {
    for (const [title, run] of Object.entries(list)) test(title, () => same(run))
  })
}

const anything = (value: unknown): never => value as never

test('every export of the running Node is there, and the default export has exactly those', () => {
  assert.deepEqual(Object.keys(ours.default).sort(), Object.keys(nodePromises).sort())
  for (const name of Object.keys(nodePromises)) assert.equal(typeof ours[name as keyof typeof ours], typeof nodePromises[name as keyof typeof nodePromises], name)
})

test('each is a function of the same kind', () => {
  for (const [name, theirs] of Object.entries(nodePromises)) {
    if (typeof theirs !== 'function') continue
    const mine: unknown = ours.default[name as keyof PromisesModule]
    assert.equal(Object.prototype.toString.call(mine), Object.prototype.toString.call(theirs), name)
    assert.equal(Object.getPrototypeOf(mine), Object.getPrototypeOf(theirs), name)
  }
})

cases('readFile', {
  'more than Node reads': async (io, at) => {
    fs.truncateSync(at('empty'), 2 ** 31)
    const error: unknown = await io.readFile(at('empty')).catch((reason: unknown) => reason)
    fs.truncateSync(at('empty'), 0)
    return [error, String(error)]
  },
  'a buffer': (io, at) => io.readFile(at('text')),
  'utf8 as text': (io, at) => io.readFile(at('text'), 'utf8'),
  'utf8 in options': (io, at) => io.readFile(at('text'), { encoding: 'utf8' }),
  'latin1': (io, at) => io.readFile(at('text'), 'latin1'),
  'base64': (io, at) => io.readFile(at('text'), 'base64'),
  'utf16le': (io, at) => io.readFile(at('text'), 'utf16le'),
  'an empty file': (io, at) => io.readFile(at('empty')),
  'an empty file as text': (io, at) => io.readFile(at('empty'), 'utf8'),
  'larger than a slab': (io, at) => io.readFile(at('large')),
  'larger than a slab, as text': (io, at) => io.readFile(at('large'), 'utf8'),
  'exactly a slab': (io, at) => io.readFile(at('exactly-a-slab')),
  'through a link': (io, at) => io.readFile(at('link'), 'utf8'),
  'a Buffer path': (io, at) => io.readFile(Buffer.from(at('text')), 'utf8'),
  'a URL': (io, at) => io.readFile(pathToFileURL(at('text')), 'utf8'),
  'nothing there': (io, at) => io.readFile(at('missing')),
  'an empty path': (io) => io.readFile(''),
  'a directory': (io, at) => io.readFile(at('directory')),
  'a dangling link': (io, at) => io.readFile(at('dangling')),
  'a loop of links': (io, at) => io.readFile(at('loop')),
  'a file as directory': (io, at) => io.readFile(at('text/x')),
  'flag a+ makes it': (io, at) => io.readFile(at('new'), { flag: 'a+' }),
  'flag wx+ on what is there': (io, at) => io.readFile(at('text'), { flag: 'wx+' }),
  'flag as a number': (io, at) => io.readFile(at('text'), { flag: fs.constants.O_RDWR as never }),
  'flag null': (io, at) => io.readFile(at('text'), { flag: null as never }),
  'a buffer of the caller\'s, too small where Node takes one': (io, at) => io.readFile(at('text'), { buffer: Buffer.alloc(2) } as object),
  'a buffer of the caller\'s that is none': (io, at) => io.readFile(at('text'), { buffer: 'x' } as object),
  'an unknown flag': (io, at) => io.readFile(at('text'), { flag: 'q' }),
  'an unknown encoding': (io, at) => io.readFile(at('text'), anything('klingon')),
  'encoding buffer': (io, at) => io.readFile(at('text'), anything('buffer')),
  'encoding null': (io, at) => io.readFile(at('text'), { encoding: null }),
  'no path': (io) => io.readFile(anything(undefined)),
  'a NUL in the path': (io) => io.readFile('a\0b'),
  'a path too long': (io) => io.readFile('x'.repeat(300)),
  'a path far too long': (io) => io.readFile('x/'.repeat(3000)),
  'a URL of another kind': (io) => io.readFile(new URL('http://localhost/x')),
  'a signal that is none': (io, at) => io.readFile(at('text'), { signal: anything({}) }),
  'an aborted signal': (io, at) => io.readFile(at('text'), { signal: AbortSignal.abort() }),
  'a handle, from its position': async (io, at) => {
    const handle = await io.open(at('text'))
    try {
      await handle.read(Buffer.alloc(3), 0, 3)
      return [await io.readFile(handle, 'utf8'), await io.readFile(handle, 'utf8')]
    } finally {
      await handle.close()
    }
  },
  'what gives itself in pieces': async (io) => {
    const text = await io.readFile('/proc/self/maps', 'utf8')
    return text.length > 1000 && text.includes('[stack]') && text.endsWith('\n')
  },
})

cases('writeFile and appendFile', {
  'text': (io, at) => io.writeFile(at('new'), 'sömething'),
  'text over a longer file': (io, at) => io.writeFile(at('large'), 'short'),
  'bytes': (io, at) => io.writeFile(at('new'), Uint8Array.of(1, 2, 3)),
  'another view': (io, at) => io.writeFile(at('new'), new Uint16Array([258, 772])),
  'nothing': (io, at) => io.writeFile(at('new'), ''),
  'flag null, which is the default one': (io, at) => io.writeFile(at('text'), 'x', { flag: null as never }),
  'nothing, to what is open for reading only': (io, at) => io.writeFile(at('text'), '', { flag: 'r' }),
  'something, to what is open for reading only': (io, at) => io.writeFile(at('text'), 'x', { flag: 'r' }),
  'large': (io, at) => io.writeFile(at('new'), Buffer.alloc(3_000_000, 'pattern')),
  'latin1': (io, at) => io.writeFile(at('new'), 'é', 'latin1'),
  'hex': (io, at) => io.writeFile(at('new'), '0aff', { encoding: 'hex' }),
  'a mode': (io, at) => io.writeFile(at('new'), 'x', { mode: 0o640 }),
  'a mode in octal text': (io, at) => io.writeFile(at('new'), 'x', { mode: '600' }),
  'flush': (io, at) => io.writeFile(at('new'), 'x', anything({ flush: true })),
  'flag wx on what is there': (io, at) => io.writeFile(at('text'), 'x', { flag: 'wx' }),
  'flag a': (io, at) => io.writeFile(at('text'), 'x', { flag: 'a' }),
  'flag r+': (io, at) => io.writeFile(at('text'), 'XX', { flag: 'r+' }),
  'an iterable': (io, at) => io.writeFile(at('new'), ['one', 'two', 'three']),
  'an iterable of bytes and text': (io, at) => io.writeFile(at('new'), anything([Buffer.from('a'), 'b'])),
  'an async iterable': (io, at) => io.writeFile(at('new'), (async function* () {
    await Promise.resolve()
    yield 'one'
    yield 'two'
  })()),
  'an iterable that throws': (io, at) => io.writeFile(at('new'), (function* () {
    yield 'one'
    throw new RangeError('two')
  })()),
  'an iterable of what cannot be written': (io, at) => io.writeFile(at('new'), anything([1])),
  'a stream': (io, at) => io.writeFile(at('new'), fs.createReadStream(at('large'))),
  'a number': (io, at) => io.writeFile(at('new'), anything(5)),
  'undefined': (io, at) => io.writeFile(at('new'), anything(undefined)),
  'an object': (io, at) => io.writeFile(at('new'), anything({})),
  'a directory': (io, at) => io.writeFile(at('directory'), 'x'),
  'to a device that is full': (io) => io.writeFile('/dev/full', 'x'),
  'a directory that is not there': (io, at) => io.writeFile(at('no/new'), 'x'),
  'an unknown encoding': (io, at) => io.writeFile(at('new'), 'x', anything('klingon')),
  'a flush that is none': (io, at) => io.writeFile(at('new'), 'x', anything({ flush: 1 })),
  'an aborted signal': (io, at) => io.writeFile(at('new'), 'x', { signal: AbortSignal.abort() }),
  'append text': (io, at) => io.appendFile(at('text'), 'more'),
  'append to nothing': (io, at) => io.appendFile(at('new'), 'more', { mode: 0o600 }),
  'append bytes': (io, at) => io.appendFile(at('text'), Buffer.from('more')),
  'append with encoding': (io, at) => io.appendFile(at('text'), 'bW9yZQ==', 'base64'),
  'append a number': (io, at) => io.appendFile(at('text'), anything(7)),
})

cases('stat, lstat, access', {
  'a file': (io, at) => io.stat(at('text')),
  'a directory': (io, at) => io.stat(at('vacant')),
  'a link': (io, at) => io.stat(at('link')),
  'a dangling link': (io, at) => io.stat(at('dangling')),
  'the link itself': (io, at) => io.lstat(at('link')),
  'a device': (io) => io.stat('/dev/null'),
  'nothing there': (io, at) => io.stat(at('missing')),
  'lstat of nothing': (io, at) => io.lstat(at('missing')),
  'bigint': async (io, at) => typeof (await io.stat(at('text'), { bigint: true })).size,
  'a bad path': (io) => io.stat(anything(5)),
  'bad options': (io, at) => io.stat(at('text'), anything(null)),
  'times of one file': async (io) => {
    const { atimeMs, mtimeMs, ctimeMs, birthtimeMs, atime, mtime, ctime, birthtime, ino } = await io.stat('/')
    return [atimeMs, mtimeMs, ctimeMs, birthtimeMs, atime.getTime(), mtime.getTime(), ctime.getTime(), birthtime.getTime(), ino]
  },
  'access': (io, at) => io.access(at('text')),
  'access R_OK | W_OK': (io, at) => io.access(at('text'), fs.constants.R_OK | fs.constants.W_OK),
  'access X_OK of what is not executable': (io, at) => io.access(at('text'), fs.constants.X_OK),
  'access of nothing': (io, at) => io.access(at('missing')),
  'access with a bad mode': (io, at) => io.access(at('text'), anything('rw')),
  'access with a mode too large': (io, at) => io.access(at('text'), 99),
})

cases('changing attributes', {
  'chmod': (io, at) => io.chmod(at('text'), 0o640),
  'chmod in octal text': (io, at) => io.chmod(at('text'), '751'),
  'chmod of nothing': (io, at) => io.chmod(at('missing'), 0o640),
  'chmod with no mode': (io, at) => io.chmod(at('text'), anything(undefined)),
  'chmod with a bad mode': (io, at) => io.chmod(at('text'), anything('rwx')),
  'chown to the same': async (io, at) => {
    const { uid, gid } = await io.stat(at('text'))
    return io.chown(at('text'), uid, gid)
  },
  'chown of nothing': (io, at) => io.chown(at('missing'), 1, 1),
  'chown with -1': (io, at) => io.chown(at('text'), -1, -1),
  'chown to a bad id': (io, at) => io.chown(at('text'), -2, 0),
  'lchown': (io, at) => io.lchown(at('dangling'), -1, -1),
  'lchown of nothing': (io, at) => io.lchown(at('missing'), 1, 1),
  'lchmod': async (io, at) => {
    const { lchmod } = io as { lchmod?: (path: string, mode: number) => Promise<void> }
    return lchmod === undefined ? 'none' : lchmod(at('text'), 0o600)
  },
  'utimes with numbers': async (io, at) => {
    await io.utimes(at('text'), 1000.5, 2000.25)
    const { atimeMs, mtimeMs } = await io.stat(at('text'))
    return [atimeMs, mtimeMs]
  },
  'utimes with dates and text': async (io, at) => {
    await io.utimes(at('text'), new Date(1e12 + 123), '1234567890')
    const { atimeMs, mtimeMs } = await io.stat(at('text'))
    return [atimeMs, mtimeMs]
  },
  'utimes of nothing': (io, at) => io.utimes(at('missing'), 1, 2),
  'utimes with a bad time': (io, at) => io.utimes(at('text'), anything({}), 2),
  'lutimes': async (io, at) => {
    await io.lutimes(at('dangling'), 1000, 2000)
    return (await io.lstat(at('dangling'))).mtimeMs
  },
  'lutimes of nothing': (io, at) => io.lutimes(at('missing'), 1, 2),
  'truncate': (io, at) => io.truncate(at('large'), 5),
  'truncate to nothing': (io, at) => io.truncate(at('large')),
  'truncate to more': (io, at) => io.truncate(at('text'), 50),
  'truncate to less than nothing': (io, at) => io.truncate(at('text'), -5),
  'truncate with a fraction': (io, at) => io.truncate(at('text'), 1.5),
  'truncate nothing': (io, at) => io.truncate(at('missing'), 5),
  'truncate a directory': (io, at) => io.truncate(at('directory'), 5),
})

cases('names', {
  'rename': (io, at) => io.rename(at('text'), at('moved')),
  'rename nothing': (io, at) => io.rename(at('missing'), at('moved')),
  'rename onto a directory': (io, at) => io.rename(at('text'), at('directory')),
  'rename without a target': (io, at) => io.rename(at('text'), anything(undefined)),
  'link': (io, at) => io.link(at('text'), at('second')),
  'link nothing': (io, at) => io.link(at('missing'), at('second')),
  'link onto what is there': (io, at) => io.link(at('text'), at('empty')),
  'link a directory': (io, at) => io.link(at('directory'), at('second')),
  'symlink': (io, at) => io.symlink('text', at('second')),
  'symlink with a type': (io, at) => io.symlink('text', at('second'), 'file'),
  'symlink with an unknown type': (io, at) => io.symlink('text', at('second'), 'cousin'),
  'symlink onto what is there': (io, at) => io.symlink('text', at('empty')),
  'readlink': (io, at) => io.readlink(at('link')),
  'readlink as buffer': (io, at) => io.readlink(at('link'), 'buffer'),
  'readlink in base64': (io, at) => io.readlink(at('link'), { encoding: 'base64' }),
  'readlink of a file': (io, at) => io.readlink(at('text')),
  'readlink of nothing': (io, at) => io.readlink(at('missing')),
  'unlink': (io, at) => io.unlink(at('text')),
  'unlink a link': (io, at) => io.unlink(at('directory-link')),
  'unlink nothing': (io, at) => io.unlink(at('missing')),
  'unlink a directory': (io, at) => io.unlink(at('vacant')),
  'rmdir': (io, at) => io.rmdir(at('vacant')),
  'rmdir of what is not empty': (io, at) => io.rmdir(at('directory')),
  'rmdir of a file': (io, at) => io.rmdir(at('text')),
  'rmdir of nothing': (io, at) => io.rmdir(at('missing')),
  'rmdir with bad options': (io, at) => io.rmdir(at('vacant'), anything(5)),
  'realpath': (io, at) => io.realpath(at('directory-link/a')),
  'realpath of nothing': (io, at) => io.realpath(at('missing')),
})

cases('directories', {
  'mkdir': (io, at) => io.mkdir(at('new')),
  'mkdir with a mode': (io, at) => io.mkdir(at('new'), 0o700),
  'mkdir with a mode in options': (io, at) => io.mkdir(at('new'), { mode: '711' }),
  'mkdir where something is': (io, at) => io.mkdir(at('text')),
  'mkdir without parent': (io, at) => io.mkdir(at('no/new')),
  'mkdir recursive': (io, at) => io.mkdir(at('one/two/three'), { recursive: true }),
  'mkdir recursive of one': (io, at) => io.mkdir(at('one'), { recursive: true }),
  'mkdir recursive with a slash': (io, at) => io.mkdir(`${at('one')}/`, { recursive: true }),
  'mkdir recursive of what is there': (io, at) => io.mkdir(at('directory/inner'), { recursive: true }),
  'mkdir recursive over a file': (io, at) => io.mkdir(at('text'), { recursive: true }),
  'mkdir recursive through a file': (io, at) => io.mkdir(at('text/x/y'), { recursive: true }),
  'mkdir recursive that is no boolean': (io, at) => io.mkdir(at('new'), { recursive: anything(1) }),
  'mkdir with a bad mode': (io, at) => io.mkdir(at('new'), anything('rwx')),
  'mkdtemp': async (io, at) => {
    const path = await io.mkdtemp(at('temporary-'))
    await io.rmdir(path)
    return path.length - at('temporary-').length
  },
  'mkdtemp nowhere': (io, at) => assert.rejects(io.mkdtemp(at('no/temporary-')), { code: 'ENOENT', syscall: 'mkdtemp' }),
  'readdir': (io, at) => io.readdir(at('directory')),
  'readdir of nothing': (io, at) => io.readdir(at('missing')),
  'readdir of a file': (io, at) => io.readdir(at('text')),
  'readdir with types': (io, at) => io.readdir(at(''), { withFileTypes: true }),
  'readdir as buffers': (io, at) => io.readdir(at('directory'), 'buffer'),
  'readdir recursive': (io, at) => io.readdir(at(''), { recursive: true }),
  'readdir recursive with types': (io, at) => io.readdir(at(''), { recursive: true, withFileTypes: true }),
  'readdir recursive of nothing': (io, at) => io.readdir(at('missing'), { recursive: true }),
  'readdir recursive of a file': (io, at) => io.readdir(at('text'), { recursive: true }),
  'readdir recursive in hex': (io, at) => io.readdir(at('directory'), { recursive: true, encoding: 'hex' }),
  'opendir': async (io, at) => {
    const names: string[] = []
    for await (const entry of await io.opendir(at('directory'))) names.push(entry.name)
    return names.sort()
  },
  'opendir of nothing': (io, at) => io.opendir(at('missing')),
  'statfs': async (io, at) => Object.keys(await io.statfs(at(''))),
})

cases('whole trees', {
  'rm a file': (io, at) => io.rm(at('text')),
  'rm nothing': (io, at) => io.rm(at('missing')),
  'rm nothing, by force': (io, at) => io.rm(at('missing'), { force: true }),
  'rm recursive nothing': (io, at) => io.rm(at('missing'), { recursive: true }),
  'rm recursive nothing, by force': (io, at) => io.rm(at('missing'), { recursive: true, force: true }),
  'rm a directory': (io, at) => io.rm(at('directory')),
  'rm a tree': (io, at) => io.rm(at('directory'), { recursive: true }),
  'rm a tree by a name that cannot be removed': (io, at) => io.rm(`${at('directory')}/.`, { recursive: true }),
  'rm a link to a tree': (io, at) => io.rm(at('directory-link'), { recursive: true }),
  'rm through a file': (io, at) => io.rm(at('text/x'), { recursive: true }),
  'rm with bad options': (io, at) => io.rm(at('text'), { force: anything(1), recursive: true }),
  'copyFile': (io, at) => io.copyFile(at('text'), at('copy')),
  'copyFile exclusively onto what is there': (io, at) => io.copyFile(at('text'), at('empty'), fs.constants.COPYFILE_EXCL),
  'copyFile of nothing': (io, at) => io.copyFile(at('missing'), at('copy')),
  'copyFile of a directory': (io, at) => io.copyFile(at('directory'), at('copy')),
  'cp a file': (io, at) => io.cp(at('text'), at('copy')),
  'cp a tree without recursive': (io, at) => io.cp(at('directory'), at('copy')),
  'cp a tree': (io, at) => io.cp(at('directory'), at('copy'), { recursive: true }),
  'cp a tree with links': async (io, at) => {
    await io.symlink('a', at('directory/relative'))
    await io.symlink(at('text'), at('directory/absolute'))
    await io.chmod(at('directory/a'), 0o400)
    await io.chmod(at('directory/inner'), 0o750)
    return io.cp(at('directory'), at('copy'), { recursive: true })
  },
  'cp a tree with links as they are': async (io, at) => {
    await io.symlink('a', at('directory/relative'))
    return io.cp(at('directory'), at('copy'), { recursive: true, verbatimSymlinks: true })
  },
  'cp a tree into itself': (io, at) => io.cp(at('directory'), at('directory/inner/copy'), { recursive: true }),
  'cp a tree into itself by a link': (io, at) => io.cp(at('directory'), at('directory-link/copy'), { recursive: true }),
  'cp a tree onto what is there': (io, at) => io.cp(at('directory'), at('vacant'), { recursive: true }),
  'cp a tree onto a file': (io, at) => io.cp(at('directory'), at('text'), { recursive: true }),
  'cp a tree where parents are missing': (io, at) => io.cp(at('directory'), at('no/copy'), { recursive: true }),
  'cp with a filter': (io, at) => io.cp(at('directory'), at('copy'), { recursive: true, filter: (source) => !source.endsWith('b') }),
  'cp of nothing': (io, at) => io.cp(at('missing'), at('copy'), { recursive: true }),
  'cp with options that exclude each other': (io, at) => io.cp(at('directory'), at('copy'), { recursive: true, dereference: true, verbatimSymlinks: true }),
})

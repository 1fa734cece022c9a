// Windows' errors as Node tells them: libuv's whole table (its src/win/error.c), and the same mistakes made by node:fs and by the driver.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { getSystemErrorName } from 'node:util'
import { access, close, fsync, ftruncate, link, mkdir, open, read, readlink, rename, rmdir, statx, symlink, truncate, unlink, write, type Operation, type Proactor } from 'trueaio'
import { Opcode } from '#src/operation/opcode.js'
import { loadBinding } from '#src/native/load.js'
import { inFolder, makeProactor, skip } from './subject.js'

/** By errno, Win32's numbers (winerror.h). */
const TABLE: Readonly<Record<string, readonly number[]>> = {
  EACCES: [998, 10013, 740, 1920], EADDRINUSE: [1227, 10048], EADDRNOTAVAIL: [10049], EAFNOSUPPORT: [10047], EAGAIN: [10035], EALREADY: [10037],
  EBADF: [1004, 6], EBUSY: [33, 231, 32], ECANCELED: [995, 10004], ECHARSET: [1113], ECONNABORTED: [1236, 10053], ECONNREFUSED: [1225, 10061],
  ECONNRESET: [64, 10054], EEXIST: [183, 80], EFAULT: [111, 10014], EHOSTUNREACH: [1232, 10065], EINVAL: [122, 13, 87, 1464, 10022, 10046],
  EIO: [1102, 1111, 23, 1166, 1165, 1393, 1129, 1101, 31, 1106, 1117, 1104, 205, 110, 1103, 156], EISCONN: [10056], ELOOP: [1921], EMFILE: [4, 10024], EMSGSIZE: [10040],
  ENAMETOOLONG: [206], ENETUNREACH: [1231, 10051], ENOBUFS: [10055], ENOENT: [161, 267, 203, 2, 123, 15, 4392, 126, 3, 11001, 11004], ENOMEM: [8, 14],
  ENOSPC: [82, 112, 277, 1100, 39], ENOTCONN: [2250, 10057], ENOTEMPTY: [145], ENOTSOCK: [10038], ENOTSUP: [50], EOF: [109], EPERM: [1314], EPIPE: [230, 232, 233, 10058],
  EPROTONOSUPPORT: [10043], EROFS: [19], ETIMEDOUT: [121, 10060], EXDEV: [17], EISDIR: [1], E2BIG: [208], ESOCKTNOSUPPORT: [10044],
}
/** ERROR_ACCESS_DENIED: EPERM of an older libuv. */
const DENIED = 5
/** What libuv's versions tell differently. */
const BY_VERSION: Readonly<Record<number, readonly string[]>> = { 998: ['EFAULT'], 111: ['ENAMETOOLONG'], 232: ['EAGAIN'] }

test('the whole table of Win32\'s errors', { skip }, () => {
  const translate = loadBinding().binding?.translateError ?? assert.fail('the addon translates errors')
  const differ: string[] = []
  for (const [name, numbers] of Object.entries(TABLE)) {
    for (const number of numbers) {
      const told = getSystemErrorName(translate(number))
      if (told !== name && BY_VERSION[number]?.includes(told) !== true) differ.push(`${String(number)}: ${told}, not ${name}`)
    }
  }
  assert.deepEqual(differ, [])
  assert.match(getSystemErrorName(translate(DENIED)), /^(EPERM|EACCES)$/)
  assert.equal(getSystemErrorName(translate(123_456)), 'UNKNOWN')
})

/** How something ended, as far as it is the same by whatever way. */
type End = readonly [code: string | undefined, errno: number | undefined, syscall: string | undefined]

async function endOf(doing: () => Promise<unknown>): Promise<End> {
  try {
    const value = await doing()
    if (typeof value === 'object' && value !== null && 'close' in value) await (value as fs.promises.FileHandle).close()
    return [undefined, undefined, undefined]
  } catch (error) {
    const { code, errno, syscall } = error as NodeJS.ErrnoException
    return [code, errno, syscall]
  }
}

type Mistake = readonly [what: string, node: () => Promise<unknown>, engine: Operation]

async function compare(io: Proactor, mistakes: readonly Mistake[]): Promise<void> {
  const differ: string[] = []
  for (const [what, node, engine] of mistakes) {
    const expected = await endOf(node)
    const end = await endOf(async () => {
      const value = await io.submit(engine)
      if (engine.opcode === Opcode.OPEN) await io.submit(close(value as number))
    })
    // The engine's operations have names of their own: statx for stat, and truncate is one.
    const compared = engine.opcode === Opcode.STATX || engine.opcode === Opcode.TRUNCATE ? 2 : 3
    if (String(end.slice(0, compared)) !== String(expected.slice(0, compared))) differ.push(`${what}: ${String(end)}; node:fs says ${String(expected)}`)
  }
  assert.deepEqual(differ, [])
}

test('the same mistake, the same error', { skip }, async () => {
  const io = makeProactor()
  await inFolder(async (folder) => {
    const { promises: node } = fs
    const at = (...names: string[]): string => join(folder, ...names)
    fs.writeFileSync(at('file'), 'content')
    fs.mkdirSync(at('full'))
    fs.writeFileSync(at('full', 'file'), 'content')
    fs.writeFileSync(at('read-only'), 'content')
    fs.chmodSync(at('read-only'), 0o444)
    const closed = fs.openSync(at('file'), 'r')
    const reading = fs.openSync(at('file'), 'r')
    fs.closeSync(closed)
    const onClosed = (call: (fd: number, done: (error: Error | null) => void) => void, fd = closed) => (): Promise<unknown> => new Promise((resolve, reject) => {
      call(fd, (error) => { if (error === null) resolve(undefined); else reject(error) })
    })
    const bytes = Buffer.alloc(4)
    await compare(io, [
      ['a file that is not there', () => node.open(at('absent')), open(at('absent'))],
      ['a directory that is not there', () => node.stat(at('absent', 'file')), statx(at('absent', 'file'))],
      ['a file as a directory', () => node.stat(at('file', 'below')), statx(at('file', 'below'))],
      ['a file as a directory, opened', () => node.open(at('file', 'below')), open(at('file', 'below'))],
      ['a file that is there', () => node.open(at('file'), 'wx'), open(at('file'), { flags: fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY })],
      ['a directory for writing', () => node.open(at('full'), 'r+'), open(at('full'), { flags: fs.constants.O_RDWR })],
      ['a file that is read-only', () => node.open(at('read-only'), 'r+'), open(at('read-only'), { flags: fs.constants.O_RDWR })],
      ['a directory twice', () => node.mkdir(at('full')), mkdir(at('full'))],
      ['a directory below nothing', () => node.mkdir(at('absent', 'one')), mkdir(at('absent', 'one'))],
      ['a directory that is full', () => node.rmdir(at('full')), rmdir(at('full'))],
      ['a file removed as a directory', () => node.rmdir(at('file')), rmdir(at('file'))],
      ['a directory removed as a file', () => node.unlink(at('full')), unlink(at('full'))],
      ['what is not there, removed', () => node.unlink(at('absent')), unlink(at('absent'))],
      ['what is not there, renamed', () => node.rename(at('absent'), at('other')), rename(at('absent'), at('other'))],
      ['a file renamed to a directory', () => node.rename(at('file'), at('full')), rename(at('file'), at('full'))],
      ['what is not there, linked', () => node.link(at('absent'), at('other')), link(at('absent'), at('other'))],
      ['a link where something is', () => node.link(at('file'), at('read-only')), link(at('file'), at('read-only'))],
      ['no link', () => node.readlink(at('file')), readlink(at('file'))],
      ['access to what is not there', () => node.access(at('absent')), access(at('absent'), 0)],
      ['writing to what is read-only', () => node.access(at('read-only'), 2), access(at('read-only'), 2)],
      ['truncating nothing', () => node.truncate(at('absent'), 1), truncate(at('absent'), 1)],
      ['a name with a character that no name has', () => node.open(at('a<b')), open(at('a<b'))],
      ['an empty name', () => node.open(''), open('')],
      ['a closed descriptor read', onClosed((fd, done) => fs.read(fd, bytes, 0, 4, 0, done)), read(closed, bytes, 0)],
      ['a closed descriptor written', onClosed((fd, done) => fs.write(fd, bytes, 0, 4, 0, done)), write(closed, bytes, 0)],
      ['a closed descriptor synced', onClosed((fd, done) => fs.fsync(fd, done)), fsync(closed)],
      ['a closed descriptor cut', onClosed((fd, done) => fs.ftruncate(fd, 1, done)), ftruncate(closed, 1)],
      ['a closed descriptor closed', onClosed((fd, done) => fs.close(fd, done)), close(closed)],
      ['written, and open for reading', onClosed((fd, done) => fs.write(fd, bytes, 0, 4, 0, done), reading), write(reading, bytes, 0)],
      ['cut, and open for reading', onClosed((fd, done) => fs.ftruncate(fd, 1, done), reading), ftruncate(reading, 1)],
      ['a link below nothing', () => node.symlink('file', at('absent', 'link')), symlink('file', at('absent', 'link'))],
    ])
    fs.closeSync(reading)
    fs.chmodSync(at('read-only'), 0o666)
  })
  await io.close()
})

test('files that others have open: sharing is as node:fs shares', { skip }, async () => {
  const io = makeProactor()
  await inFolder(async (folder) => {
    const path = join(folder, 'file')
    fs.writeFileSync(path, 'content')
    const fd = await io.submit(open(path, { flags: fs.constants.O_RDWR }))
    await io.submit(read(fd, Buffer.alloc(4), 0)) // by now the driver has it open twice
    fs.appendFileSync(path, ' and more')
    assert.equal(await io.submit(read(fd, Buffer.alloc(64), 0)), 16)
    await io.submit(rename(path, join(folder, 'moved')))
    assert.equal(await io.submit(write(fd, Buffer.from('CONTENT'), 0)), 7)
    assert.equal(fs.readFileSync(join(folder, 'moved'), 'utf8'), 'CONTENT and more')
    await io.submit(unlink(join(folder, 'moved')))
    assert.equal(await io.submit(read(fd, Buffer.alloc(64), 0)), 16)
    await io.submit(close(fd))
    assert.deepEqual(fs.readdirSync(folder), [])
  })
  await io.close()
})

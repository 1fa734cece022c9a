// The node driver on real files: what node:fs can do comes back in the shapes and errors of every other driver.
import assert from 'node:assert/strict'
import { constants, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import {
  access, chain, chmod, chown, close, fchmod, fdatasync, fstatx, fsync, ftruncate, futimes, getdents64, link, mkdir, nodeDriver, open, Proactor, read,
  readlink, readv, rename, rmdir, statx, symlink, truncate, unlink, utimes, write, writev,
} from 'trueaio'
import { splitDevice } from '#src/driver/node/decode.js'

const { O_RDWR, O_CREAT, O_APPEND, O_EXCL } = constants
const posix = { skip: process.platform === 'win32' ? 'modes, owners and links are POSIX' : false }

describe('node driver: files', () => {
  let directory = ''
  let io: Proactor
  const at = (name: string): string => join(directory, name)
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'trueaio-node-'))
    io = new Proactor({ driver: nodeDriver })
  })
  after(async () => {
    await io.close()
    rmSync(directory, { recursive: true })
  })
  const opened = (name: string, flags = O_RDWR | O_CREAT): Promise<number> => io.submit(open(at(name), { flags, mode: 0o644 }))

  it('writes and reads at offsets and at the current position', async () => {
    const fd = await opened('offsets')
    assert.equal(await io.submit(write(fd, Buffer.from('hello '))), 6)
    assert.equal(await io.submit(write(fd, Buffer.from('world'))), 5)
    const buffer = Buffer.alloc(20, 0x2e)
    assert.equal(await io.submit(read(fd, buffer, { offset: 6, length: 3 })), 3)
    assert.equal(buffer.toString(), `wor${'.'.repeat(17)}`)
    assert.equal(await io.submit(read(fd, buffer, 0)), 11)
    assert.equal(buffer.toString('latin1', 0, 11), 'hello world')
    assert.equal(await io.submit(read(fd, buffer)), 0, 'positional transfers leave the position at the end')
    assert.equal(await io.submit(close(fd)), undefined)
  })

  it('appends wherever the offset points', { skip: process.platform === 'linux' ? false : 'elsewhere pwrite(2) minds the offset' }, async () => {
    writeFileSync(at('append'), 'abc')
    const fd = await opened('append', O_RDWR | O_APPEND)
    await io.submit(write(fd, Buffer.from('d'), { offset: 0 }))
    await io.submit(close(fd))
    assert.equal(readFileSync(at('append'), 'latin1'), 'abcd')
  })

  it('asks the system even for nothing, so that a bad descriptor is told', async () => {
    const empty = Buffer.alloc(0)
    for (const operation of [read(999_999, empty), write(999_999, empty), readv(999_999, []), writev(999_999, [])]) {
      await assert.rejects(io.submit(operation), { code: 'EBADF' })
    }
    const fd = await opened('empty')
    for (const operation of [read(fd, empty), write(fd, empty), readv(fd, []), writev(fd, [])]) assert.equal(await io.submit(operation), 0)
    await io.submit(close(fd))
  })

  it('moves several buffers in one call', async () => {
    const fd = await opened('vectored')
    assert.equal(await io.submit(writev(fd, [Buffer.from('ab'), Buffer.alloc(0), Buffer.from('cde')], 0)), 5)
    const first = Buffer.alloc(1)
    const second = new Uint16Array(2)
    assert.equal(await io.submit(readv(fd, [first, second], 0)), 5)
    assert.equal(first.toString() + Buffer.from(second.buffer).toString(), 'abcde')
    await io.submit(close(fd))
  })

  it('syncs, truncates and tells sizes', async () => {
    const fd = await opened('sizes')
    await io.submit(ftruncate(fd, 5000))
    await io.submit(fsync(fd))
    await io.submit(fdatasync(fd))
    assert.equal((await io.submit(fstatx(fd))).size, 5000)
    await io.submit(truncate(at('sizes'), 3))
    assert.equal(statSync(at('sizes')).size, 3)
    await io.submit(close(fd))
    await assert.rejects(io.submit(truncate(at('no such'), 3)), { code: 'ENOENT', syscall: 'truncate', path: at('no such') })
  })

  it('tells every field of statx that stat knows, to the nanosecond', async () => {
    writeFileSync(at('stat'), 'x'.repeat(4097))
    const given = await io.submit(statx(at('stat')))
    const expected = statSync(at('stat'), { bigint: true })
    assert.equal(given.size, 4097)
    assert.equal(BigInt(given.ino), expected.ino)
    assert.equal(given.mode, Number(expected.mode))
    assert.equal(given.nlink, 1)
    for (const [seconds, nanoseconds, whole] of [
      [given.modifySeconds, given.modifyNanoseconds, expected.mtimeNs], [given.changeSeconds, given.changeNanoseconds, expected.ctimeNs],
      [given.birthSeconds, given.birthNanoseconds, expected.birthtimeNs],
    ] as const) assert.equal(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), whole)
    if (process.platform === 'linux') assert.equal(expected.dev, makeDevice(given.devMajor, given.devMinor))
  })

  it('takes device numbers apart as each platform puts them together', () => {
    for (const [major, minor] of [[8, 1], [259, 300], [0xabcde, 0x12345678]] as const) {
      assert.deepEqual(splitDevice(makeDevice(major, minor), 'linux'), { major, minor })
    }
    assert.deepEqual(splitDevice(0x01000004n, 'darwin'), { major: 1, minor: 4 })
    assert.deepEqual(splitDevice(0xdeadbeefn, 'win32'), { major: 0, minor: 0xdeadbeef })
  })

  it('sets times, before the epoch too, without taking them for now', posix, async () => {
    writeFileSync(at('times'), '')
    await io.submit(utimes(at('times'), 1_000_000_000.5, -86_400.25))
    let given = await io.submit(statx(at('times')))
    assert.deepEqual([given.accessSeconds, given.accessNanoseconds], [1_000_000_000, 500_000_000])
    assert.deepEqual([given.modifySeconds, given.modifyNanoseconds], [-86_401, 750_000_000])
    const fd = await opened('times')
    await io.submit(futimes(fd, new Date(5000), new Date(6500)))
    given = await io.submit(fstatx(fd))
    assert.deepEqual([given.accessSeconds, given.modifySeconds, given.modifyNanoseconds], [5, 6, 500_000_000])
    await io.submit(close(fd))
  })

  it('makes, names, links and removes', posix, async () => {
    await io.submit(mkdir(at('dir'), { mode: 0o750 }))
    assert.equal(statSync(at('dir')).mode & 0o777, 0o750)
    await assert.rejects(io.submit(mkdir(at('dir'))), { code: 'EEXIST', errno: -17 })
    writeFileSync(at('dir/a'), 'a')
    await io.submit(link(at('dir/a'), at('dir/b')))
    await io.submit(symlink('b', at('dir/c')))
    assert.equal(await io.submit(readlink(at('dir/c'))), 'b')
    assert.equal((await io.submit(statx(at('dir/c'), { flags: 0x100 }))).mode & constants.S_IFMT, constants.S_IFLNK)
    assert.equal((await io.submit(statx(at('dir/c')))).nlink, 2)
    await io.submit(rename(at('dir/b'), at('dir/d')))
    await assert.rejects(io.submit(statx(at('dir/c'))), { code: 'ENOENT' })
    await assert.rejects(io.submit(rmdir(at('dir'))), { code: 'ENOTEMPTY' })
    await assert.rejects(io.submit(rename(at('dir/x'), at('dir/y'))), { code: 'ENOENT', path: at('dir/x'), dest: at('dir/y') })
    for (const name of ['a', 'c', 'd']) await io.submit(unlink(at(`dir/${name}`)))
    await io.submit(rmdir(at('dir')))
  })

  it('asks for and changes modes and owners', posix, async () => {
    writeFileSync(at('mode'), '')
    await io.submit(chmod(at('mode'), 0o600))
    assert.equal(statSync(at('mode')).mode & 0o777, 0o600)
    const fd = await opened('mode')
    await io.submit(fchmod(fd, 0o640))
    assert.equal(statSync(at('mode')).mode & 0o777, 0o640)
    await io.submit(close(fd))
    await io.submit(chown(at('mode'), -1, -1))
    symlinkSync('nowhere', at('dangling'))
    await io.submit(chown(at('dangling'), -1, -1, { followSymlinks: false }))
    await assert.rejects(io.submit(chown(at('dangling'), -1, -1)), { code: 'ENOENT' })
    await io.submit(access(at('mode'), constants.R_OK))
    await assert.rejects(io.submit(access(at('no such'))), { code: 'ENOENT', syscall: 'access' })
  })

  it('runs chains one by one and closes what they opened', async () => {
    writeFileSync(at('chained'), '12345')
    const buffer = Buffer.alloc(5)
    const before = await opened('marker')
    await io.submit(close(before))
    const [, count] = await io.submit(chain(open(at('chained')), read(chain.opened, buffer)))
    assert.equal(count, 5)
    assert.equal(buffer.toString(), '12345')
    const again = await opened('marker')
    assert.equal(again, before, 'the lowest free descriptor is the same again')
    await io.submit(close(again))
  })

  it('answers ENOTSUP to what an argument asks beyond node:fs', posix, async () => {
    const fd = await opened('refused')
    const notSupported = { code: 'ENOTSUP' }
    await assert.rejects(io.submit(read(fd, Buffer.alloc(1), { flags: 1 })), notSupported)
    await assert.rejects(io.submit(open('x', { directory: fd })), notSupported)
    await assert.rejects(io.submit(open(at('x'), { resolve: 4 })), notSupported)
    await assert.rejects(io.submit(rename(at('x'), at('y'), { flags: 1 })), notSupported)
    await io.submit(close(fd))
    // An absolute path does not care where a relative one would start.
    await io.submit(close(await io.submit(open(at('fresh'), { directory: 12345, flags: O_RDWR | O_CREAT | O_EXCL }))))
  })

  it('publishes what it has not at all, and the proactor refuses it with a reason', async () => {
    await assert.rejects(io.submit(getdents64(0, Buffer.alloc(100))), { code: 'ENOTSUP', message: /getdents64/ })
    assert.match(io.explain(getdents64(0, Buffer.alloc(1))), /no driver here/)
    assert.equal(io.explain(read(0, Buffer.alloc(1))), "node: fs.read on libuv's threads")
    assert.match(io.explain(open('x', { resolve: 1 })), /ENOTSUP/)
  })

  it('tells EFAULT, not zero bytes, for a buffer detached before it was handed over', async () => {
    writeFileSync(at('detach'), 'abc')
    const fd = await opened('detach')
    const memory = new ArrayBuffer(3)
    const promise = io.submit(read(fd, new Uint8Array(memory), 0))
    structuredClone(memory, { transfer: [memory] })
    await assert.rejects(promise, { code: 'EFAULT' })
    await io.submit(close(fd))
  })
})

function makeDevice(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
}

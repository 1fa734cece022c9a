// What is known of a file, and what of it can be changed.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { chmod, chown, fchmod, fchown, fstatx, futimes, statx, utimes, type Statx } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const AT_SYMLINK_NOFOLLOW = 0x100
const BAD_FD = 987_654
const NANOSECONDS = 1_000_000_000n

/** The numbers of node:fs's Stats in the shape of ours. Access time is left out: looking changes it. */
function fromNode(stats: fs.BigIntStats): Partial<Statx> {
  const time = (ns: bigint): [number, number] => {
    const nanoseconds = ((ns % NANOSECONDS) + NANOSECONDS) % NANOSECONDS
    return [Number((ns - nanoseconds) / NANOSECONDS), Number(nanoseconds)]
  }
  const [modifySeconds, modifyNanoseconds] = time(stats.mtimeNs)
  const [changeSeconds, changeNanoseconds] = time(stats.ctimeNs)
  const [birthSeconds, birthNanoseconds] = time(stats.birthtimeNs)
  return {
    mode: Number(stats.mode), nlink: Number(stats.nlink), uid: Number(stats.uid), gid: Number(stats.gid), size: Number(stats.size),
    ino: Number(stats.ino), blocks: Number(stats.blocks), blockSize: Number(stats.blksize),
    modifySeconds, modifyNanoseconds, changeSeconds, changeNanoseconds, birthSeconds, birthNanoseconds,
    ...device('dev', stats.dev), ...device('rdev', stats.rdev),
  }
}

function device(name: 'dev' | 'rdev', number: bigint): Partial<Statx> {
  if (process.platform === 'win32') return name === 'dev' ? { devMajor: 0, devMinor: Number(number) } : { rdevMajor: 0, rdevMinor: Number(number) }
  const major = Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xffff_f000n))
  const minor = Number((number & 0xffn) | ((number >> 12n) & 0xffff_ff00n))
  return name === 'dev' ? { devMajor: major, devMinor: minor } : { rdevMajor: major, rdevMinor: minor }
}

function picked(statxResult: Statx, like: Partial<Statx>): Partial<Statx> {
  return Object.fromEntries(Object.keys(like).map((name) => [name, statxResult[name as keyof Statx]]))
}

export function attributes(subject: Subject): void {
  family('statx', () => {
    behaviour(subject, 'tells of files, directories, links and devices what node:fs tells', ['real descriptors', 'symlink', 'fifos'], async (world) => {
      await world.put('file', 'x'.repeat(10_000))
      await world.putDirectory('directory')
      await world.link('file', 'link')
      await world.openBoth('sparse', O.O_CREAT | O.O_WRONLY)
      fs.truncateSync(world.path('sparse'), 5_000_000_000)
      world.fifo()
      for (const path of [world.path('file'), world.path('directory'), world.path('link'), world.path('sparse'), world.twinPath('fifo-0'), '/', '/dev/null']) {
        const expected = fromNode(fs.statSync(path, { bigint: true }))
        assert.deepEqual(picked(await world.io.submit(statx(path)), expected), expected, path)
        const ofLink = fromNode(fs.lstatSync(path, { bigint: true }))
        assert.deepEqual(picked(await world.io.submit(statx(path, { flags: AT_SYMLINK_NOFOLLOW })), ofLink), ofLink, `${path}, not followed`)
      }
    })

    behaviour(subject, 'of an open file', ['real descriptors'], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const expected = fromNode(fs.fstatSync(fd, { bigint: true }))
      assert.deepEqual(picked(await world.io.submit(fstatx(fd)), expected), expected)
      assert.deepEqual(picked(await world.io.submit(fstatx({ fd })), expected), expected)
      await assert.rejects(world.io.submit(fstatx(BAD_FD)), { code: 'EBADF' })
    })

    behaviour(subject, 'size and kind', [], async (world) => {
      await world.put('file', 'abcd')
      await world.putDirectory('directory')
      const file = await world.io.submit(statx(world.path('file')))
      assert.equal(file.size, 4)
      assert.equal(file.mode & O.S_IFMT, O.S_IFREG)
      assert.equal((await world.io.submit(statx(world.path('directory')))).mode & O.S_IFMT, O.S_IFDIR)
      assert.equal((await world.io.submit(fstatx(await world.open('file')))).size, 4)
    })

    for (const name of ['nothing', 'file/below', 'loop', 'dangling'] as const) {
      behaviour(subject, `of '${name}' fails as with node:fs`, ['symlink'], async (world) => {
        await world.put('file')
        await world.link('loop', 'loop')
        await world.link('nowhere', 'dangling')
        await world.compare(statx(world.path(name)), () => fs.statSync(world.twinPath(name)), 'statx')
      })
    }

    behaviour(subject, 'times before the epoch and with nanoseconds', ['real descriptors', 'posix times'], async (world) => {
      await world.put('file')
      fs.utimesSync(world.path('file'), new Date(-1500), new Date(-1_000_000_250))
      const { accessSeconds, accessNanoseconds, modifySeconds, modifyNanoseconds } = await world.io.submit(statx(world.path('file')))
      assert.deepEqual([accessSeconds, accessNanoseconds, modifySeconds, modifyNanoseconds], [-2, 500_000_000, -1_000_001, 750_000_000])
    })

    behaviour(subject, 'relative to a directory by descriptor', ['kernel flags'], async (world) => {
      await world.putDirectory('base')
      await world.put('base/file', 'abcde')
      const directory = await world.open('base', O.O_DIRECTORY)
      assert.equal((await world.io.submit(statx('file', { directory }))).size, 5)
    })
  })

  family('mode, owner, times', () => {
    for (const mode of [0, 0o644, 0o755, 0o4755, 0o7777]) {
      behaviour(subject, `chmod and fchmod to 0o${mode.toString(8)}`, ['chmod', 'fchmod'], async (world) => {
        await world.put('file')
        const { ours, theirs } = await world.openBoth('file')
        await world.compare(chmod(world.path('file'), mode), () => fs.chmodSync(world.twinPath('file'), mode))
        assert.equal((await world.io.submit(fstatx(ours))).mode, fs.fstatSync(theirs).mode)
        await world.compare(fchmod(ours, mode ^ 0o111), () => fs.fchmodSync(theirs, mode ^ 0o111))
        assert.equal((await world.io.submit(fstatx(ours))).mode, fs.fstatSync(theirs).mode)
      })
    }

    behaviour(subject, 'chown and fchown; -1 leaves one as it is', ['chown', 'fchown', 'real descriptors'], async (world) => {
      if (process.getuid?.() !== 0) return assert.ok(true, 'only root may give files away')
      await world.put('file')
      const fd = await world.open('file')
      const owner = (): [number, number] => [fs.fstatSync(fd).uid, fs.fstatSync(fd).gid]
      await world.io.submit(chown(world.path('file'), 12, 34))
      assert.deepEqual(owner(), [12, 34])
      await world.io.submit(chown(world.path('file'), -1, 56))
      assert.deepEqual(owner(), [12, 56])
      await world.io.submit(fchown(fd, 78, -1))
      assert.deepEqual(owner(), [78, 56])
    })

    behaviour(subject, 'of a link itself: chown and utimes without following', ['chown', 'utimes', 'symlink', 'real descriptors', 'links'], async (world) => {
      await world.put('file')
      await world.link('file', 'link')
      const before = fs.statSync(world.path('file'))
      await world.io.submit(utimes(world.path('link'), 1, 2, { followSymlinks: false }))
      assert.equal(fs.lstatSync(world.path('link')).mtimeMs, 2000)
      assert.equal(fs.statSync(world.path('file')).mtimeMs, before.mtimeMs)
      if (process.getuid?.() === 0) {
        await world.io.submit(chown(world.path('link'), 5, 6, { followSymlinks: false }))
        assert.equal(fs.lstatSync(world.path('link')).uid, 5)
        assert.equal(fs.statSync(world.path('file')).uid, before.uid)
      }
    })

    for (const [atime, mtime] of [[0, 1], [1_000_000_000.123456, 1_700_000_000.5], [new Date(-1500), new Date(-2250)], [new Date('1999-12-31T23:59:59.999Z'), new Date(0)]] as const) {
      behaviour(subject, `utimes and futimes to ${String(Number(atime))} and ${String(Number(mtime))}`, ['utimes', 'futimes', 'real descriptors'], async (world) => {
        await world.put('file')
        const { ours, theirs } = await world.openBoth('file')
        const same = (): void => {
          const [mine, other] = [fs.fstatSync(ours, { bigint: true }), fs.fstatSync(theirs, { bigint: true })]
          // node:fs passes a double of seconds through libuv, which rounds to what a double holds: compare microseconds.
          assert.equal(mine.mtimeNs / 1000n, other.mtimeNs / 1000n)
          // Wine sets a time of access, and goes on to the present.
          if (process.platform !== 'win32') assert.equal(mine.atimeNs / 1000n, other.atimeNs / 1000n)
        }
        await world.compare(utimes(world.path('file'), atime, mtime), () => fs.utimesSync(world.twinPath('file'), atime, mtime))
        same()
        await world.compare(futimes(ours, mtime, atime), () => fs.futimesSync(theirs, mtime, atime))
        same()
      })
    }

    behaviour(subject, 'of what is not there', ['chmod', 'fchmod', 'chown', 'fchown', 'utimes', 'futimes'], async (world) => {
      const [ours, theirs] = [world.path('nothing'), world.twinPath('nothing')]
      await world.compare(chmod(ours, 0o600), () => fs.chmodSync(theirs, 0o600))
      await world.compare(fchmod(BAD_FD, 0o600), () => fs.fchmodSync(BAD_FD, 0o600))
      await world.compare(chown(ours, 0, 0), () => fs.chownSync(theirs, 0, 0))
      await world.compare(fchown(BAD_FD, 0, 0), () => fs.fchownSync(BAD_FD, 0, 0))
      await world.compare(utimes(ours, 0, 0), () => fs.utimesSync(theirs, 0, 0), 'utimes')
      await world.compare(futimes(BAD_FD, 0, 0), () => fs.futimesSync(BAD_FD, 0, 0), 'futimes')
    })
  })
}

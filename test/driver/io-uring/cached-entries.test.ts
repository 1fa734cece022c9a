// What the kernel's caches can answer at once is carried out without the ring; everything else goes through it. Which one it
// was, the kernel tells: SqHead in the ring's fdinfo counts the entries it took.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chain, fadvise, fdatasync, fstatx, Proactor, read, statx, type Statx, write } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'

const RANDOM = 1
const DONTNEED = 4
const PAGE = 4096
const AT_SYMLINK_NOFOLLOW = 0x100

/** Entries that the kernel took from a proactor's ring so far. */
function entriesTaken(io: Proactor): number {
  return Number(/^SqHead:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${String(io.port)}`, 'utf8'))?.[1])
}

describe('reads from the page cache', { skip: withoutRing }, () => {
  let folder: string
  let content: Buffer
  let fd: number
  let io: Proactor
  before(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'trueaio-'))
    content = Buffer.alloc(64 * PAGE + 100)
    for (let index = 0; index < content.length; index++) content[index] = (index * 7 + (index >> 12)) & 255
    fs.writeFileSync(join(folder, 'file'), content)
    fd = fs.openSync(join(folder, 'file'), 'r')
    io = new Proactor({ driver: 'io-uring' })
  })
  after(async () => {
    fs.closeSync(fd)
    fs.rmSync(folder, { recursive: true })
    await io.close()
  })

  /** Reads, and tells how many entries that took. */
  const reading = async (descriptor: number, length: number, offset: number): Promise<{ bytes: Buffer, entries: number }> => {
    const buffer = Buffer.alloc(length)
    const start = entriesTaken(io)
    const count = await io.submit(read(descriptor, buffer, offset))
    return { bytes: buffer.subarray(0, count), entries: entriesTaken(io) - start }
  }

  /** Everything out of the page cache. False: this file system keeps it. */
  const evict = async (): Promise<boolean> => {
    await io.submit(fdatasync(fd))
    await io.submit(fadvise(fd, 0, 0, DONTNEED))
    return (await reading(fd, PAGE, 0)).entries > 0
  }

  test('cached: no entry, the right bytes, one system call, also at the end and behind it', async () => {
    fs.readFileSync(join(folder, 'file'))
    for (const [length, offset] of [[PAGE, 0], [PAGE, 5], [65536, 1000], [PAGE, content.length - 50], [PAGE, content.length], [PAGE, 2 ** 40], [0, 0]] as const) {
      const calls = io.statistics.systemCalls
      const { bytes, entries } = await reading(fd, length, offset)
      assert.deepEqual([entries, io.statistics.systemCalls - calls], [0, 1], `${String(length)} at ${String(offset)}`)
      assert.ok(bytes.equals(content.subarray(offset, offset + length)))
    }
  })

  test('several in one batch go through the ring; reads at a file\'s position never reach it', async () => {
    const buffers = [Buffer.alloc(PAGE), Buffer.alloc(PAGE)]
    const start = entriesTaken(io)
    await Promise.all(buffers.map((buffer, index) => io.submit(read(fd, buffer, index * PAGE))))
    assert.equal(entriesTaken(io) - start, 2)
    assert.ok(Buffer.concat(buffers).equals(content.subarray(0, 2 * PAGE)))
    const own = fs.openSync(join(folder, 'file'), 'r')
    const first = await reading(own, 100, -1)
    const second = await reading(own, 100, -1)
    fs.closeSync(own)
    assert.deepEqual([first.entries, second.entries], [0, 0])
    assert.ok(Buffer.concat([first.bytes, second.bytes]).equals(content.subarray(0, 200)))
  })

  test('not cached, or only in part: the ring reads all of it', async (context) => {
    if (!(await evict())) {
      context.skip('this file system does not let go of cached pages')
      return
    }
    await io.submit(fadvise(fd, 0, 0, RANDOM)) // no readahead: one page is one page
    for (const offset of [0, 100, 4 * PAGE]) {
      let byRing = false
      // Pages that are just being looked at elsewhere stay: then once more.
      for (let attempt = 0; attempt < 50 && !byRing; attempt++) {
        await evict()
        await Promise.all([offset - (offset % PAGE), 9 * PAGE].map((page) => io.submit(read(fd, Buffer.alloc(PAGE), page))))
        while ((await reading(fd, PAGE, 9 * PAGE)).entries > 0); // until lone reads are tried again
        const { bytes, entries } = await reading(fd, 65536, offset)
        assert.ok(bytes.equals(content.subarray(offset, offset + 65536)), String(offset))
        byRing = entries === 1
      }
      assert.ok(byRing, String(offset))
    }
  })

  test('misses in a row are followed by fewer and fewer attempts, a hit ends that', async () => {
    const fresh = new Proactor({ driver: 'io-uring' })
    const buffer = Buffer.alloc(PAGE)
    const version = fs.openSync('/proc/version', 'r') // procfs knows no RWF_NOWAIT
    for (let count = 0; count < 40; count++) assert.ok(await fresh.submit(read(version, buffer, 0)) > 0)
    fs.closeSync(version)
    fs.readFileSync(join(folder, 'file'))
    const outcomes: number[] = []
    for (let count = 0; count < 40; count++) {
      const start = entriesTaken(fresh)
      await fresh.submit(read(fd, buffer, 0))
      outcomes.push(entriesTaken(fresh) - start)
    }
    // Attempts at 1, 2, 4, 8, 16, 32 of the failing ones: the next comes after 63 in all, that is 23 good ones.
    assert.deepEqual(outcomes, [...new Array<number>(23).fill(1), ...new Array<number>(17).fill(0)])
    await fresh.close()
  })

  test('a file opened with O_DIRECT is read by the ring, past the page cache', async (context) => {
    let direct: number
    try {
      direct = fs.openSync(join(folder, 'file'), fs.constants.O_RDONLY | fs.constants.O_DIRECT)
    } catch {
      context.skip('no O_DIRECT on this file system')
      return
    }
    const buffer = io.buffers.allocate(PAGE)
    const start = entriesTaken(io)
    assert.equal(await io.submit(read(direct, buffer, PAGE)), PAGE)
    assert.equal(entriesTaken(io) - start, 1)
    assert.ok(buffer.equals(content.subarray(PAGE, 2 * PAGE)))
    io.buffers.release(buffer)
    fs.closeSync(direct)
  })
})

describe('statx from the caches', { skip: withoutRing }, () => {
  let folder: string
  let io: Proactor
  before(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'trueaio-'))
    fs.writeFileSync(join(folder, 'file'), 'content')
    fs.symlinkSync('file', join(folder, 'link'))
    fs.symlinkSync('loop', join(folder, 'loop'))
    io = new Proactor({ driver: 'io-uring' })
  })
  after(async () => {
    fs.rmSync(folder, { recursive: true })
    await io.close()
  })

  /** How many entries the ring was given meanwhile. */
  const entriesOf = async (work: () => Promise<unknown>): Promise<number> => {
    const start = entriesTaken(io)
    await work()
    return entriesTaken(io) - start
  }
  const same = (ours: Statx, theirs: fs.Stats): void => {
    const told = [ours.ino, ours.size, ours.mode, ours.nlink, ours.modifySeconds * 1000 + Math.floor(ours.modifyNanoseconds / 1e6)]
    assert.deepEqual(told, [theirs.ino, theirs.size, theirs.mode, theirs.nlink, Math.floor(theirs.mtimeMs)])
  }

  test('one alone, of a file, a directory, through a link, of a link, of a descriptor: no entry, the right answer', async () => {
    const fd = fs.openSync(join(folder, 'file'), 'r')
    // Whoever follows a link notes its time of access, and may wait for that, unless it is later than the link's change.
    fs.lutimesSync(join(folder, 'link'), Date.now() / 1000 + 1000, 0)
    const cases = [
      [statx(join(folder, 'file')), fs.statSync(join(folder, 'file'))],
      [statx(folder), fs.statSync(folder)],
      [statx(join(folder, 'link')), fs.statSync(join(folder, 'file'))],
      [statx(join(folder, 'link'), { flags: AT_SYMLINK_NOFOLLOW }), fs.lstatSync(join(folder, 'link'))],
      [fstatx(fd), fs.fstatSync(fd)],
    ] as const
    const entries: number[] = []
    for (const [operation, theirs] of cases) entries.push(await entriesOf(async () => same(await io.submit(operation), theirs)))
    assert.deepEqual(entries, cases.map(() => 0))
    fs.closeSync(fd)
  })

  test('errors of the lookup that the caches know, without an entry', async () => {
    const failing = async (path: string, code: string): Promise<number> => entriesOf(() => assert.rejects(io.submit(statx(path)), { code, path }))
    await failing(join(folder, 'missing'), 'ENOENT') // the first time perhaps not known
    assert.equal(await failing(join(folder, 'missing'), 'ENOENT'), 0)
    await failing(join(folder, 'file', 'below'), 'ENOTDIR')
    await failing(join(folder, 'loop'), 'ELOOP')
    await failing(join(folder, 'n'.repeat(300)), 'ENAMETOOLONG')
    await failing('', 'ENOENT')
    await assert.rejects(io.submit(fstatx(1_000_000)), { code: 'EBADF' })
  })

  test('a file system that is not known to be local is asked by a worker', async () => {
    const fresh = new Proactor({ driver: 'io-uring' })
    const start = entriesTaken(fresh)
    assert.equal((await fresh.submit(statx('/proc/self/status'))).size, 0)
    assert.equal(entriesTaken(fresh) - start, 1)
    await fresh.close()
  })

  test('several at once go to the workers, the next one alone does not', async () => {
    const paths = Array.from({ length: 40 }, (_, index) => join(folder, `one-of-many-${String(index)}`))
    paths.forEach((path, index) => fs.writeFileSync(path, 'x'.repeat(index)))
    while (await entriesOf(() => io.submit(statx(folder))) > 0); // until attempts are made again
    const entries = await entriesOf(async () => {
      const stats = await Promise.all(paths.map((path) => io.submit(statx(path))))
      assert.deepEqual(stats.map(({ size }) => size), paths.map((_, index) => index))
    })
    assert.equal(entries, paths.length)
    assert.equal(await entriesOf(() => io.submit(statx(folder))), 0)
    await Promise.all(paths.map((path) => fs.promises.unlink(path)))
    await Promise.all(paths.map((path) => assert.rejects(io.submit(statx(path)), { code: 'ENOENT', path })))
  })

  test('no descriptor is left open, and one in a chain stays in its chain', async () => {
    const before = fs.readdirSync('/proc/self/fd').length
    await io.submit(statx(folder))
    assert.equal(fs.readdirSync('/proc/self/fd').length, before)
    const fd = fs.openSync(join(folder, 'file'), 'r+')
    const entries = await entriesOf(async () => {
      const others = Array.from({ length: 8 }, () => io.submit(statx(folder)))
      const [, status] = await io.submit(chain(write(fd, Buffer.from('c'), 0), statx(folder)))
      await Promise.all(others)
      assert.equal(status.mode & fs.constants.S_IFMT, fs.constants.S_IFDIR)
    })
    fs.closeSync(fd)
    assert.equal(entries, 10)
  })
})

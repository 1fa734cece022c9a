// A read alone in its batch that the page cache has is made without the ring; every other goes through it. Which one it was,
// the kernel tells: SqTail in the ring's fdinfo counts the entries that were published.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fadvise, fdatasync, nop, Proactor, read } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'

const RANDOM = 1
const DONTNEED = 4
const PAGE = 4096

/** The descriptors of rings here; Node itself may have some. */
function rings(): number[] {
  return fs.readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${name}`) === 'anon_inode:[io_uring]' ? [Number(name)] : []
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // the listing's own
      throw error
    }
  })
}

/** A proactor, and its ring's descriptor. */
async function makeProactor(): Promise<{ readonly io: Proactor, readonly ring: number }> {
  const others = rings()
  const io = new Proactor({ driver: 'io-uring' })
  await io.submit(nop())
  const [ring] = rings().filter((one) => !others.includes(one))
  assert.ok(ring !== undefined)
  return { io, ring }
}

describe('reads from the page cache', { skip: withoutRing }, () => {
  let folder: string
  let content: Buffer
  let fd: number
  let io: Proactor
  let ring: number
  before(async () => {
    folder = fs.mkdtempSync(join(tmpdir(), 'trueaio-'))
    content = Buffer.alloc(64 * PAGE + 100)
    for (let index = 0; index < content.length; index++) content[index] = (index * 7 + (index >> 12)) & 255
    fs.writeFileSync(join(folder, 'file'), content)
    fd = fs.openSync(join(folder, 'file'), 'r')
    const made = await makeProactor()
    io = made.io
    ring = made.ring
  })
  after(async () => {
    fs.closeSync(fd)
    fs.rmSync(folder, { recursive: true })
    await io.close()
  })

  /** Entries that a proactor's ring was given so far. */
  const published = (ring: number): number => Number(/^SqTail:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${String(ring)}`, 'utf8'))?.[1])

  /** Reads, and tells how many entries that took. */
  const reading = async (descriptor: number, length: number, offset: number): Promise<{ bytes: Buffer, entries: number }> => {
    const buffer = Buffer.alloc(length)
    const start = published(ring)
    const count = await io.submit(read(descriptor, buffer, offset))
    return { bytes: buffer.subarray(0, count), entries: published(ring) - start }
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

  test('several in one batch, and reads at the file\'s own position, go through the ring', async () => {
    const buffers = [Buffer.alloc(PAGE), Buffer.alloc(PAGE)]
    const start = published(ring)
    await Promise.all(buffers.map((buffer, index) => io.submit(read(fd, buffer, index * PAGE))))
    assert.equal(published(ring) - start, 2)
    assert.ok(Buffer.concat(buffers).equals(content.subarray(0, 2 * PAGE)))
    const own = fs.openSync(join(folder, 'file'), 'r')
    const first = await reading(own, 100, -1)
    const second = await reading(own, 100, -1)
    fs.closeSync(own)
    assert.deepEqual([first.entries, second.entries], [1, 1])
    assert.ok(Buffer.concat([first.bytes, second.bytes]).equals(content.subarray(0, 200)))
  })

  test('not cached, or only in part: the ring reads all of it', async (context) => {
    if (!(await evict())) {
      context.skip('this file system does not let go of cached pages')
      return
    }
    await io.submit(fadvise(fd, 0, 0, RANDOM)) // no readahead: one page is one page
    for (const offset of [0, 100, 4 * PAGE]) {
      await evict()
      await Promise.all([offset - (offset % PAGE), 9 * PAGE].map((page) => io.submit(read(fd, Buffer.alloc(PAGE), page))))
      while ((await reading(fd, PAGE, 9 * PAGE)).entries > 0); // until lone reads are tried again
      const { bytes, entries } = await reading(fd, 65536, offset)
      assert.ok(bytes.equals(content.subarray(offset, offset + 65536)), String(offset))
      assert.equal(entries, 1)
    }
  })

  test('misses in a row are followed by fewer and fewer attempts, a hit ends that', async () => {
    const { io: fresh, ring: itsRing } = await makeProactor()
    const buffer = Buffer.alloc(PAGE)
    const version = fs.openSync('/proc/version', 'r') // procfs knows no RWF_NOWAIT
    for (let count = 0; count < 40; count++) assert.ok(await fresh.submit(read(version, buffer, 0)) > 0)
    fs.closeSync(version)
    fs.readFileSync(join(folder, 'file'))
    const outcomes: number[] = []
    for (let count = 0; count < 40; count++) {
      const start = published(itsRing)
      await fresh.submit(read(fd, buffer, 0))
      outcomes.push(published(itsRing) - start)
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
    const start = published(ring)
    assert.equal(await io.submit(read(direct, buffer, PAGE)), PAGE)
    assert.equal(published(ring) - start, 1)
    assert.ok(buffer.equals(content.subarray(PAGE, 2 * PAGE)))
    io.buffers.release(buffer)
    fs.closeSync(direct)
  })
})

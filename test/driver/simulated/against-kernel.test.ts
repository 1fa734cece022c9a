// The simulated driver against a real file system: the same random programs, one operation at a time, on both. Whatever
// comes back, results and errors alike, must be the same.
import assert from 'node:assert/strict'
import { constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  access, chmod, close, copyFileRange, fallocate, fchmod, fdatasync, fstatx, fsync, ftruncate, futimes, getxattr, link, mkdir, open, Proactor, read,
  readlink, readv, rename, rmdir, setxattr, statx, symlink, truncate, unlink, utimes, write, writev, type Operation, type Statx, type SystemError,
} from 'trueaio'
import { simulated } from 'trueaio/simulated'
import { Random } from '#src/driver/simulated/random.js'

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW } = constants
const ENVIRONMENT_SEED = process.env['TRUEAIO_SEED']
const STEPS = 400
const AT_SYMLINK_NOFOLLOW = 0x100

/** One side: a proactor, where its tree is, and the descriptors it got, in order of opening. */
interface Side {
  readonly io: Proactor
  readonly root: string
  readonly descriptors: (number | undefined)[]
  readonly number: 0 | 1
}

/** An operation for one side, and what of its result must be alike. */
interface Step {
  readonly name: string
  readonly make: (side: Side) => Operation
  readonly buffers?: readonly [Buffer, Buffer]
  readonly opens?: boolean
  readonly closes?: number
}

const NAMES = ['a', 'b', 'dir', 'dir/c', 'dir/d', 'dir/sub', 'dir/sub/e', 'link', 'dir/../a', './b', 'dir/', 'a/', 'link/x', 'missing/x', 'a/x', 'long'.repeat(70)] as const
const TARGETS = ['a', 'dir', 'dir/', 'link', 'missing', '../b', '.'] as const

function step(random: Random, openCount: number): Step {
  const path = (): ((side: Side) => string) => {
    const name = random.pick(NAMES)
    return (side) => `${side.root}/${name}`
  }
  const index = openCount === 0 ? 0 : random.integer(0, openCount - 1)
  const fd = (side: Side): number => side.descriptors[index] ?? 999_999_999
  const offset = random.pick([-1, 0, 3, 4095, 4096, 10_000] as const)
  const length = random.pick([0, 1, 5, 100, 5000] as const)
  const data = Buffer.alloc(length, random.integer(97, 122))
  // Not of length 0: on a directory a ring answers 0 to that and read(2) EISDIR.
  const buffers = (): readonly [Buffer, Buffer] => [Buffer.alloc(length + 2), Buffer.alloc(length + 2)]
  const [first, second] = [path(), path()]
  const bits = random.pick([0o600, 0o755, 0o444, 0o000] as const)
  const instants = [random.integer(0, 2_000_000_000), random.integer(0, 1000) / 8] as const
  switch (random.integer(0, 29)) {
    case 0: case 1: case 2: case 3: case 4: {
      const flags = random.pick([O_RDONLY, O_WRONLY, O_RDWR] as const)
        | (random.chance(0.6) ? O_CREAT : 0) | (random.chance(0.1) ? O_EXCL : 0) | (random.chance(0.1) ? O_TRUNC : 0)
        | (random.chance(0.2) ? O_APPEND : 0) | (random.chance(0.1) ? O_NOFOLLOW : 0)
      return { name: `open ${flags.toString(8)}`, make: (side) => open(first(side), { flags, mode: bits }), opens: true }
    }
    case 5: return { name: 'open directory', make: (side) => open(first(side), { flags: O_DIRECTORY }), opens: true }
    case 6: return { name: 'close', make: (side) => close(fd(side)), closes: index }
    case 7: case 8: case 9: {
      const both = buffers()
      return { name: `read ${String(length)} at ${String(offset)}`, make: (side) => read(fd(side), both[side.number], offset), buffers: both }
    }
    case 10: case 11: case 12: return { name: `write ${String(length)} at ${String(offset)}`, make: (side) => write(fd(side), data, offset) }
    case 13: {
      const both = buffers()
      return { name: 'readv', make: (side) => readv(fd(side), [both[side.number].subarray(0, 2), both[side.number].subarray(2)], offset), buffers: both }
    }
    case 14: return { name: 'writev', make: (side) => writev(fd(side), [data, Buffer.from('xyz')], offset) }
    case 15: return { name: 'ftruncate', make: (side) => ftruncate(fd(side), length) }
    case 16: return { name: 'truncate', make: (side) => truncate(first(side), length) }
    case 17: return { name: 'fsync', make: (side) => (offset < 0 ? fsync(fd(side)) : fdatasync(fd(side))) }
    case 18: return { name: 'fstatx', make: (side) => fstatx(fd(side)) }
    case 19: {
      const flags = random.chance(0.5) ? AT_SYMLINK_NOFOLLOW : 0
      return { name: 'statx', make: (side) => statx(first(side), { flags }) }
    }
    case 20: case 21: return { name: 'rename', make: (side) => rename(first(side), second(side)) }
    case 22: return { name: 'unlink', make: (side) => unlink(first(side)) }
    case 23: return { name: 'rmdir', make: (side) => rmdir(first(side)) }
    case 24: return { name: 'mkdir', make: (side) => mkdir(first(side), { mode: 0o755 }) }
    case 25: {
      const target = random.pick(TARGETS)
      return { name: 'symlink', make: (side) => symlink(target, first(side)) }
    }
    case 26: return random.chance(0.5) ? { name: 'link', make: (side) => link(first(side), second(side)) } : { name: 'readlink', make: (side) => readlink(first(side)) }
    case 27: return { name: 'chmod', make: (side) => (offset < 0 ? fchmod(fd(side), bits) : chmod(first(side), bits)) }
    case 28: return { name: 'utimes', make: (side) => (offset < 0 ? futimes(fd(side), ...instants) : utimes(first(side), ...instants)) }
    default:
      return { name: 'access', make: (side) => access(first(side), offset < 0 ? constants.X_OK : constants.F_OK) }
  }
}

async function outcome(side: Side, { make, opens, closes }: Step): Promise<unknown> {
  try {
    const value = await side.io.submit(make(side))
    if (opens === true) {
      side.descriptors.push(value as number)
      return 'opened'
    }
    if (closes !== undefined) side.descriptors[closes] = undefined
    return typeof value === 'object' && value !== null ? comparable(value as Statx) : value
  } catch (error) {
    const { code, syscall } = error as Partial<SystemError>
    if (code === undefined || syscall === undefined) throw error
    return `${code} ${syscall}`
  }
}

const DAY_SECONDS = 86_400
const SIMULATED_EPOCH_SECONDS = 946_684_800

/** What two file systems agree on: not device and inode numbers, nor the sizes of directories, nor the time of day. */
function comparable(stat: Statx): unknown {
  const isDirectory = (stat.mode & constants.S_IFMT) === constants.S_IFDIR
  const fromClock = [Date.now() / 1000, SIMULATED_EPOCH_SECONDS].some((now) => Math.abs(stat.modifySeconds - now) < DAY_SECONDS)
  return {
    mode: stat.mode.toString(8),
    size: isDirectory ? 'of a directory' : stat.size,
    modified: fromClock ? 'the clock' : stat.modifySeconds,
    // Some file systems (btrfs, overlays) count one link for every directory.
    nlink: isDirectory ? 'of a directory' : stat.nlink,
  }
}

describe('simulated driver beside the kernel', { skip: process.platform === 'linux' ? false : 'error codes are compared with Linux' }, () => {
  const seeds = ENVIRONMENT_SEED === undefined ? [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * 7919 + (Date.now() & 0xffff)) : [Number(ENVIRONMENT_SEED)]
  for (const seed of seeds) {
    it(`agrees in ${String(STEPS)} random steps, TRUEAIO_SEED=${String(seed)}`, async () => {
      const random = new Random(seed)
      const directory = mkdtempSync(join(tmpdir(), 'trueaio-beside-'))
      const driver = simulated({ seed })
      const sides: readonly [Side, Side] = [
        { io: new Proactor(), root: join(directory, 'tree'), descriptors: [], number: 0 },
        { io: new Proactor({ driver }), root: '/tree', descriptors: [], number: 1 },
      ]
      mkdirSync(sides[0].root)
      driver.files.mkdir(sides[1].root)
      const trail: string[] = []
      try {
        for (let count = 0; count < STEPS; count++) {
          const next = step(random, sides[0].descriptors.length)
          const [real, simulatedOne] = [await outcome(sides[0], next), await outcome(sides[1], next)]
          const subject = next.make(sides[1]).detail
          trail.push(`${next.name} ${String(subject?.path ?? '')} ${String(subject?.path2 ?? '')} → ${JSON.stringify(real)}`)
          assert.deepEqual(simulatedOne, real, `TRUEAIO_SEED=${String(seed)}\n${trail.join('\n')}`)
          if (next.buffers !== undefined && typeof real === 'number') assert.deepEqual(next.buffers[1], next.buffers[0], `the bytes read, TRUEAIO_SEED=${String(seed)}\n${trail.join('\n')}`)
        }
      } finally {
        for (const side of sides) {
          for (const fd of side.descriptors) if (fd !== undefined) await side.io.submit(close(fd))
          await side.io.close()
        }
        rmSync(directory, { recursive: true })
      }
      assert.equal(driver.openDescriptors, 0)
    })
  }
})

describe('simulated driver: allocation, copies, attributes as on Linux', () => {
  it('leaves the position of a file that appends where it is when nothing is written', async () => {
    const driver = simulated({ seed: 5 })
    driver.files.write('/f', 'content')
    await using io = new Proactor({ driver })
    const fd = await io.submit(open('/f', { flags: O_RDWR | O_APPEND }))
    assert.equal(await io.submit(write(fd, Buffer.alloc(0))), 0)
    assert.equal(await io.submit(read(fd, Buffer.alloc(10))), 7)
    await io.submit(close(fd))
  })

  it('keeps the rules of fallocate, copy_file_range and xattrs', async () => {
    const driver = simulated({ seed: 5 })
    await using io = new Proactor({ driver })
    const fd = await io.submit(open('/f', { flags: O_RDWR | O_CREAT }))
    await io.submit(write(fd, Buffer.alloc(10_000, 1), 0))
    await io.submit(fallocate(fd, 3, 4000, 5000)) // a hole, keeping the size
    const content = driver.files.read('/f')
    assert.deepEqual([content.length, content[3999], content[4000], content[8999], content[9000]], [10_000, 1, 0, 0, 1])
    await io.submit(fallocate(fd, 0, 20_000, 1))
    assert.equal(driver.files.stat('/f').size, 20_001)
    await assert.rejects(io.submit(fallocate(fd, 2, 0, 1)), { code: 'ENOTSUP' })
    const target = await io.submit(open('/g', { flags: O_RDWR | O_CREAT }))
    assert.equal(await io.submit(copyFileRange(fd, target, 9001, { sourceOffset: 1000, targetOffset: 5 })), 9001)
    assert.deepEqual(driver.files.read('/g').subarray(5), driver.files.read('/f').subarray(1000, 10_001))
    await io.submit(setxattr('/g', 'user.mark', Buffer.from('value')))
    const value = Buffer.alloc(10)
    assert.equal(await io.submit(getxattr('/g', 'user.mark', Buffer.alloc(0))), 5)
    assert.equal(await io.submit(getxattr({ fd: target }, 'user.mark', value)), 5)
    assert.equal(value.toString('utf8', 0, 5), 'value')
    await assert.rejects(io.submit(getxattr('/g', 'user.mark', Buffer.alloc(2))), { code: 'ERANGE' })
    await assert.rejects(io.submit(setxattr('/g', 'user.mark', value, 1)), { code: 'EEXIST' })
    for (const open of [fd, target]) await io.submit(close(open))
    assert.equal(driver.openDescriptors, 0)
  })
})

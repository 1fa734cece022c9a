// What goes wrong in the matrix: each fault makes a place to write in, begins before a cell and ends after it.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuse, withoutFuse, type FuseFaults } from '../fuse.js'
import type { Simulation } from './simulations.js'
import { ROOM, SHORT } from './way.js'

export interface Place {
  readonly directory: string
  /** The fault begins. */
  begin(): Promise<void> | void
  /** Runs beside the way. @param ended resolves with the way */
  meanwhile?(ended: Promise<unknown>): Promise<void>
  /** The fault ends, so that the file can be looked at. */
  end(): Promise<void> | void
  /** The place goes. */
  remove(): Promise<void> | void
}

export interface Fault {
  readonly name: string
  /** Why it cannot be made here; false: it can. */
  readonly missing: () => string | false
  /** What a way may be told instead of success. */
  readonly codes: readonly string[]
  /** Who has to be told: every way, those that hear what close or sync says, or nobody. */
  readonly tells: 'every way' | 'close' | 'sync' | 'nobody'
  /** The file is gone with its place: nothing but the error can be looked at. Each cell has a place of its own. */
  readonly fatal?: true
  readonly make: () => Promise<Place> | Place
  /** Makes the simulation that the fault is of, one for each cell. */
  readonly simulation?: () => Simulation
}

const PAGE = 4096

function nothing(): void {
  // some faults have nothing to begin or to end
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'trueaio-matrix-'))
}

function mounted(options: string): { readonly directory: string; readonly refusal: string | false } {
  const directory = folder()
  const given = ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]
  const { error, status, stderr } = spawnSync('mount', given, { encoding: 'utf8' })
  return { directory, refusal: status === 0 ? false : `mount of a tmpfs: ${error?.message ?? stderr.trim()}` }
}

function unmount(directory: string): void {
  spawnSync('umount', ['--lazy', directory])
  rmSync(directory, { recursive: true })
}

let tmpfsRefusal: string | false | undefined

function withoutTmpfs(): string | false {
  if (tmpfsRefusal === undefined) {
    const { directory, refusal } = mounted('size=64k')
    tmpfsRefusal = refusal
    if (refusal === false) unmount(directory)
    else rmSync(directory, { recursive: true })
  }
  return tmpfsRefusal
}

function prlimit(...limits: readonly string[]): boolean {
  return spawnSync('prlimit', ['--pid', String(process.pid), ...limits]).status === 0
}

function withoutPrlimit(): string | false {
  return prlimit() ? false : 'there is no prlimit (util-linux)'
}

function onFuse(name: string, faults: FuseFaults, codes: readonly string[], tells: Fault['tells']): Fault {
  return {
    name, codes, tells, missing: withoutFuse,
    async make() {
      const { directIo } = faults
      const mount = await fuse()
      return {
        directory: mount.path,
        begin: () => mount.set(faults),
        end: () => mount.set(directIo === undefined ? {} : { directIo }),
        remove: () => mount[Symbol.asyncDispose](),
      }
    },
  }
}

/** This process's own soft limit, set once for all cells: each change of it is a program that is started. */
function limited(
  name: string, resource: 'fsize' | 'nofile', limit: number, tells: Fault['tells'], codes: readonly string[],
  begin: () => () => void,
): Fault {
  return {
    name, codes, tells, missing: withoutPrlimit,
    make() {
      // In memory where that is allowed: a disk's syncs would be most of the time.
      const { directory, refusal } = mounted('size=16m')
      if (!prlimit(`--${resource}=${String(limit)}:`)) throw new Error(`RLIMIT_${resource} could not be set`)
      let undo = nothing
      return {
        directory,
        begin() {
          undo = begin()
        },
        end: () => undo(),
        remove() {
          prlimit(`--${resource}=${resource === 'fsize' ? 'unlimited' : '4096'}:`)
          if (refusal === false) unmount(directory)
          else rmSync(directory, { recursive: true })
        },
      }
    },
  }
}

/** Takes every descriptor there is; gives them back. */
function takeDescriptors(): () => void {
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
  }
  return () => {
    for (const fd of taken) closeSync(fd)
  }
}

/** Without a listener the signal ends the process. */
function ignoreSizeSignal(): () => void {
  process.on('SIGXFSZ', nothing)
  return () => process.off('SIGXFSZ', nothing)
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'none', codes: [], tells: 'nobody', missing: () => false,
    make() {
      const directory = folder()
      return { directory, begin: nothing, end: nothing, remove: () => rmSync(directory, { recursive: true }) }
    },
  },
  {
    name: 'full tmpfs', codes: ['ENOSPC', SHORT], tells: 'every way', missing: withoutTmpfs,
    make() {
      const { directory } = mounted(`size=${String(ROOM)}`)
      return { directory, begin: nothing, end: nothing, remove: () => unmount(directory) }
    },
  },
  limited('RLIMIT_FSIZE', 'fsize', ROOM, 'every way', ['EFBIG', SHORT], ignoreSizeSignal),
  limited('no descriptor left', 'nofile', 256, 'nobody', ['EMFILE'], takeDescriptors),
  onFuse('full FUSE', { spaceBytes: ROOM }, ['ENOSPC', SHORT], 'every way'),
  onFuse('full FUSE, direct_io', { spaceBytes: ROOM, directIo: true }, ['ENOSPC', SHORT], 'every way'),
  onFuse(
    'EIO at a later write',
    { fail: { write: { code: 'EIO', after: 1 } }, writeBytesMax: 12 * PAGE },
    ['EIO', SHORT], 'every way',
  ),
  onFuse(
    'EIO at a later write, direct_io',
    { directIo: true, fail: { write: { code: 'EIO', after: 3 } }, writeBytesMax: 9 * PAGE },
    ['EIO', SHORT], 'every way',
  ),
  onFuse(
    'EIO at one write',
    { directIo: true, fail: { write: { code: 'EIO', after: 2, times: 1 } }, writeBytesMax: 9 * PAGE },
    ['EIO', SHORT], 'nobody',
  ),
  onFuse(
    'EINTR at one write',
    { directIo: true, fail: { write: { code: 'EINTR', after: 2, times: 1 } }, writeBytesMax: 9 * PAGE },
    ['EINTR', SHORT], 'nobody',
  ),
  onFuse('short writes', { directIo: true, writeBytesMax: 5 * PAGE }, [SHORT], 'nobody'),
  onFuse('slow writes', { slow: { write: 3 } }, [SHORT], 'nobody'),
  onFuse('EIO at close', { fail: { flush: { code: 'EIO' } } }, ['EIO'], 'close'),
  onFuse('EIO at sync', { fail: { fsync: { code: 'EIO' } } }, ['EIO'], 'sync'),
  {
    name: 'dead mount', codes: ['ECONNABORTED', 'ENOTCONN', 'EIO'], tells: 'every way', fatal: true, missing: withoutFuse,
    async make() {
      const mount = await fuse({ hang: ['write'] })
      return {
        directory: mount.path,
        begin: nothing,
        async meanwhile(ended) {
          // A way may end without having written: the daemon then ends before it can answer.
          await Promise.race([ended, mount.held(1).catch(() => undefined)])
          await mount[Symbol.asyncDispose]()
        },
        end: nothing,
        remove: () => mount[Symbol.asyncDispose](),
      }
    },
  },
]

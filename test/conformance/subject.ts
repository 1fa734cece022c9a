// The driver under test, and what it documents that it cannot do.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Opcode } from '#src/operation/opcode.js'
import { loadBinding } from '#src/native/load.js'
import type { DriverFactory } from 'trueaio'

/** What a behaviour may need besides operations. */
export type Feature =
  /** Multishot timers and polls (capabilities.multishot). */
  | 'multishot'
  /** A cancel ends what is already running (capabilities.cancellation is not 'queued'). */
  | 'stops what runs'
  /** The thread can wait for what the loop has already handed over: runSync and waitSync while others are in flight. */
  | 'blocks'
  /** preadv2 and pwritev2 flags, openat2 resolve flags, directories by descriptor, renameat2 flags. */
  | 'kernel flags'
  /** A read that meets EAGAIN waits for the descriptor to be ready. */
  | 'waits on non-blocking descriptors'
  /** Aligned buffers, which the addon maps whatever the driver. */
  | 'addon'
  /** Timers take real time. */
  | 'real time'
  /** Unknown advice and flags are refused. */
  | 'checks flags'
  /** Descriptors are this process's own: pipes, /proc, node:fs see the same ones. */
  | 'real descriptors'
  /** FIFOs. */
  | 'fifos'
  /** Names may hold any byte but a slash, and paths 4,095 of them. */
  | 'posix names'
  /** Permission bits are the file's own. */
  | 'posix modes'
  /** Times before 1970. */
  | 'posix times'
  /** Symbolic links can be made. */
  | 'links'
  /** It looks into /dev or /proc, or runs a program of Unix. */
  | 'unix'
  /** A transfer at an offset leaves the current position alone, also while others go on at it. */
  | 'offsets apart'

export interface Subject {
  readonly name: string
  /** By name; several: a ladder. Or a new one for each world. */
  readonly driver: string | readonly string[] | (() => DriverFactory)
  /** Where its files live. Simulated: in memory. */
  readonly storage: 'disk' | 'memory'
  /** By operation name ('readlink') or feature: why not. Operations are checked against what the driver publishes. */
  readonly lacks: Readonly<Partial<Record<Feature | OperationName, string>>>
}

export type OperationName = Lowercase<Exclude<keyof typeof Opcode, 'REFLINK'>> | 'ioctl_ficlone'

/** A behaviour's needs. */
export type Needs = readonly (Feature | OperationName)[]

/** What this system lacks, whatever the driver. */
const NOT_HERE: Readonly<Partial<Record<Feature | OperationName, string>>> = process.platform !== 'win32' ? {} : {
  'fifos': 'Windows has no FIFOs; test/driver/iocp has named pipes',
  'posix names': 'Windows has other rules for names',
  'posix modes': 'Windows has one bit of a mode: whether a file may be written',
  'posix times': 'libuv tells of seconds from 1970 on there',
  'unix': 'it needs what only Unix has',
  ...(makesLinks() ? {} : { links: 'no symbolic link can be made here (Wine 8 makes none, Windows needs a right for it)' }),
}

function makesLinks(): boolean {
  const folder = fs.mkdtempSync(join(tmpdir(), 'trueaio-link-'))
  try {
    fs.symlinkSync('target', join(folder, 'link'))
    return fs.lstatSync(join(folder, 'link')).isSymbolicLink()
  } catch {
    return false
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** Why this subject cannot show the behaviour; false: it can. */
export function reasonToSkip(subject: Subject, needs: Needs): string | false {
  for (const need of needs) {
    const reason = subject.lacks[need] ?? NOT_HERE[need] ?? (need === 'addon' ? loadBinding().reason : undefined)
    if (reason !== undefined) return `${need}: ${reason}`
  }
  return false
}

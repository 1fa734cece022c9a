// ① interface — posix-aio: what a descriptor is, found out in a fraction of a microsecond where the addon is there.
import { constants } from 'node:fs'
import { nodeFs } from '../driver/node/own-functions.js'
import { SYS } from '../operation/system-call-numbers.js'
import { Errno } from '../operation/system-error.js'
import type { Binding } from '../native/binding.js'
import { loadBinding } from '../native/load.js'

/** What lseek(2), pread(2) and pwrite(2) answer for what has no position. */
export const ESPIPE = -29
const F_GETFL = 3
const SEEK_CUR = 1
const O_ACCMODE = 3

export interface DescriptorFacts {
  /** False: not one of this process's descriptors, so nothing else here is known of it. */
  readonly known: boolean
  /** It has no position: a pipe, a socket, a terminal. */
  readonly stream: boolean
  readonly appends: boolean
  readonly writable: boolean
}

const UNKNOWN: DescriptorFacts = { known: false, stream: false, appends: false, writable: true }

function facts(flags: number, stream: boolean): DescriptorFacts {
  return { known: true, stream, appends: (flags & constants.O_APPEND) !== 0, writable: (flags & O_ACCMODE) !== constants.O_RDONLY }
}

const callArguments = new BigInt64Array(6)
// The same memory by halves: no BigInt has to be made for a descriptor. Descriptors are ≥ 0, so the upper half stays 0.
const halves = new Int32Array(callArguments.buffer)
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

function systemCall(binding: Binding, number: number, first: number, second: number, third: number): number {
  const low = littleEndian ? 0 : 1
  halves[low] = first
  halves[low + 2] = second
  halves[low + 4] = third
  return binding.systemCall(number, callArguments)
}

/** Looks at a descriptor ≥ 0. */
export function lookAt(fd: number): DescriptorFacts {
  const { binding } = loadBinding()
  const { fcntl, lseek } = SYS
  if (binding === undefined || fcntl === undefined || lseek === undefined) return lookThroughNode(fd)
  const flags = systemCall(binding, fcntl, fd, F_GETFL, 0)
  if (flags < 0) return UNKNOWN
  return facts(flags, systemCall(binding, lseek, fd, 0, SEEK_CUR) === ESPIPE)
}


function lookThroughNode(fd: number): DescriptorFacts {
  try {
    const status = nodeFs.fstatSync(fd)
    const [, flags] = /^flags:\s*([0-7]+)$/m.exec(nodeFs.readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1')) ?? []
    return facts(parseInt(flags ?? '0', 8), !(status.isFile() || status.isBlockDevice() || status.isDirectory()))
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException
    // No /proc, or not a descriptor: nothing is known, and requests on it run one after the other.
    if (errno === Errno.EBADF || code === 'ENOENT' || code === 'EACCES') return UNKNOWN
    throw error
  }
}

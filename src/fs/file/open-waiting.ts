// ① interface — opening named pipes. io_uring first tries an open without waiting, and for that adds O_NONBLOCK: a pipe
// opens at once where open(2) waits for its other end (as of kernel 6.18; O_CREAT and O_TRUNC skip that try). Here the
// wait is made up for: for the reading end by a poll, for the writing end by an open on a thread of the pool.
import { constants } from 'node:fs'
import { nodeFs } from '../node/index.js'
import { ownDescriptors } from '../../native/load.js'
import { call } from '../../operation/call.js'
import { close } from '../../operation/file.js'
import { AT_FDCWD, kept, open } from '../../operation/path.js'
import { poll, PollEvent } from '../../operation/timer.js'
import { request, type Countdown, type PathBytes } from '../request/index.js'

const { O_CREAT, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants
const ACCESS_MODE = 3
const O_CLOEXEC = 0o2000000

function isTriedWithoutWaiting(flags: number, access: number): boolean {
  return (flags & (ACCESS_MODE | O_CREAT | O_TRUNC | O_NONBLOCK)) === access
}

/** Whether what was opened is a pipe whose writer should have been waited for. One fstat of an open file: a microsecond. */
export function isUnawaitedPipe(fd: number, flags: number): boolean {
  return isTriedWithoutWaiting(flags, O_RDONLY) && nodeFs.fstatSync(fd).isFIFO()
}

/** Waits until a writer has written or gone. (Not the end of a pipe that no writer has opened yet: poll tells these apart.) */
export async function writerCame(fd: number, countdown: Countdown | undefined): Promise<void> {
  await request(poll(fd, PollEvent.POLLIN), countdown?.options, 'open')
}

/** Opens a file for the drop-in: what open(2) waits for is waited for. */
export function openFile<Result = number>(path: PathBytes, flags: number, mode: number, countdown: Countdown | undefined, convert?: (fd: number) => Result): Promise<Result> {
  // Without a reader there, the try without waiting fails with ENXIO. In a worker Node opens the number that a program gets, and waits.
  const isNodes = convert === undefined && ownDescriptors() !== undefined
  if (isTriedWithoutWaiting(flags, O_WRONLY) && !isNodes) return openOnThread(path, flags, mode, countdown, convert)
  const opening = open(path, { flags, mode })
  // What becomes a FileHandle is nobody else's to close; a number that a program gets is.
  return request(convert === undefined ? opening : kept(opening), countdown?.options, 'open', path, undefined, (fd: number) => {
    if (isUnawaitedPipe(fd, flags)) return awaitWriter(fd, countdown, convert)
    return convert === undefined ? fd : convert(fd)
  }) as Promise<Result>
}

async function awaitWriter<Result>(fd: number, countdown: Countdown | undefined, convert: ((fd: number) => Result) | undefined): Promise<Result | number> {
  try {
    await writerCame(fd, countdown)
  } catch (error) {
    await request(close(fd), undefined, 'close')
    throw error
  }
  return convert === undefined ? fd : convert(fd)
}

function openOnThread<Result>(path: PathBytes, flags: number, mode: number, countdown: Countdown | undefined, convert: ((fd: number) => Result) | undefined): Promise<Result> {
  const text = typeof path === 'string' ? path : Buffer.concat([path, Buffer.alloc(1)])
  const opening = call('openat', AT_FDCWD, text, flags | O_CLOEXEC, mode)
  return request(convert === undefined ? opening : kept(opening), countdown?.options, 'open', path, undefined, convert)
}

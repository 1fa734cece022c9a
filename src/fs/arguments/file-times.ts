// ① interface — utimes as Node does it: libuv has the time as a number of seconds and cuts what comes after its last digit,
// where the engine's own operation (②) takes the nearest nanosecond. Up to 1.51 libuv keeps microseconds only.
import type { Operation } from '../../operation/operation.js'
import * as operation from '../../operation/path.js'
import type { PathBytes } from '../request/index.js'

const LINK_ITSELF = { followSymlinks: false }
const NANOSECONDS = 1e9

const [major = 0, minor = 0] = process.versions.uv.split('.').map(Number)
const KEEPS_MICROSECONDS: boolean = major === 1 && minor < 52

/** utimes, or lutimes. Times are in seconds. */
export function utimesOf(path: PathBytes, access: number, modify: number, isLink = false): Operation<void> {
  return cut(operation.utimes(path, access, modify, isLink ? LINK_ITSELF : {}), access, modify)
}

/** futimes. */
export function futimesOf(fd: number, access: number, modify: number): Operation<void> {
  return cut(operation.futimes(fd, access, modify), access, modify)
}

function cut(made: Operation<void>, access: number, modify: number): Operation<void> {
  const { detail } = made
  if (detail === undefined) return made
  ;({ seconds: detail.seconds, nanoseconds: detail.nanoseconds } = cutSeconds(access))
  ;({ seconds: detail.seconds2, nanoseconds: detail.nanoseconds2 } = cutSeconds(modify))
  return made
}

function cutSeconds(time: number): { seconds: number, nanoseconds: number } {
  const seconds = Math.trunc(time)
  let nanoseconds = Math.trunc((time - seconds) * NANOSECONDS)
  if (KEEPS_MICROSECONDS) nanoseconds -= nanoseconds % 1000
  return nanoseconds < 0 ? { seconds: seconds - 1, nanoseconds: nanoseconds + NANOSECONDS } : { seconds, nanoseconds }
}

// ① interface — whether the client's copy is still good: ETag, Last-Modified and the conditions about them, RFC 9110, section 13.
import type { IncomingHttpHeaders } from 'node:http'
import type { Statx } from '../../operation/path.js'

export interface Validators {
  readonly etag: string
  readonly modifiedSeconds: number
}

/** A file that has just changed may change again within one tick of the kernel's clock, and look the same. */
const SETTLED_SECONDS = 2

/** @param coding what its bytes are sent in: each coding is an answer of its own */
export function validatorsOf(stats: Statx, coding: string | undefined): Validators {
  const { size, ino, modifySeconds, modifyNanoseconds, changeSeconds, changeNanoseconds } = stats
  const parts = [size, ino, modifySeconds, modifyNanoseconds, changeSeconds, changeNanoseconds].map((part) => part.toString(36)).join('-')
  const isSettled = changeSeconds <= Date.now() / 1000 - SETTLED_SECONDS
  return { etag: `${isSettled ? '' : 'W/'}"${parts}${coding === undefined ? '' : `-${coding}`}"`, modifiedSeconds: modifySeconds }
}

export function dateText(seconds: number): string {
  return new Date(seconds * 1000).toUTCString()
}

function secondsOf(text: string | undefined): number | undefined {
  // Other forms of dates than HTTP's are none.
  if (text === undefined || !/^\w{3,9},? /.test(text)) return undefined
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000
}

const opaque = (etag: string): string => etag.replace(/^W\//, '')

function isListed(list: string, etag: string, isStrong: boolean): boolean {
  if (list.trim() === '*') return true
  const tags: readonly string[] = list.match(/(?:W\/)?"[^"]*"/g) ?? []
  return isStrong ? !etag.startsWith('W/') && tags.includes(etag) : tags.some((tag) => opaque(tag) === opaque(etag))
}

/** The status that the conditions ask for. Undefined: go on. */
export function statusByConditions(headers: IncomingHttpHeaders, { etag, modifiedSeconds }: Validators): 304 | 412 | undefined {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  if (match !== undefined) {
    if (!isListed(match, etag, true)) return 412
  } else {
    const unmodified = secondsOf(headers['if-unmodified-since'])
    if (unmodified !== undefined && modifiedSeconds > unmodified) return 412
  }
  if (noneMatch !== undefined) return isListed(noneMatch, etag, false) ? 304 : undefined
  const modified = secondsOf(headers['if-modified-since'])
  return modified !== undefined && modifiedSeconds <= modified ? 304 : undefined
}

/** Whether a Range counts: If-Range names the very bytes that are there. */
export function rangeCounts(ifRange: string | undefined, { etag, modifiedSeconds }: Validators): boolean {
  if (ifRange === undefined) return true
  if (/^(W\/)?"/.test(ifRange.trim())) return !etag.startsWith('W/') && ifRange.trim() === etag
  return !etag.startsWith('W/') && secondsOf(ifRange) === modifiedSeconds
}

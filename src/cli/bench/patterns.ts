// ① interface — fio's patterns of bytes: numbers, strings in quotes, and both one after the other; and what a job's writes hold.
import { randomFillSync } from 'node:crypto'
import type { Job } from './job.js'
import { wrongValue } from './units.js'

/** `0xdeadbeef`, `"text"`, `-1`, `0xff"ab"12`: the bytes, as base64. @throws Refusal */
export function patternOf(option: string, text: string): string {
  const parts: Buffer[] = []
  let rest = text.trim()
  while (rest !== '') {
    const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(rest)
    const hex = /^0x([0-9a-f]+)/i.exec(rest)
    const number = /^-?\d+/.exec(rest)
    const match = quoted ?? hex ?? number
    if (match === null) throw wrongValue(option, text, 'bytes such as 0xdeadbeef, "text" or 255')
    if (quoted !== null) parts.push(Buffer.from((quoted[1] as string).replace(/\\(.)/g, '$1'), 'utf8'))
    else if (hex !== null) {
      const digits = hex[1] as string
      parts.push(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'))
    } else parts.push(numberBytes(Number(match[0])))
    rest = rest.slice(match[0].length).trimStart()
  }
  const bytes = Buffer.concat(parts)
  if (bytes.length === 0 || bytes.length > 512) throw wrongValue(option, text, '1 to 512 bytes')
  return bytes.toString('base64')
}

/** As few bytes as hold it, the lowest first. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value | 0)
  let length = 4
  while (length > 1 && value >= 0 && bytes[length - 1] === 0) length--
  return bytes.subarray(0, value < 0 ? 4 : length)
}

/** Fills a unit's memory as the job says; with chance where it says nothing, so that nothing can be compressed away. */
export function fill(memory: Buffer, { pattern, zeroBuffers }: Job): void {
  if (pattern !== undefined) memory.fill(Buffer.from(pattern, 'base64'))
  else if (zeroBuffers) memory.fill(0)
  else randomFillSync(memory)
}

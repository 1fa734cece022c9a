// ① interface — parts of a file by the header Range: RFC 9110, section 14.

/** Bytes of a file from `start` up to, and without, `end`. */
export interface Slice {
  readonly start: number
  readonly end: number
}

/** More parts than that, or parts that overlap into more than the file, are answered with the whole file: such a request asks for work, not for bytes. */
const SLICES_MAX = 16
const HEADER_LENGTH_MAX = 1024

export function lengthOf(slices: readonly Slice[]): number {
  return slices.reduce((sum, { start, end }) => sum + end - start, 0)
}

/** Undefined: the header is none that counts, and all of it is sent. Empty: none of its parts is in the file. */
export function slicesOf(header: string | undefined, size: number): readonly Slice[] | undefined {
  const [, list] = header === undefined || header.length > HEADER_LENGTH_MAX ? [] : /^bytes\s*=(.*)$/i.exec(header) ?? []
  if (list === undefined) return undefined
  const slices: Slice[] = []
  for (const part of list.split(',')) {
    if (part.trim() === '') continue
    const [, first, last] = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(part) ?? []
    if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
    if (first === '') {
      const start = Math.max(0, size - Number(last))
      if (start < size) slices.push({ start, end: size })
      continue
    }
    const start = Number(first)
    if (last !== '' && Number(last) < start) return undefined
    if (start < size) slices.push({ start, end: last === '' ? size : Math.min(size, Number(last) + 1) })
  }
  if (list.replaceAll(/[\s,]/g, '') === '' || slices.length > SLICES_MAX || (slices.length > 1 && lengthOf(slices) > size)) return undefined
  return slices
}

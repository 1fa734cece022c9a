// ① interface — where a file with holes has data: a copy leaves the rest as it is in a new file.
import { call } from '../../operation/call.js'
import { Opcode } from '../../operation/opcode.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { OpenSource } from '../ends/end.js'
import type { Span } from './ranges.js'

const SEEK_DATA = 3
const SEEK_HOLE = 4
const ENXIO = -6
/** Of a file in more parts than this the rest is read: zeros are then found by looking. */
const SPANS_MAX = 4096

/** All of a source whose size is known. */
export function wholeSpan({ size = 0 }: OpenSource): readonly Span[] {
  return size === 0 ? [] : [{ offset: 0, length: size }]
}

/** The parts of a source with offsets that have data; all of it, where nobody can tell. */
export async function dataSpans(io: Proactor, source: OpenSource, signal: AbortSignal): Promise<readonly Span[]> {
  const size = source.size ?? 0
  const { descriptor, facts } = source
  if (facts?.isSparse !== true || source.isOurs !== true || descriptor?.offset === undefined || !io.offers(Opcode.CALL)) return wholeSpan(source)
  const { fd, offset: base } = descriptor
  const spans: Span[] = []
  const seek = (from: number, whence: number): Promise<number> => io.submit(call('lseek', fd, from, whence), { signal })
  for (let at = base; at < base + size;) {
    if (spans.length === SPANS_MAX) {
      spans.push({ offset: at - base, length: base + size - at })
      break
    }
    let data: number
    try {
      data = await seek(at, SEEK_DATA)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno !== ENXIO) return wholeSpan(source)
      break
    }
    if (data >= base + size) break
    const hole = Math.min(await seek(data, SEEK_HOLE), base + size)
    spans.push({ offset: data - base, length: hole - data })
    at = hole
  }
  return spans
}

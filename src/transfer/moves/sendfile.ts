// ① interface — a file to a connection inside the kernel.
import { endedEarly } from '../ends/file-source.js'
import { located } from '../errors.js'
import { Ranges } from '../pieces/ranges.js'
import type { Move } from './move.js'

/** Progress is reported this often. */
const PIECE_BYTES = 4 * 2 ** 20

export const sendfileMove: Move = {
  name: 'sendfile',
  capabilities: { where: 'kernel', from: ['file'], to: ['socket'], bytesPerCpuSecond: 1.3e9 },
  can({ source, target, through }) {
    if (source.kind !== 'file' || source.descriptor?.offset === undefined || source.size === undefined) return 'from files of known size only'
    if (target.connection === undefined) return 'to connections only'
    return through === undefined ? true : 'the bytes are needed here, for what they go through'
  },
  async run(flow, spans) {
    const { source, target, pace, signal } = flow
    const { fd, offset = 0 } = source.descriptor ?? { fd: -1 }
    const ranges = new Ranges(spans, Math.min(PIECE_BYTES, pace?.pieceBytes ?? PIECE_BYTES))
    for (let span = ranges.next(); span !== undefined; span = ranges.next()) {
      await pace?.take(span.length)
      let bytes: number
      try {
        bytes = await target.connection?.sendFile(fd, { offset: offset + span.offset, length: span.length, signal }) ?? 0
      } catch (error) {
        throw located(error, { end: `target ${flow.targetName}`, step: 'send', offset: span.offset, device: sendfileMove.name })
      }
      flow.moved(bytes)
      flow.wrote(bytes)
      if (bytes < span.length) {
        const at = span.offset + bytes
        throw located(endedEarly(source.size ?? 0, at), { end: `source ${flow.sourceName}`, step: 'send', offset: at, device: sendfileMove.name })
      }
    }
  },
}

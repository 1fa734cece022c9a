// ① interface — file to file inside the kernel, which shares blocks where the file system can.
import { copyFileRange } from '../../operation/copy.js'
import { endedEarly } from '../ends/file-source.js'
import { located } from '../errors.js'
import { Ranges } from '../pieces/ranges.js'
import { attempted, made, type Move } from './move.js'

/** An abort waits for no more than this: some 5 ms of copying. */
const PIECE_BYTES = 16 * 2 ** 20

export const copyFileRangeMove: Move = {
  name: 'copy_file_range',
  capabilities: { where: 'kernel', from: ['file'], to: ['file'], bytesPerCpuSecond: 1.4e9 },
  can({ source, target, through, noted }) {
    if (source.kind !== 'file' || target.kind !== 'file') return 'between files only'
    if (source.descriptor === undefined || source.size === undefined) return 'the source has no size that is known'
    if (source.descriptor.offset === undefined || target.descriptor?.offset === undefined) return 'both files need offsets'
    if (through !== undefined) return 'the bytes are needed here, for what they go through'
    return noted === undefined ? true : 'the bytes are needed here, for the checksums of the journal'
  },
  async run(flow, spans) {
    const { source, target, pace } = flow
    const { fd, offset = 0 } = source.descriptor ?? { fd: -1 }
    const { fd: targetFd, offset: targetOffset = 0 } = target.descriptor ?? { fd: -1 }
    const ranges = new Ranges(spans, Math.min(PIECE_BYTES, pace?.pieceBytes ?? PIECE_BYTES))
    let isFirst = true
    for (let span = ranges.next(); span !== undefined; span = ranges.next()) {
      await pace?.take(span.length)
      for (let done = 0; done < span.length;) {
        const at = span.offset + done
        const operation = copyFileRange(fd, targetFd, span.length - done, { sourceOffset: offset + at, targetOffset: targetOffset + at })
        let bytes: number
        try {
          bytes = await (isFirst ? attempted(flow, operation) : made(flow, operation))
        } catch (error) {
          if (isFirst && (error as Error).name === 'NotPossible') throw error
          throw located(error, { end: `target ${flow.targetName}`, step: 'copy', offset: at, device: copyFileRangeMove.name })
        }
        if (bytes === 0) throw located(endedEarly(source.size ?? 0, at), { end: `source ${flow.sourceName}`, step: 'copy', offset: at, device: copyFileRangeMove.name })
        isFirst = false
        done += bytes
        flow.moved(bytes)
        flow.wrote(bytes)
      }
    }
  },
}

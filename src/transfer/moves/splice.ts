// ① interface — out of a pipe, or into one, inside the kernel.
import { splice } from '../../operation/copy.js'
import { Errno } from '../../operation/system-error.js'
import { located } from '../errors.js'
import { Ranges } from '../pieces/ranges.js'
import type { Flow } from '../pieces/flow.js'
import { attempted, made, type Move } from './move.js'

/** A pipe holds 64 KiB, or up to 1 MiB. */
const PIECE_BYTES = 2 ** 20
const SPLICE_F_MOVE = 1

export const spliceMove: Move = {
  name: 'splice',
  capabilities: { where: 'kernel', from: ['pipe', 'file', 'socket'], to: ['pipe', 'file', 'socket'], bytesPerCpuSecond: 2e9 },
  can({ source, target, through, noted }) {
    if (source.descriptor === undefined || target.descriptor === undefined) return 'between descriptors only'
    if (source.kind !== 'pipe' && target.kind !== 'pipe') return 'one end must be a pipe'
    return through === undefined && noted === undefined ? true : 'the bytes are needed here, for what they go through'
  },
  async run(flow, spans) {
    const { source, target } = flow
    const from = source.descriptor ?? { fd: -1, offset: undefined }
    const to = target.descriptor ?? { fd: -1, offset: undefined }
    const hasOffsets = source.size !== undefined && from.offset !== undefined
    const wanted = hasOffsets ? spans : [{ offset: 0, length: Math.min(source.limit ?? Infinity, target.room ?? Infinity) }]
    const ranges = new Ranges(wanted, Math.min(PIECE_BYTES, flow.pace?.pieceBytes ?? PIECE_BYTES))
    let isFirst = true
    let written = 0
    for (let span = ranges.next(); span !== undefined; span = ranges.next()) {
      await flow.pace?.take(span.length)
      for (let done = 0; done < span.length;) {
        const at = span.offset + done
        const operation = splice(from.fd, to.fd, span.length - done, {
          sourceOffset: hasOffsets ? from.offset + at : null,
          targetOffset: target.kind === 'file' && to.offset !== undefined ? to.offset + (hasOffsets ? at : written) : null,
          flags: SPLICE_F_MOVE,
        })
        let bytes: number
        try {
          bytes = await (isFirst ? attempted(flow, operation) : made(flow, operation))
        } catch (error) {
          const { name, errno } = error as NodeJS.ErrnoException
          if (name === 'NotPossible') throw error
          if (errno !== Errno.EAGAIN) throw located(error, { end: `target ${flow.targetName}`, step: 'splice', offset: at, device: spliceMove.name })
          await untilReady(flow)
          continue
        }
        isFirst = false
        if (bytes === 0) return
        done += bytes
        written += bytes
        flow.moved(bytes)
        flow.wrote(bytes)
      }
    }
  },
}

/** One of them does not block and is not ready. */
async function untilReady({ io, signal, source, target }: Flow): Promise<void> {
  if (source.readiness !== undefined) await io.submit(source.readiness(), { signal })
  if (target.readiness !== undefined) await io.submit(target.readiness(), { signal })
}

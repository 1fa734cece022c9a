// ① interface — transfer(source, target): opens both ends, chooses how the bytes go, moves them, and makes the target count. A table of contents.
import type { OpenSource, OpenTarget, SourceEnd, TargetEnd } from './ends/end.js'
import { parseSource, parseTarget, type TransferSource, type TransferTarget } from './ends/parse.js'
import { located } from './errors.js'
import { Running, Transfer } from './job.js'
import { moveBytes } from './moves/choose.js'
import { checkTransferOptions, type CheckedTransferOptions, type TransferOptions } from './options.js'
import type { Flow } from './pieces/flow.js'
import { dataSpans } from './pieces/holes.js'
import { Pace } from './pieces/pace.js'

const FILE_PIECE_BYTES = 2 ** 18
const ORDERED_PIECE_BYTES = 2 ** 16

/**
 * Moves all bytes of a source to a target. See docs/guide/transfer.md for the forms of both.
 *
 * A file is written beside its name and renamed at the end: under its name there is the old content or the new one, never a part.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE; rejects with TransferError, AbortError, ETIMEDOUT
 */
export function transfer(source: TransferSource, target: TransferTarget, options: TransferOptions = {}): Transfer {
  const checked = checkTransferOptions(options)
  const from = parseSource(source)
  const to = parseTarget(target, options)
  const running = new Running()
  running.plan.push(`${from.name} → ${to.name}`)
  return new Transfer(checked, running, () => carryOut(from, to, checked, running))
}

async function carryOut(from: SourceEnd, to: TargetEnd, options: CheckedTransferOptions, running: Running): Promise<void> {
  const { io } = options
  const { signal } = running
  running.signal.throwIfAborted()
  const source = await from.open({ io, signal }).catch((error: unknown) => {
    throw located(error, { end: `source ${from.name}`, step: 'open' })
  })
  let isWhole = false
  try {
    running.total = source.size
    const target = await to.open({ io, signal, source, expected: source.size }).catch((error: unknown) => {
      throw located(error, { end: `target ${to.name}`, step: 'open' })
    })
    try {
      const flow = flowOf(source, target, from.name, to.name, options, running)
      await moveBytes(flow, await dataSpans(io, source, signal), running.choice)
      signal.throwIfAborted()
      if (source.size !== undefined) running.bytes = source.size // holes are there, too
      await target.commit(running.bytes, source, signal)
      isWhole = true
    } catch (error) {
      const reason = signal.aborted ? signal.reason as Error : located(error, { end: `target ${to.name}`, step: 'finish' })
      running.fail(reason)
      await target.abandon(reason)
      throw reason
    }
  } finally {
    await source.close(isWhole)
  }
}

function flowOf(source: OpenSource, target: OpenTarget, sourceName: string, targetName: string, options: CheckedTransferOptions, running: Running): Flow {
  const pace = options.rate === undefined ? undefined : new Pace(options.rate, running.signal)
  const isOrdered = source.readAt === undefined && source.viewAt === undefined
  const pieceBytes = Math.min(options.pieceBytes ?? (isOrdered ? ORDERED_PIECE_BYTES : FILE_PIECE_BYTES), pace?.pieceBytes ?? Infinity)
  return {
    io: options.io, signal: running.signal, source, target, sourceName, targetName, through: undefined, pace, pieceBytes, inFlight: options.inFlight,
    moved: (bytes) => {
      running.bytes += bytes
    },
    wrote: (bytes) => {
      running.written += bytes
    },
    fail: (error) => running.fail(error),
  }
}

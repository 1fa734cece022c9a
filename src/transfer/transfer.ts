// ① interface — transfer(source, target): opens both ends, chooses how the bytes go, moves them, and makes the target count. A table of contents.
import type { OpenSource, SourceEnd, TargetEnd } from './ends/end.js'
import { parseSource, parseTarget, type TransferSource, type TransferTarget } from './ends/parse.js'
import { located } from './errors.js'
import { Running, Transfer } from './job.js'
import { moveBytes } from './moves/choose.js'
import { checkTransferOptions, type CheckedTransferOptions, type TransferOptions } from './options.js'
import type { Flow, Through } from './pieces/flow.js'
import { dataSpans, wholeSpan } from './pieces/holes.js'
import { Pace } from './pieces/pace.js'
import { beginStages, transforms } from './through/stages.js'

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
  const to = parseTarget(target, { ...options, partial: undefined, pieceBytes: checked.pieceBytes })
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
  let through: Through | undefined
  try {
    running.total = source.size
    const target = await to.open({ io, signal, source, expected: options.through.some(transforms) ? undefined : source.size }).catch((error: unknown) => {
      throw located(error, { end: `target ${to.name}`, step: 'open' })
    })
    try {
      const pace = options.rate === undefined ? undefined : new Pace(options.rate, signal)
      const pieceBytes = pieceBytesOf(source, options, pace)
      through = await beginStages(options.through, { size: source.size, pieceBytes, digests: running.digests, explain: (line) => running.plan.push(line) })
      if (through !== undefined) running.devices.push(through.devices)
      const flow = flowOf({ source, target, sourceName: from.name, targetName: to.name, through, pace, pieceBytes }, options, running)
      const spans = through === undefined && target.isFresh ? await dataSpans(io, source, signal) : wholeSpan(source)
      await moveBytes(flow, spans, running.choice)
      signal.throwIfAborted()
      if (source.size !== undefined) running.bytes = source.size // holes are there, too
      await target.commit(through?.transforms === true ? running.written : running.bytes, source, signal)
      isWhole = true
    } catch (error) {
      const reason = signal.aborted ? signal.reason as Error : located(error, { end: `target ${to.name}`, step: 'finish' })
      running.fail(reason)
      await target.abandon(reason)
      throw reason
    } finally {
      through?.close()
    }
  } finally {
    await source.close(isWhole)
  }
}

function pieceBytesOf(source: OpenSource, { pieceBytes }: CheckedTransferOptions, pace: Pace | undefined): number {
  const isOrdered = source.readAt === undefined && source.viewAt === undefined
  return Math.min(pieceBytes ?? (isOrdered ? ORDERED_PIECE_BYTES : FILE_PIECE_BYTES), pace?.pieceBytes ?? Infinity)
}

type OfThisTransfer = Pick<Flow, 'source' | 'target' | 'sourceName' | 'targetName' | 'through' | 'pace' | 'pieceBytes'>

function flowOf(own: OfThisTransfer, { io, inFlight }: CheckedTransferOptions, running: Running): Flow {
  return {
    ...own, io, inFlight, signal: running.signal,
    moved: (bytes) => {
      running.bytes += bytes
    },
    wrote: (bytes) => {
      running.written += bytes
    },
    fail: (error) => running.fail(error),
  }
}

// ① interface — one source to one target: opens both, moves the bytes, makes the target count; cleans up behind itself, however it ends.
import { isOrdered, type OpenSource, type OpenTarget, type SourceEnd, type TargetEnd } from './ends/end.js'
import { located, transferProblem } from './errors.js'
import type { Running } from './running.js'
import { moveBytes } from './moves/choose.js'
import type { CheckedTransferOptions } from './options.js'
import type { Flow } from './pieces/flow.js'
import { dataSpans, wholeSpan } from './pieces/holes.js'
import { Pace } from './pieces/pace.js'
import type { Span } from './pieces/ranges.js'
import { Resume } from './resume/resume.js'
import { transforms } from './through/stage-works.js'
import { beginStages } from './through/stages.js'
import { verifyAll, whyNotVerified } from './verify/verify.js'
import { Watched } from './verify/watched.js'

const FILE_PIECE_BYTES = 2 ** 18
const ORDERED_PIECE_BYTES = 2 ** 16
/** Each piece is a line of the journal; and what goes through a hash costs a sixth less in pieces of this size than in those of 256 KiB. */
const LARGE_PIECE_BYTES = 2 ** 20

export async function carryOut(from: SourceEnd, to: TargetEnd, options: CheckedTransferOptions, running: Running): Promise<void> {
  const { io, resume: journal } = options
  const { signal } = running
  signal.throwIfAborted()
  const resume = journal === undefined || to.path === undefined ? undefined : await Resume.open(io, journal, to.path, signal).catch((error: unknown) => {
    throw located(error, { end: 'journal', step: 'open' })
  })
  let isWhole = false
  try {
    await withSource(from, to, options, running, resume)
    isWhole = true
  } catch (error) {
    if (resume === undefined || !isChange(error) || signal.aborted) throw error
    running.plan.push(`begun anew: ${(error as Error).message}`)
    await withSource(from, to, options, running, resume, true)
    isWhole = true
  } finally {
    await (isWhole ? resume?.finish() : resume?.keep())
  }
}

function isChange(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'ERR_TRUEAIO_SOURCE_CHANGED'
}

async function withSource(from: SourceEnd, to: TargetEnd, options: CheckedTransferOptions, running: Running, resume: Resume | undefined, isAnew = false): Promise<void> {
  const { io } = options
  const { signal } = running
  running.onStep?.(`open source ${from.name}`)
  const source = await from.open({ io, signal }).catch((error: unknown) => {
    throw located(error, { end: `source ${from.name}`, step: 'open' })
  })
  let isWhole = false
  try {
    running.total = source.size
    if (await resume?.isFinished(source, signal) === true) {
      running.bytes = running.resumed = source.size ?? 0
      return
    }
    running.onStep?.(`open target ${to.name}`)
    const target = await to.open({ io, signal, source, expected: options.through.some(transforms) ? undefined : source.size, isReadBack: options.verify === 'target' }).catch((error: unknown) => {
      throw located(error, { end: `target ${to.name}`, step: 'open' })
    })
    try {
      const rest = resume === undefined ? undefined
        : isAnew ? await resume.beginAnew(from.name, source, target) : await resume.begin(from.name, source, target, signal, (line) => running.plan.push(line))
      running.bytes = running.resumed = rest?.resumed ?? 0
      running.changed = rest?.changed ?? 0
      isWhole = await move(from, to, source, target, options, running, resume, rest?.spans)
    } catch (error) {
      const isChanged = isChange(error) && resume !== undefined && !isAnew
      const reason = signal.aborted ? signal.reason as Error : located(error, { end: `target ${to.name}`, step: 'finish' })
      if (!isChanged) running.fail(reason)
      await (resume === undefined ? target.abandon(reason) : target.suspend?.())
      throw reason
    }
  } finally {
    await source.close(isWhole)
  }
}

/** Moves what is wanted, and makes the target count. Whether the source was read to its end. */
async function move(
  from: SourceEnd, to: TargetEnd, opened: OpenSource, target: OpenTarget, options: CheckedTransferOptions, running: Running, resume: Resume | undefined, spans: readonly Span[] | undefined,
): Promise<boolean> {
  const { signal } = running
  const source = spans === undefined || running.resumed === 0 ? opened : byRanges(opened)
  const pace = options.pace ?? (options.rate === undefined ? undefined : new Pace(options.rate, signal))
  const pieceBytes = pieceBytesOf(source, options, pace)
  const explain = (line: string): void => void running.plan.push(line)
  const { verify, io } = options
  const whyNot = verify === undefined ? undefined : whyNotVerified(verify, source, target)
  if (whyNot !== undefined) throw located(transferProblem('ERR_INVALID_ARG_VALUE', whyNot), { end: `target ${to.name}`, step: 'verify' })
  const stages = await beginStages(options.through, { size: source.size, pieceBytes, digests: running.digests, explain }).catch((error: unknown) => {
    throw located(error, { end: 'transfer', step: 'choice of devices' })
  })
  const watched = verify === undefined ? undefined : new Watched(stages)
  const through = watched ?? stages
  try {
    if (through !== undefined) running.devices.push(through.devices)
    const noted = resume === undefined ? undefined : (offset: number, bytes: Uint8Array): Promise<void> => resume.note(offset, bytes)
    const flow = flowOf({ source, target, sourceName: from.name, targetName: to.name, through, pace, pieceBytes, noted }, options, running)
    const wanted = spans ?? (through === undefined && target.isFresh ? await dataSpans(io, source, signal) : wholeSpan(source))
    running.onStep?.(`move ${from.name}`)
    await moveBytes(flow, wanted, running.choice)
    signal.throwIfAborted()
    if (verify !== undefined && watched !== undefined) {
      running.onStep?.(`verify ${to.name}`)
      const written = watched.transforms ? running.written : source.size ?? running.bytes
      await verifyAll(verify, { ...flow, written, watched, stages: stages?.begun ?? [], digests: running.digests })
    }
    if (resume !== undefined && await opened.currentVersion?.() !== opened.version && opened.currentVersion !== undefined) {
      throw transferProblem('ERR_TRUEAIO_SOURCE_CHANGED', `${from.name} has changed while it was read`)
    }
    if (source.size !== undefined) running.bytes = source.size // holes are there, too
    await resume?.whole()
    running.onStep?.(`finish ${to.name}`)
    await target.commit(through?.transforms === true ? running.written : running.bytes, source, signal)
    return source === opened
  } finally {
    through?.close()
  }
}

/** A source that is asked for ranges from here on, and no more read from its beginning. */
function byRanges(source: OpenSource): OpenSource {
  if (source.rangeOf === undefined) return source
  const { kind, size, version } = source
  return { kind, size, version, rangeAt: (...range) => (source.rangeOf as NonNullable<OpenSource['rangeOf']>)(...range), close: () => source.close(false) } // looked at before
}

function pieceBytesOf(source: OpenSource, { pieceBytes, resume, through }: CheckedTransferOptions, pace: Pace | undefined): number {
  const usual = source.receive === undefined && isOrdered(source) ? ORDERED_PIECE_BYTES : resume === undefined && through.length === 0 ? FILE_PIECE_BYTES : LARGE_PIECE_BYTES
  // Memory for a small file is no larger than the file.
  return Math.max(1, Math.min(pieceBytes ?? usual, pace?.pieceBytes ?? Infinity, source.size ?? Infinity))
}

type OfThisTransfer = Pick<Flow, 'source' | 'target' | 'sourceName' | 'targetName' | 'through' | 'pace' | 'pieceBytes' | 'noted'>

function flowOf(own: OfThisTransfer, { io, inFlight }: CheckedTransferOptions, running: Running): Flow {
  return {
    ...own, io, inFlight, signal: running.signal,
    moved: (bytes) => running.count(bytes),
    wrote: (bytes) => {
      running.written += bytes
    },
    fail: (error) => {
      if (!isChange(error)) running.fail(error)
    },
  }
}

// ① interface — from a file or connection to a file or connection by a thread of the pool: trips of some MiB, in which no decision of this thread's is
// needed (native/move.c). A file goes to a socket by sendfile; all else through memory that stays in the processor's cache, with its digest.
import { Opcode } from '../../operation/opcode.js'
import { MoveRequest, type MoveOptions } from '../../operation/move.js'
import { systemError } from '../../operation/system-error.js'
import { MoveStep, MoveWay } from '../../ring/layout/move.js'
import type { OpenSource, OpenTarget } from '../ends/end.js'
import { endedEarly } from '../ends/file-source.js'
import { located } from '../errors.js'
import type { Flow, ThroughTrip } from '../pieces/flow.js'
import type { Span } from '../pieces/ranges.js'
import { NotPossible, type Move } from './move.js'

function isFile({ kind, descriptor }: OpenSource | OpenTarget): boolean {
  return kind === 'file' && descriptor?.offset !== undefined
}

export const poolThreadMove: Move = {
  name: 'pool thread',
  // Measured with tmpfs and loopback on Linux 6.18. Between files the kernel's own copy is cheaper.
  capabilities: { where: 'pool thread', from: ['file', 'socket'], to: ['file', 'socket'], bytesPerCpuSecond: { 'file → socket': 4.5e9, 'socket → file': 9e8, 'file → file': 1e9 } },
  can({ io, source, target, through, pace, noted }) {
    if (!io.offers(Opcode.MOVE_BYTES)) return 'there is no pool of threads'
    if (pace !== undefined) return 'a rate is held piece by piece'
    if (noted !== undefined) return 'the bytes are needed here, for the checksums of the journal'
    const fromFile = isFile(source) && source.size !== undefined
    if (!fromFile && (source.connection === undefined || source.limit !== undefined)) return 'from files of known size, and connections to their end'
    if (!isFile(target) && target.connection === undefined) return 'to files and connections only'
    if (!fromFile && target.connection !== undefined) return 'between connections a pipe is better'
    if (target.room !== undefined) return 'the target has an end'
    if (through === undefined) return true
    if (source.facts?.isSparse === true) return 'holes are looked for'
    return through.trip === undefined || through.transforms ? 'the bytes are needed here, for what they go through' : true
  },
  async run(flow, spans) {
    const { through, source } = flow
    const trip = through?.trip?.()
    if (through !== undefined && trip === undefined) throw new NotPossible('the bytes are needed here, for what they go through')
    const requests: MoveRequest[] = []
    if (source.connection !== undefined) requests.push(await receive(flow, trip))
    else for (const span of spans) requests.push(await moveSpan(flow, span, trip))
    trip?.end(requests.reduce((sum, { moved }) => sum + moved, 0))
    flow.spent?.(requests.reduce((sum, { seconds }) => sum + seconds, 0))
  },
}

function requestOf({ source, target, through }: Flow, options: Pick<MoveOptions, 'fromOffset' | 'toOffset' | 'length' | 'tells'>, trip: ThroughTrip | undefined): MoveRequest {
  const isPlain = target.connection !== undefined && through === undefined
  return new MoveRequest({
    ...options, from: source.connection?.fd ?? source.descriptor?.fd ?? -1, to: target.connection?.fd ?? target.descriptor?.fd ?? -1,
    way: isPlain ? MoveWay.SENDFILE : MoveWay.MEMORY, digest: trip?.handle,
  })
}

async function moveSpan(flow: Flow, { offset, length }: Span, trip: ThroughTrip | undefined): Promise<MoveRequest> {
  const { source, target, signal, io } = flow
  const fromOffset = (source.descriptor?.offset ?? 0) + offset
  const toOffset = target.descriptor?.offset === undefined ? undefined : target.descriptor.offset + offset
  const request = requestOf(flow, { fromOffset, toOffset, length }, trip)
  const counted = new Counted(flow, request)
  try {
    if (target.connection !== undefined) await target.connection.sendMoved(request, { signal }, counted.count)
    else {
      while (!request.isOver) {
        await io.submit(request.trip(), { signal })
        counted.count()
      }
    }
  } catch (error) {
    throw problemOf(flow, request, error, offset)
  } finally {
    counted.count()
  }
  if (request.problem !== undefined) throw problemOf(flow, request, undefined, offset)
  if (request.moved < length) throw located(endedEarly(source.size ?? 0, offset + request.moved), { end: `source ${flow.sourceName}`, step: 'read', offset: offset + request.moved, device: poolThreadMove.name })
  return request
}

async function receive(flow: Flow, trip: ThroughTrip | undefined): Promise<MoveRequest> {
  const { source, target, signal } = flow
  const request = requestOf(flow, { toOffset: target.descriptor?.offset, length: Infinity, tells: MoveStep.READ }, trip)
  const counted = new Counted(flow, request)
  try {
    await source.connection?.receiveMoved(request, { signal }, counted.count)
  } catch (error) {
    throw problemOf(flow, request, error, 0)
  } finally {
    counted.count()
  }
  if (request.problem !== undefined) throw problemOf(flow, request, undefined, 0)
  return request
}

/** What a request has moved, told once. */
class Counted {
  readonly #flow: Flow
  readonly #request: MoveRequest
  #told = 0

  constructor(flow: Flow, request: MoveRequest) {
    this.#flow = flow
    this.#request = request
  }

  readonly count = (): void => {
    const { moved } = this.#request
    if (moved === this.#told) return
    this.#flow.moved(moved - this.#told)
    this.#flow.wrote(moved - this.#told)
    this.#told = moved
  }
}

const STEPS: Readonly<Record<number, { readonly step: string, readonly isTargets: boolean }>> = {
  [MoveStep.READ]: { step: 'read', isTargets: false }, [MoveStep.WRITE]: { step: 'write', isTargets: true }, [MoveStep.DIGEST]: { step: 'hash', isTargets: false },
}

/** @param error undefined: the request has it alone */
function problemOf({ sourceName, targetName, source, target }: Flow, { problem, moved }: MoveRequest, error: unknown, offset: number): Error {
  const own = source.connection !== undefined ? MoveStep.READ : MoveStep.WRITE
  const { step, isTargets } = STEPS[problem?.step ?? own] ?? { step: 'move', isTargets: target.connection !== undefined }
  const reason = error ?? systemError(problem?.errno ?? 0, step === 'hash' ? 'read' : step)
  return located(reason, { end: isTargets ? `target ${targetName}` : `source ${sourceName}`, step, offset: offset + moved, device: poolThreadMove.name })
}

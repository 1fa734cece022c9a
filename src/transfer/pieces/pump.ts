// ① interface — pieces through this process's memory: lanes (lane.ts) that read, put through the stages and write, bounded in number and bytes.
import { Errno } from '../../operation/system-error.js'
import { located, transferProblem } from '../errors.js'
import type { Flow } from './flow.js'
import { Lane } from './lane.js'
import { PumpState } from './pump-state.js'
import type { Span } from './ranges.js'
import { Slab } from './slab.js'

const NOTHING = Buffer.alloc(0)

/** @param spans what of the source is wanted, for sources with offsets */
export async function pump(flow: Flow, spans: readonly Span[]): Promise<void> {
  const { source, inFlight, pieceBytes } = flow
  const state = new PumpState(flow, spans)
  const needsBuffers = source.readAt !== undefined || source.read !== undefined || source.receive !== undefined
  const hasOffsets = source.readAt !== undefined || source.viewAt !== undefined || source.rangeAt !== undefined
  const lanes = hasOffsets ? Math.min(inFlight, state.ranges.pieces) : inFlight
  const slab = needsBuffers ? new Slab(lanes, pieceBytes) : undefined
  await Promise.allSettled(Array.from({ length: lanes }, (_, index) => new Lane(state, slab?.buffer(index) ?? NOTHING).run()))
  if (state.failure !== undefined) throw state.failure
  slab?.giveBack()
  await writeEnd(flow, state)
}

/** What the stages still have, behind all pieces. */
async function writeEnd(flow: Flow, state: PumpState): Promise<void> {
  const { through, targetName } = flow
  if (through === undefined) return
  const outputs = await through.end()
  let offset = state.takeOutput(outputs)
  for (const bytes of outputs) {
    state.checkRoom(offset + bytes.length)
    try {
      await writeWhole(flow, bytes, offset)
    } catch (error) {
      throw located(error, { end: `target ${targetName}`, step: 'write', offset })
    }
    flow.wrote(bytes.length)
    offset += bytes.length
  }
}

async function writeWhole({ io, signal, target }: Flow, bytes: Uint8Array, offset: number): Promise<void> {
  if (target.viewAt !== undefined) target.viewAt(offset, bytes.length).set(bytes)
  else if (target.push !== undefined) await target.push(bytes, signal)
  else {
    for (let at = 0; at < bytes.length;) {
      const rest = bytes.subarray(at)
      const operation = target.writeAt?.(rest, offset + at) ?? target.write?.(rest, offset + at)
      if (operation === undefined) return
      try {
        const count = await io.submit(operation, { signal })
        if (count === 0) throw transferProblem('ENOSPC', 'the target takes no more bytes')
        at += count
      } catch (error) {
        if ((error as NodeJS.ErrnoException).errno !== Errno.EAGAIN || target.readiness === undefined) throw error
        await io.submit(target.readiness(), { signal })
      }
    }
  }
}

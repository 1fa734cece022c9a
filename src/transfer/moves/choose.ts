// ① interface — which way a transfer's bytes go: the first move that can, and the next when the system refuses that one. Why not is kept.
import type { Flow } from '../pieces/flow.js'
import type { Span } from '../pieces/ranges.js'
import { copyFileRangeMove } from './copy-file-range.js'
import { forwardMove } from './forward.js'
import { NotPossible, type Move } from './move.js'
import { poolThreadMove } from './pool-thread.js'
import { sendfileMove } from './sendfile.js'
import { spliceMove } from './splice.js'
import { memoryMove } from './through-memory.js'

/** Best first. The last one can do all. */
const MOVES: readonly Move[] = [copyFileRangeMove, poolThreadMove, sendfileMove, spliceMove, forwardMove, memoryMove]

/** What was chosen, and why the others were not. */
export interface MoveChoice {
  name: string
  readonly others: { readonly name: string, readonly whyNot: string }[]
}

/** Moves the spans, and notes in `choice` by what. */
export async function moveBytes(flow: Flow, spans: readonly Span[], choice: MoveChoice): Promise<void> {
  for (const move of MOVES) {
    const can = move.can(flow)
    if (can !== true) {
      choice.others.push({ name: move.name, whyNot: can })
      continue
    }
    choice.name = move.name
    try {
      await move.run(flow, spans)
      return
    } catch (error) {
      if (!(error instanceof NotPossible)) throw error
      choice.others.push({ name: move.name, whyNot: error.message })
    }
  }
}

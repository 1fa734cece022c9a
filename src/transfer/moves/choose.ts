// ① interface — which way a transfer's bytes go: the cheapest move that can, as the registry knows them, and the next when the system refuses that one.
// Why not is kept.
import type { Flow } from '../pieces/flow.js'
import type { Span } from '../pieces/ranges.js'
import { operations, type Choice, type Work } from '../registry/index.js'
import { MOVE, type MoveDevice, type Moving } from './devices.js'
import { NotPossible } from './move.js'

/** What was chosen, and why the others were not. */
export interface MoveChoice {
  name: string
  others: readonly { readonly name: string, readonly whyNot: string }[]
}

/** Moves the spans, and notes in `choice` by what. */
export async function moveBytes(flow: Flow, spans: readonly Span[], choice: MoveChoice): Promise<void> {
  const refused = new Map<string, string>()
  const bytes = spans.reduce((sum, { length }) => sum + length, 0)
  const through = flow.through?.name
  const work: Work = {
    operation: MOVE, from: flow.source.kind, to: flow.target.kind, trials: false, ...flow.source.size === undefined ? {} : { size: bytes },
    options: { moving: { flow, refused } satisfies Moving, ...through === undefined ? {} : { through } },
  }
  for (;;) {
    const { device, others } = operations.choose(work) as Choice<MoveDevice>
    choice.name = device.name
    choice.others = others
    let moved = 0
    let seconds = NaN
    const counted = (more: number): void => {
      moved += more
      flow.moved(more)
    }
    try {
      await device.move.run({ ...flow, moved: counted, spent: (spent) => void (seconds = spent) }, spans)
      operations.learn(device, work, moved, seconds, seconds)
      return
    } catch (error) {
      if (!(error instanceof NotPossible)) throw error
      refused.set(device.name, error.message)
    }
  }
}

// ① interface — the moves as devices of the registry: `operations.table()` shows them, with what was measured of them, and the choice is by cost.
import type { Flow } from '../pieces/flow.js'
import type { Device } from '../registry/device.js'
import { copyFileRangeMove } from './copy-file-range.js'
import { forwardMove } from './forward.js'
import type { Move } from './move.js'
import { poolThreadMove } from './pool-thread.js'
import { sendfileMove } from './sendfile.js'
import { spliceMove } from './splice.js'
import { memoryMove } from './through-memory.js'

export const MOVE = 'move'

/** A transfer in progress, as a work's sub-option: the ends themselves decide. */
export interface Moving {
  readonly flow: Flow
  /** What the system has refused, with its words. */
  readonly refused: ReadonlyMap<string, string>
}

/** A move as a device. */
export interface MoveDevice extends Device {
  readonly move: Move
}

/** At the same cost the first one is taken. The last one can do all. */
const MOVES: readonly Move[] = [copyFileRangeMove, poolThreadMove, sendfileMove, spliceMove, forwardMove, memoryMove]

export const moveDevices: readonly MoveDevice[] = MOVES.map((move) => ({
  operation: MOVE, name: move.name, capabilities: move.capabilities, move,
  can({ options }) {
    const moving = options?.['moving'] as Moving | undefined
    if (moving === undefined) return 'moves bytes for transfer() alone'
    return moving.refused.get(move.name) ?? move.can(moving.flow)
  },
}))

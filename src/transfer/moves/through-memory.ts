// ① interface — the move that can carry out all: pieces through this process's memory, read and written by the engine.
import { pump } from '../pieces/pump.js'
import type { Move } from './move.js'

export const memoryMove: Move = {
  name: 'read and write',
  can: () => true,
  run: (flow, spans) => pump(flow, spans),
}

// ① interface — the move that can carry out all: pieces through this process's memory, read and written by the engine.
import { pump } from '../pieces/pump.js'
import type { EndKind } from '../registry/device.js'
import type { Move } from './move.js'

const ANY: readonly EndKind[] = ['memory', 'file', 'pipe', 'socket', 'stream']

export const memoryMove: Move = {
  name: 'read and write',
  capabilities: { where: 'calling thread', from: ANY, to: ANY, bytesPerCpuSecond: 5e8 },
  can: () => true,
  run: (flow, spans) => pump(flow, spans),
}

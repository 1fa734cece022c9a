// ① interface — operations on memory: by the language, by C on the calling thread, and by C on a thread of the pool.
import { defaultProactor } from '../../default-proactor.js'
import { loadBinding } from '../../native/load.js'
import { compareMemory, copyMemory, fillMemory, xorMemory } from '../../operation/memory.js'
import { equalBytes, xorBytes } from '../../operation/memory-steps.js'
import type { Operation } from '../../operation/operation.js'
import { MemoryNumber } from '../../ring/layout/pool.js'
import type { Capabilities, Device, OperationName, Work } from '../registry/device.js'

const HERE: Capabilities = { where: 'calling thread' }
const ON_THE_POOL: Capabilities = { where: 'pool thread' }

function valueOf({ options }: Work): number {
  return (options?.['value'] ?? 0) as number // the operation's table has checked it
}

/** Whether C is there. */
export function hasAddon(): true | string {
  const { binding, reason } = loadBinding()
  return binding?.compute === undefined ? `needs the addon: ${reason ?? 'it is of another version'}` : true
}

function onThePool(operation: OperationName, make: (work: Work, buffers: readonly Uint8Array[]) => Operation<number>): Device {
  return { operation, name: 'pool thread', capabilities: ON_THE_POOL, can: hasAddon, run: (work, ...buffers) => defaultProactor().submit(make(work, buffers)) }
}

type Two = readonly [Uint8Array, Uint8Array]

export const memoryDevices: readonly Device[] = [
  { operation: 'copy', name: 'TypedArray.set', capabilities: HERE, run: copyHere },
  onThePool('copy', (_work, buffers) => copyMemory(...(buffers as Two))),
  { operation: 'fill', name: 'TypedArray.fill', capabilities: HERE, run: (work, target) => void target.fill(valueOf(work)) },
  onThePool('fill', (work, [target]) => fillMemory(target as Uint8Array, valueOf(work))),
  { operation: 'compare', name: 'Buffer.compare', capabilities: HERE, run: (_work, one, other) => equalBytes(one, other) },
  { operation: 'compare', name: 'C', capabilities: HERE, can: hasAddon, run: (_work, one, other) => compareByC(one, other) },
  onThePool('compare', (_work, buffers) => compareMemory(...(buffers as Two))),
  { operation: 'xor', name: 'JavaScript', capabilities: HERE, run: xorHere },
  { operation: 'xor', name: 'C', capabilities: HERE, can: hasAddon, run: xorByC },
  onThePool('xor', (_work, [target, ...sources]) => xorMemory(sources, target as Uint8Array)),
]

function copyHere(_work: Work, source: Uint8Array, target: Uint8Array): void {
  target.set(source)
}

function xorHere(_work: Work, target: Uint8Array, ...sources: readonly Uint8Array[]): void {
  xorBytes(sources, target)
}

function compareByC(one: Uint8Array, other: Uint8Array): number {
  const { length } = compareMemory(one, other) // which checks both
  const { binding } = loadBinding()
  return binding?.compute?.(MemoryNumber.COMPARE, binding.address(one), binding.address(other), length, 0) ?? 0
}

function xorByC(_work: Work, target: Uint8Array, ...sources: readonly Uint8Array[]): void {
  const { length } = xorMemory(sources, target)
  const { binding } = loadBinding()
  if (binding?.compute === undefined) return
  const addresses = new BigUint64Array(sources.length)
  sources.forEach((source, index) => addresses[index] = BigInt(binding.address(source)))
  binding.compute(MemoryNumber.XOR, binding.address(target), binding.address(addresses), length, sources.length)
}

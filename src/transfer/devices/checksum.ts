// ① interface — CRC-32 and CRC-32C: by C on the calling thread, by zlib, by a thread of the pool, by JavaScript.
import * as zlib from 'node:zlib'
import { defaultProactor } from '../../default-proactor.js'
import { loadBinding } from '../../native/load.js'
import { crc32, crc32c } from '../../operation/memory.js'
import { crc32cOf, crc32Of } from '../../operation/memory-steps.js'
import { MemoryNumber } from '../../ring/layout/pool.js'
import type { Capabilities, Device, Stage, StageEnd, Work } from '../registry/device.js'
import { checksumDigest } from '../registry/samples.js'
import { hasAddon } from './on-memory.js'

/** Goes on from a checksum over more bytes. */
export type Step = (bytes: Uint8Array, before: number) => number | Promise<number>

class ChecksumStage implements Stage {
  readonly #step: Step
  #checksum = 0

  constructor(step: Step) {
    this.#step = step
  }

  update(piece: Uint8Array): void | Promise<void> {
    const next = this.#step(piece, this.#checksum)
    if (typeof next !== 'number') return next.then((checksum) => void (this.#checksum = checksum))
    this.#checksum = next
  }

  end(): StageEnd {
    return { digest: checksumDigest(this.#checksum) }
  }

  close(): void {
    // It holds a number.
  }
}

type Steps = Readonly<Partial<Record<'crc32' | 'crc32c', Step>>>

/** A device for those of the two checksums that it has a step for. */
export function checksumDevice(name: string, where: Capabilities['where'], steps: Steps, can?: () => true | string): Device {
  const stepOf = ({ options }: Work): Step => steps[options?.['algorithm'] as keyof Steps] as Step // one of its capabilities
  return {
    operation: 'checksum', name, capabilities: { where, options: { algorithm: Object.keys(steps) } },
    ...(can === undefined ? {} : { can }),
    run(work, bytes) {
      const checksum = stepOf(work)(bytes, 0)
      return typeof checksum === 'number' ? checksumDigest(checksum) : checksum.then(checksumDigest)
    },
    start: (work) => new ChecksumStage(stepOf(work)),
  }
}

function byC(number: number): Step {
  return (bytes, before) => {
    const { binding } = loadBinding()
    return binding?.compute?.(number, binding.address(bytes), before, bytes.length, 0) ?? 0
  }
}

const zlibsOwn = (zlib as { readonly crc32?: (bytes: Uint8Array, before: number) => number }).crc32 // since Node 20.15

export const checksumDevices: readonly Device[] = [
  checksumDevice('C', 'calling thread', { crc32: byC(MemoryNumber.CRC32), crc32c: byC(MemoryNumber.CRC32C) }, hasAddon),
  ...(zlibsOwn === undefined ? [] : [checksumDevice('node:zlib', 'calling thread', { crc32: zlibsOwn })]),
  checksumDevice('pool thread', 'pool thread', {
    crc32: (bytes, initial) => defaultProactor().submit(crc32(bytes, { initial })), crc32c: (bytes, initial) => defaultProactor().submit(crc32c(bytes, { initial })),
  }, hasAddon),
  checksumDevice('JavaScript', 'calling thread', { crc32: crc32Of, crc32c: crc32cOf }),
]

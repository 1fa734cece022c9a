// ① interface — the devices of this package.
import { moveDevices } from '../moves/devices.js'
import { KINDS } from '../registry/kinds.js'
import type { Registry } from '../registry/registry.js'
import { checksumDevices } from './checksum.js'
import { nodeHash } from './node-hash.js'
import { memoryDevices } from './on-memory.js'
import { packageDevices } from './packages.js'
import { packDevices } from './pack.js'
import { sealDevices } from './seal.js'

/** Puts the operations and devices of this package, and those of the packages that it finds, into a registry. */
export function fillRegistry(registry: Registry): void {
  for (const kind of KINDS) registry.define(kind)
  for (const device of [...memoryDevices, nodeHash, ...checksumDevices, ...sealDevices, ...packDevices, ...packageDevices(), ...moveDevices]) registry.register(device)
}

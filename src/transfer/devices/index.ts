// ① interface — the devices of this package.
import { KINDS } from '../registry/kinds.js'
import type { Registry } from '../registry/registry.js'
import { languageCopy } from './language-memory.js'
import { nodeHash } from './node-hash.js'

/** Puts the operations and devices of this package into a registry. */
export function fillRegistry(registry: Registry): void {
  for (const kind of KINDS) registry.define(kind)
  for (const device of [languageCopy, nodeHash]) registry.register(device)
}

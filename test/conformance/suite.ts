// One suite for every driver: each family registers its behaviours for the driver under test.
import { describe } from 'node:test'
import { attributes } from './attributes.js'
import { copying } from './copying.js'
import { extendedAttributes } from './extended-attributes.js'
import { opening } from './opening.js'
import { paths } from './paths.js'
import type { Subject } from './subject.js'
import { syncing } from './syncing.js'
import { transferring } from './transferring.js'
import { vectored } from './vectored.js'

const FAMILIES = [opening, transferring, vectored, syncing, paths, attributes, extendedAttributes, copying] as const

export function conformance(subject: Subject): void {
  describe(`conformance of ${subject.name}`, () => {
    for (const register of FAMILIES) register(subject)
  })
}

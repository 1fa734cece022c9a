// One suite for every driver: each family registers its behaviours for the driver under test.
import { describe } from 'node:test'
import { attributes } from './attributes.js'
import { cancelling } from './cancelling.js'
import { chains } from './chains.js'
import { copying } from './copying.js'
import { delivering } from './delivering.js'
import { extendedAttributes } from './extended-attributes.js'
import { failing } from './failing.js'
import { limits } from './limits.js'
import { opening } from './opening.js'
import { paths } from './paths.js'
import { registering } from './registering.js'
import type { Subject } from './subject.js'
import { syncing } from './syncing.js'
import { transferring } from './transferring.js'
import { vectored } from './vectored.js'
import { waiting } from './waiting.js'

const FAMILIES = [
  opening, transferring, vectored, syncing, paths, attributes, extendedAttributes, copying, waiting, chains, cancelling, limits, delivering,
  registering, failing,
] as const

export function conformance(subject: Subject): void {
  describe(`conformance of ${subject.name}`, () => {
    for (const register of FAMILIES) register(subject)
  })
}

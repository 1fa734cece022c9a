// One suite for every driver: each family registers its behaviours for the driver under test.
import { describe, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { attributes } from './attributes.js'
import { cancelling } from './cancelling.js'
import { chains } from './chains.js'
import { copying } from './copying.js'
import { delivering } from './delivering.js'
import { extendedAttributes } from './extended-attributes.js'
import { failing } from './failing.js'
import { lending } from './lending.js'
import { limits } from './limits.js'
import { onMemory } from './on-memory.js'
import { numbers } from './numbers.js'
import { opening } from './opening.js'
import { paths } from './paths.js'
import { positions } from './positions.js'
import { registering } from './registering.js'
import type { Subject } from './subject.js'
import { syncing } from './syncing.js'
import { transferring } from './transferring.js'
import { vectored } from './vectored.js'
import { waiting } from './waiting.js'
import { makeProactor } from './world.js'

const FAMILIES = [
  opening, transferring, positions, vectored, syncing, paths, attributes, extendedAttributes, copying, waiting, chains, cancelling, limits, lending, numbers, delivering,
  registering, onMemory, failing,
] as const

/** Runs the suite; where the driver refuses to run, one skipped test tells its reason. */
export async function conformance(subject: Subject): Promise<void> {
  const refused = await refusal(subject)
  if (refused !== undefined) {
    test(`conformance of ${subject.name}`, { skip: refused }, () => undefined)
    return
  }
  describe(`conformance of ${subject.name}`, () => {
    for (const register of FAMILIES) register(subject)
  })
}

async function refusal(subject: Subject): Promise<string | undefined> {
  try {
    const proactor = makeProactor(subject)
    const refused = proactor.explain().find(({ state }) => state === 'refused')
    await proactor.close()
    // The loop closes its handles some turns later, and the first behaviour counts descriptors.
    for (let turn = 0; turn < 10; turn++) await loopTurn()
    return refused && `${refused.name}: ${refused.reason ?? 'refused'}`
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    if (code === 'ERR_TRUEAIO_NO_DRIVER' || (code === 'ERR_INVALID_ARG_VALUE' && message.includes("'driver'"))) return message
    throw error
  }
}

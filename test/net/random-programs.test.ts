// Random programs of both ends of a connection, on node:net and on the streams of trueaio/net: both must hear the same, in the same order, and
// stand the same after each step. `TRUEAIO_PROGRAMS=3000 node scripts/run-tests.mjs net/random-programs` is the long run; TRUEAIO_SEED repeats one.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Proactor } from 'trueaio'
import { makeProgram } from './random-program.js'
import { observe, withoutVague, type Observation, type Patience, type Seen } from './random-run.js'
import { DRIVERS } from './subjects.js'
import { nodeTwin, twinOn } from './twins.js'

const GIVEN = process.env['TRUEAIO_SEED']
const FIRST = Number(GIVEN ?? Date.now() % 2 ** 31)
const PROGRAMS = GIVEN === undefined ? Number(process.env['TRUEAIO_PROGRAMS'] ?? 70) : 1

/** A machine that is busy lets things come late: what differs is run again, with more patience. */
const PATIENCES: readonly Patience[] = [{ turns: 6, milliseconds: 0 }, { turns: 20, milliseconds: 5 }, { turns: 20, milliseconds: 50 }, { turns: 20, milliseconds: 300 }]

/** Why two observations may differ; undefined: they may not. */
function excuse(ours: Observation, wanted: Observation): string | undefined {
  const ends: readonly (readonly [Seen | undefined, Seen | undefined])[] = [[ours.server, wanted.server], [ours.client, wanted.client]]
  const hears = (seen: Seen | undefined, what: string): boolean => seen?.reading.some((line) => line.includes(what)) === true
  for (const [our, their] of ends) {
    // A reset while the end is under way: it emits an error, and never closes.
    if (hears(their, 'reset EINVAL')) return 'node:net refuses a reset while its end is under way'
    // Often before Node 24's libuv, seldom since.
    if (hears(our, 'read ECONNRESET') && !hears(their, 'read ECONNRESET')) return 'libuv takes a reset that comes together with bytes for an end'
    // The first send to a peer that has gone succeeds, the next fails: writes of one turn are one send here.
    if (hears(our, 'write EPIPE') !== hears(their, 'write EPIPE')) return 'which of several writes hears that the peer has gone'
  }
  return undefined
}

/** @returns the excuse for a difference */
async function compare(seed: number, proactor: Proactor): Promise<string | undefined> {
  const program = makeProgram(seed)
  const ourTwin = twinOn(proactor)
  for (const patience of PATIENCES) {
    const wanted = await observe(program, nodeTwin, patience)
    const ours = await observe(program, ourTwin, patience)
    const [ourServer, theirServer] = withoutVague(ours.server, wanted.server)
    const [ourClient, theirClient] = withoutVague(ours.client, wanted.client)
    if (isDeepStrictEqual([ourServer, ourClient], [theirServer, theirClient])) return undefined
    const why = excuse(ours, wanted)
    if (why !== undefined) return why
    if (patience === PATIENCES.at(-1)) assert.deepEqual([ourServer, ourClient], [theirServer, theirClient], `TRUEAIO_SEED=${String(seed)}: ${JSON.stringify(program)}`)
  }
  return undefined
}

describe(`${String(PROGRAMS)} programs from seed ${String(FIRST)}`, () => {
  for (const [name, make] of DRIVERS) {
    test(`hear the same on ${name}`, { timeout: 3_600_000 }, async (t) => {
      await using proactor = make()
      const failures: unknown[] = []
      const excused = new Map<string, number>()
      for (let index = 0; index < PROGRAMS; index++) {
        const why = await compare(FIRST + index, proactor).catch((error: unknown) => void failures.push(error))
        if (why !== undefined) excused.set(why, (excused.get(why) ?? 0) + 1)
      }
      for (const [why, count] of excused) t.diagnostic(`${String(count)}: ${why}`)
      if (failures.length > 0) throw new AggregateError(failures, `${String(failures.length)} of ${String(PROGRAMS)} programs differ`)
      const excuses = [...excused.values()].reduce((sum, count) => sum + count, 0)
      assert.ok(excuses <= 3 + PROGRAMS / 20, `${String(excuses)} differences are excused`)
      // Options of a socket are set without waiting for it.
      for (let looks = 0; looks < 500 && proactor.statistics.inFlight > 0; looks++) await wait(10)
      assert.equal(proactor.statistics.inFlight, 0)
    })
  }
})

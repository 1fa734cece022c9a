// acall: random calls, programs and cancels on threads of their own and of the pool: each ends once, in a way that fits.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Acall, CallId, CallStatus, CompletionRecord, CompletionRing, type Submission } from 'trueaio/acall'
import { test } from 'node:test'
import { SUBJECTS } from './subjects.js'

interface Wanted {
  readonly kind: 'quick' | 'sleep' | 'for ever' | 'program' | 'endless program'
  readonly flags: number
  readonly cancel: 'never' | 'at once' | 'after a turn'
  readonly microseconds: number
}

const wanted = fc.record<Wanted>({
  kind: fc.constantFrom('quick', 'sleep', 'for ever', 'program', 'endless program'),
  flags: fc.integer({ min: 0, max: 3 }),
  cancel: fc.constantFrom('never', 'at once', 'after a turn'),
  microseconds: fc.integer({ min: 0, max: 300 }),
})

function submissionOf({ kind, flags, microseconds }: Wanted): Submission {
  const sleep = { nr: 'nanosleep', args: [new BigInt64Array([0n, BigInt(microseconds) * 1000n]), null] } as const
  switch (kind) {
    case 'quick': return { nr: 'getppid', flags }
    case 'sleep': return { ...sleep, flags }
    case 'for ever': return { nr: 'ppoll', args: [null, 0, null, null, 0], flags }
    case 'program': return { program: [sleep, { nr: 'getppid' }], flags }
    default: return { program: [sleep, { nr: 'sched_yield', onZero: 0 }], stepsMax: 2 ** 31 - 1, flags }
  }
}

function checkEnd({ kind, cancel }: Wanted, { status, result, outcome }: CompletionRecord): void {
  const endless = kind === 'for ever' || kind === 'endless program'
  const possible: readonly CallStatus[] = cancel === 'never' && !endless
    ? [CallStatus.DONE] : [CallStatus.CANCELLED, CallStatus.INTERRUPTED, CallStatus.ABANDONED, ...(endless ? [] : [CallStatus.DONE])]
  assert.ok(possible.includes(status), `${kind}, cancelled ${cancel}: status ${String(status)}`)
  if (status === CallStatus.CANCELLED || status === CallStatus.ABANDONED) assert.equal(result, -125)
  if (status === CallStatus.INTERRUPTED && kind !== 'program' && kind !== 'endless program') assert.equal(result, -4)
  if (status === CallStatus.DONE) assert.equal(result, kind === 'sleep' ? 0 : process.ppid)
  if (outcome !== undefined) assert.equal(outcome.made, outcome.steps.reduce((sum, { runs }) => sum + runs, 0))
}

for (const subject of SUBJECTS.filter(({ noThreads }) => noThreads === undefined)) {
  test(`${subject.name}: each ends once`, async () => {
    await using acall = new Acall({ driver: subject.driver(), threads: 3, inFlightMax: 24 })
    await fc.assert(fc.asyncProperty(fc.array(wanted, { minLength: 1, maxLength: 40 }), async (list) => {
      const ring = new CompletionRing(list.length)
      const ids = list.map(() => new CallId())
      const records = list.map(() => new CompletionRecord())
      const submissions = list.map((one, index): Submission => ({ ...submissionOf(one), cookie: index, ring, id: ids[index], completion: records[index] }))
      assert.deepEqual(acall.submit(submissions), { taken: list.length, error: undefined })
      const reports: Promise<unknown>[] = []
      const cancelAll = (when: Wanted['cancel']): void => {
        for (const [index, { cancel }] of list.entries()) if (cancel === when) reports.push(acall.cancel(ids[index] as CallId))
      }
      cancelAll('at once')
      await new Promise((resolve) => setImmediate(resolve))
      cancelAll('after a turn')
      // What nobody else ends is ended now, so that what waits behind it comes to its turn.
      for (const [index, { cancel, kind }] of list.entries()) {
        if (cancel === 'never' && (kind === 'for ever' || kind === 'endless program')) reports.push(acall.cancel(ids[index] as CallId))
      }
      assert.equal(await ring.wait({ min: list.length, timeout: 20_000 }), list.length)
      await Promise.all(reports)
      const entries = ring.take()
      assert.deepEqual(entries.map(({ cookie }) => Number(cookie)).sort((a, b) => a - b), list.map((_, index) => index))
      for (const { cookie, status, id } of entries) {
        const record = records[Number(cookie)] as CompletionRecord
        assert.equal(record.status, status)
        assert.ok(id?.equals(ids[Number(cookie)] as CallId))
        checkEnd(list[Number(cookie)] as Wanted, record)
      }
      assert.equal(ring.room, list.length)
    }), { numRuns: 60 })
    assert.equal(acall.inFlight, 0)
  })
}

// The matrix on one driver: every way of writing under every fault.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Proactor } from 'trueaio'
import { PATIENCE } from '../../launcher/patience.js'
import { reason, WAYS, wrongCells, type MatrixSubject } from './cells.js'
import { FAULTS, type Fault } from './faults.js'

const timeout = 60_000 * PATIENCE

/** Registers a test for each fault. */
export function matrix(subject: MatrixSubject, faults: readonly Fault[] = FAULTS): void {
  for (const fault of faults) {
    test(`${subject.name}: ${fault.name}: bytes on disk equal what was acknowledged`, { timeout }, async (t) => {
      const missing = fault.missing() || (fault.simulation === undefined && refusal(subject))
      if (missing !== false) {
        t.skip(missing)
        return
      }
      for (const line of excused(subject, fault)) t.diagnostic(line)
      assert.deepEqual(await wrongCells(subject, fault), [])
    })
  }
}

function refusal({ driver }: MatrixSubject): string | false {
  const io = new Proactor({ driver })
  const refused = io.explain().find(({ state }) => state === 'refused')
  void io.close()
  return refused === undefined ? false : `${refused.name}: ${refused.reason ?? 'refused'}`
}

function excused(subject: MatrixSubject, fault: Fault): string[] {
  return WAYS.flatMap((way) => {
    const why = reason(way, subject, fault)
    return why === undefined ? [] : [`${way.name}: not shown: ${why}`]
  })
}

// Uses the engine for the first time while no file can be opened, and again when some can; prints which drivers did the work, as JSON.
import { closeSync, openSync } from 'node:fs'
import { setTimeout as later } from 'node:timers/promises'
import { nop, Proactor, timer } from 'trueaio'

const held: number[] = []
for (;;) {
  try {
    held.push(openSync('/dev/null', 'r'))
  } catch {
    break
  }
}
const io = new Proactor()
const before = io.explain()
await io.submit(timer(1))
for (const fd of held) closeSync(fd)
const again: string[] = []
for (let turn = 0; turn < 20 && again.at(-1) !== 'in use'; turn++) {
  await later(100)
  await io.submit(nop())
  again.push(io.explain()[0]?.state ?? '')
}
const { systemCalls } = io.statistics
await io.close()
console.log(JSON.stringify({ held: held.length, before, after: again.at(-1), turns: again.length, systemCalls }))

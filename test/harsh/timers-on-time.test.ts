// An endless loop of awaited cached reads does not hold up the loop's other work.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import test from 'node:test'
import { Proactor, read } from 'trueaio'
import { withoutRing } from './ring-here.js'
import { sanitized } from './sanitized.js'

/** The lateness, in milliseconds, that so large a part of the timers stays below while `work` goes on. */
async function lateness(work: (running: () => boolean) => Promise<void>, percentile: number): Promise<number> {
  const late: number[] = []
  let running = true
  const interval = 5
  const ended = work(() => running)
  await new Promise<void>((resolve) => {
    const arm = (): void => {
      const due = performance.now() + interval
      setTimeout(() => {
        late.push(performance.now() - due)
        if (late.length === 100) resolve()
        else arm()
      }, interval)
    }
    arm()
  })
  running = false
  await ended
  late.sort((a, b) => a - b)
  return late[Math.floor(late.length * percentile)] as number
}

for (const atOnce of [1, 32]) {
  test(`timers and immediates run on time beside ${String(atOnce)} endless loops of awaited 4 KiB reads`, { skip: withoutRing || sanitized }, async (t) => {
    await using io = new Proactor({ driver: 'io-uring' })
    const fd = openSync(process.execPath, 'r')
    let reads = 0
    const p90 = await lateness(async (running) => {
      await Promise.all(Array.from({ length: atOnce }, async () => {
        const buffer = Buffer.alloc(4096)
        while (running()) {
          await io.submit(read(fd, buffer, 0))
          reads++
        }
      }))
    }, 0.9)
    t.diagnostic(`${String(reads)} reads, p90 of lateness ${p90.toFixed(2)} ms`)
    assert.ok(reads > 1000)
    assert.ok(p90 < 20, `${p90.toFixed(2)} ms late`)
    closeSync(fd)
  })
}

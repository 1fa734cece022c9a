// SIGKILL in the middle of writes: every record that was acknowledged is in its file, whole.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Proactor } from 'trueaio'
import { PATIENCE } from '../launcher/patience.js'
import { KILLED_WAYS, RECORD_BYTES, recordOf, type KilledWay } from './killed/records.js'

const DRIVERS = ['io-uring', 'thread-pool', 'linux-aio', 'node'] as const
type DriverName = (typeof DRIVERS)[number]

const timeout = 60_000 * PATIENCE
const KILLS_PER_WAY = 3
/** Milliseconds after the first acknowledgement, at most. */
const KILL_WITHIN = 60
const WRITER = fileURLToPath(new URL('./killed/writer.js', import.meta.url))

function missing(driver: DriverName): string | false {
  const io = new Proactor({ driver })
  const refused = io.explain().find(({ state }) => state === 'refused')
  void io.close()
  return refused === undefined ? false : `${refused.name}: ${refused.reason ?? 'refused'}`
}

/** Numbers of the records that a writer told before it was killed at a random moment. */
async function acknowledgedBy(driver: DriverName, way: KilledWay, path: string): Promise<number[]> {
  const child = spawn(process.execPath, [WRITER, driver, way, path], { stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  let wrong = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    told += text
  })
  child.stderr.on('data', (text: Buffer) => {
    wrong += text.toString()
  })
  const ended = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), ended])
  await sleep(Math.random() * KILL_WITHIN)
  child.kill('SIGKILL')
  await ended
  assert.equal(wrong, '')
  return told.split('\n').slice(0, -1).map(Number)
}

/** What is missing of the records, or not whole. */
function lost(way: KilledWay, path: string, numbers: readonly number[]): number[] {
  if (way === 'writeFile') {
    return numbers.filter((number) => !readFileSync(`${path}.${String(number)}`).equals(recordOf(number)))
  }
  const disk = readFileSync(path)
  return numbers.filter((number) => {
    const record = recordOf(number)
    const at = way === 'commit, position' ? disk.indexOf(record) : number * RECORD_BYTES
    return at < 0 || !disk.subarray(at, at + RECORD_BYTES).equals(record)
  })
}

for (const driver of DRIVERS) {
  // FileHandles are Node's own with that driver, which have no commit.
  const ways = driver === 'node' ? KILLED_WAYS.filter((way) => !way.startsWith('commit')) : KILLED_WAYS
  for (const way of ways) {
    test(`${driver}: ${way}: what was acknowledged before a SIGKILL is there`, { timeout }, async (t) => {
      const refusal = missing(driver)
      if (refusal !== false) {
        t.skip(refusal)
        return
      }
      const directory = mkdtempSync(join(tmpdir(), 'trueaio-killed-'))
      try {
        for (let kill = 0; kill < KILLS_PER_WAY; kill++) {
          const path = join(directory, String(kill))
          const numbers = await acknowledgedBy(driver, way, path)
          assert.ok(numbers.length > 0)
          assert.deepEqual(lost(way, path, numbers), [])
        }
      } finally {
        rmSync(directory, { recursive: true })
      }
    })
  }
}

// The example of a chat, with many members in another process: each line reaches everybody, and the server gives everything back.
// `TRUEAIO_CHAT=10000 node scripts/run-tests.mjs net/chat` is the large one; docs/guide/net.md has its last figures.
import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MEMBERS = Number(process.env['TRUEAIO_CHAT'] ?? 300)
const example = fileURLToPath(new URL('../../../examples/chat.mjs', import.meta.url))
const program = fileURLToPath(new URL('./programs/chat-members.js', import.meta.url))

interface Figures {
  readonly openMilliseconds: number
  readonly bytesEach: number
  readonly lineMilliseconds: readonly number[]
  readonly heard: number
  readonly wanted: number
  readonly ends: readonly string[]
}

/** Starts a program with descriptors for all; it exits with 77 where this system does not allow as many. */
function start(...given: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn('sh', ['-c', 'ulimit -n "$0" || exit 77; exec "$@"', String(MEMBERS + 500), process.execPath, ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
}

const descriptorsOf = (id: number): number => readdirSync(`/proc/${String(id)}/fd`).length

test(`a chat of ${String(MEMBERS)}: each line reaches everybody, and nothing is left`, { timeout: 600_000 }, async (t) => {
  const server = start(example, '127.0.0.1:0')
  const serverClosed = once(server, 'close')
  const first = await Promise.race([once(server.stdout.setEncoding('utf8'), 'data'), serverClosed]) as [string | number]
  if (first[0] === 77) {
    t.skip(`${String(MEMBERS)} descriptors are more than this process may have`)
    return
  }
  t.after(() => server.kill('SIGKILL'))
  const id = server.pid ?? 0
  const before = descriptorsOf(id)
  const members = start(program, String(/ port (\d+)/.exec(String(first[0]))?.[1]), String(MEMBERS), String(id))
  const membersClosed = once(members, 'close')
  let text = ''
  for await (const part of members.stdout.setEncoding('utf8')) text += part as string
  assert.deepEqual(await membersClosed, [0, null])
  const { bytesEach, ends, heard, lineMilliseconds, openMilliseconds, wanted } = JSON.parse(text) as Figures
  const times = lineMilliseconds.map((milliseconds) => milliseconds.toFixed(0)).join(', ')
  t.diagnostic(`opened in ${openMilliseconds.toFixed(0)} ms; ${bytesEach.toFixed(0)} bytes of the server for each; a line has reached all after ${times} ms`)
  assert.equal(heard, wanted)
  assert.deepEqual(ends, ['ERR_TRUEAIO_CLOSED'])
  // Its members have gone: so have their descriptors.
  for (let looks = 0; looks < 500 && descriptorsOf(id) > before; looks++) await wait(20)
  assert.ok(descriptorsOf(id) <= before, `${String(before)} → ${String(descriptorsOf(id))}`)
  server.kill('SIGTERM')
  assert.deepEqual(await serverClosed, [0, null])
})

// A signal is listened to while operations wait on it, and no longer: it keeps nothing alive, and nothing keeps it.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn, setTimeout as later } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { nop, Proactor, timer } from 'trueaio'
import { readFile, writeFile } from 'trueaio/fs/promises'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

for (const driver of ['io-uring', 'thread-pool', 'node']) {
  test(`${driver}: the listener leaves within a turn of the loop after the last operation, however it ended`, async (t) => {
    let io: Proactor
    try {
      io = new Proactor({ driver })
    } catch (error) {
      t.skip(String(error))
      return
    }
    const { signal } = new AbortController()
    const waiting = io.submit(timer(1000), { signal })
    const others = Array.from({ length: 100 }, () => io.submit(nop(), { signal }))
    assert.equal(listeners(signal), 1)
    await Promise.all(others)
    await turn()
    assert.equal(listeners(signal), 1) // the timer
    await waiting
    await turn()
    await turn()
    assert.equal(listeners(signal), 0)
    await assert.rejects(io.submit(timer(60_000), { signal, timeout: 1 }), { code: 'ETIMEDOUT' })
    io.runSync([nop()], { signal })
    await turn()
    await turn()
    assert.equal(listeners(signal), 0)
    await io.close()
  })
}

test('the functions of trueaio/fs leave no listener either', async () => {
  const { signal } = new AbortController()
  const path = '/proc/self/comm'
  for (let index = 0; index < 20; index++) await readFile(path, { signal })
  await writeFile('/dev/null', 'x', { signal })
  await assert.rejects(readFile('/nowhere/at/all', { signal }), { code: 'ENOENT' })
  await turn()
  await turn()
  assert.equal(listeners(signal), 0)
})

test('a signal that many proactors have shared keeps none of them that is closed', async () => {
  const { signal } = new AbortController()
  const gone: WeakRef<Proactor>[] = []
  for (let index = 0; index < 50; index++) {
    const io = new Proactor()
    await io.submit(nop(), { signal })
    await io.close()
    gone.push(new WeakRef(io))
  }
  for (let attempt = 0; attempt < 20; attempt++) {
    await later(5)
    collect()
  }
  const left = gone.filter((reference) => reference.deref() !== undefined).length
  assert.ok(left <= 2, `${String(left)} of 50 are left`) // the frame of this function may hold the last
  assert.equal(listeners(signal), 0)
})

test('memory stays flat with a timeout signal of an hour for each operation', async () => {
  await using io = new Proactor()
  const round = async (): Promise<number> => {
    for (let index = 0; index < 40; index++) {
      await Promise.all(Array.from({ length: 100 }, () => io.submit(nop(), { signal: AbortSignal.timeout(3_600_000) })))
      await turn()
    }
    for (let attempt = 0; attempt < 10; attempt++) {
      await later(5)
      collect()
    }
    return process.memoryUsage().heapUsed
  }
  const before = await round()
  const after = await round()
  assert.ok(after - before < 3_000_000, `${String(after - before)} bytes more after 4,000 operations`)
})

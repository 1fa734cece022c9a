// acall: limits of the system, and the end of a thread with calls of its own running.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { SYS } from 'trueaio/acall'
import { poolThreads, threadsInside, until } from '../driver/thread-pool/threads-here.js'

const skip = process.getuid?.() === 0 ? false : 'only root can become somebody who has no other threads'

test('no thread to be had: the call ends with EAGAIN, those that have one go on', { skip }, () => {
  const program = fileURLToPath(new URL('./few-threads.js', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(status, 0, stderr)
  const { limited, refused, results, begun, ended } = JSON.parse(stdout) as Record<'limited' | 'refused' | 'begun' | 'ended', number> & { results: number[] }
  assert.equal(limited, 0)
  assert.ok(begun >= 10 && begun <= 20, stdout)
  assert.deepEqual([refused, results, ended], [100 - begun, [-11], begun])
})

test('a worker is terminated while calls and programs run on threads of their own: all of them end with it', async () => {
  for (let round = 0; round < 5; round++) {
    const worker = new Worker(new URL('./ring-of-blocked.js', import.meta.url))
    await once(worker, 'message')
    await until('they run', () => threadsInside(SYS.ppoll ?? -1) === 16 && poolThreads().length === 24)
    const start = performance.now()
    await worker.terminate()
    assert.ok(performance.now() - start < 4000)
    assert.equal(poolThreads().length, 0)
  }
})

// The pool for CPU steps: real threads, bounded by the cores, each task's end told, nobody kept alive by idle ones.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { compute, computeStatistics, type Task } from 'trueaio/work'

const MODULE = new URL('./functions.js', import.meta.url)
const task = (name: string, argument?: unknown): Task => ({ module: MODULE, name, argument })
const sharedWords = (): Int32Array => new Int32Array(new SharedArrayBuffer(8))

/** Resolves when the word is no longer 0: a thread has arrived. */
async function arrived(words: Int32Array): Promise<void> {
  const waiting = (Atomics as unknown as { waitAsync(words: Int32Array, index: number, value: number): { readonly value: Promise<string> | string } }).waitAsync(words, 0, 0)
  await waiting.value
}

test('calls the exported function with the argument: a plain one, an async one, the default export', async () => {
  assert.equal(await compute({ module: MODULE, argument: 21 }), 42)
  assert.equal(await compute(task('later', 'much')), 'much later')
  assert.deepEqual(await compute({ module: 'node:path', name: 'dirname', argument: '/a/b' }), '/a')
})

test('as many run at once as there are cores; the rest waits in order', async () => {
  const cores = availableParallelism()
  const words = sharedWords()
  const threads = await Promise.all(Array.from({ length: cores }, () => compute<number>(task('meet', { words, parties: cores }))))
  assert.equal(new Set(threads).size, cores, 'they met, each on a thread of its own')
  const held = sharedWords()
  const holding = Array.from({ length: cores }, () => compute(task('hold', held)))
  const order: number[] = []
  const behind = [0, 1, 2].map((index) => compute({ module: MODULE, argument: index }).then((twice) => order.push(twice as number)))
  assert.equal(computeStatistics().queued, 3)
  assert.ok(computeStatistics().threads <= cores)
  for (let here = Atomics.load(held, 0); here < cores; here = Atomics.load(held, 0)) await new Promise(setImmediate)
  assert.deepEqual(order, [])
  Atomics.store(held, 1, 1)
  Atomics.notify(held, 1)
  assert.deepEqual(await Promise.all(holding), Array.from({ length: cores }, () => 'let go'))
  await Promise.all(behind)
  assert.deepEqual(order.sort((one, other) => one - other), [0, 2, 4])
})

test('errors come back as they were thrown, also when they cannot be cloned', async () => {
  await assert.rejects(compute(task('fails', 'mine')), (error: Error) => {
    assert.ok(error instanceof RangeError)
    assert.deepEqual([error.message, (error as { code?: string }).code, (error as { detail?: number }).detail], ['mine', 'E_MINE', 7])
    assert.match(error.stack ?? '', /functions/)
    return true
  })
  await assert.rejects(compute(task('failsWithFunction')), /not clonable/)
  await assert.rejects(compute(task('throwsText')), (error: unknown) => error === 'text')
  await assert.rejects(compute(task('notClonable')), { name: 'DataCloneError' })
  await assert.rejects(compute(task('later', () => undefined)), { name: 'DataCloneError' })
  await assert.rejects(compute(task('notAFunction')), { code: 'ERR_TRUEAIO_NO_FUNCTION' })
  await assert.rejects(compute({ module: new URL('./absent.js', import.meta.url) }), { code: 'ERR_MODULE_NOT_FOUND' })
  await assert.rejects(compute(task('leaves')), { code: 'ERR_TRUEAIO_THREAD_ENDED', message: /code 3/ })
  assert.equal(await compute({ module: MODULE, argument: 4 }), 8, 'and the pool goes on')
})

test('memory is handed over in both directions', async () => {
  const bytes = new ArrayBuffer(1 << 20)
  const back = await compute<ArrayBuffer>({ ...task('fill', { bytes, value: 9 }), transfer: [bytes] })
  assert.equal(bytes.byteLength, 0)
  assert.deepEqual([back.byteLength, new Uint8Array(back)[12345]], [1 << 20, 9])
})

test('signal and timeout end a task that waits and one that runs, and its thread is replaced', async () => {
  const words = sharedWords()
  const aborting = new AbortController()
  const running = compute(task('spin', words), { signal: aborting.signal })
  await arrived(words)
  aborting.abort('enough')
  await assert.rejects(running, { code: 'ABORT_ERR', cause: 'enough' })
  await assert.rejects(compute(task('spin', sharedWords()), { timeout: 50 }), { code: 'ETIMEDOUT', syscall: 'compute' })
  const held = sharedWords()
  const holding = Array.from({ length: availableParallelism() }, () => compute(task('hold', held)))
  const queued = new AbortController()
  const waiting = compute(task('later', 'x'), { signal: queued.signal })
  queued.abort('queued')
  await assert.rejects(waiting, { code: 'ABORT_ERR', cause: 'queued' })
  await assert.rejects(compute(task('later', 'x'), { timeout: 1 }), { code: 'ETIMEDOUT' })
  Atomics.store(held, 1, 1)
  Atomics.notify(held, 1)
  await Promise.all(holding)
  await assert.rejects(compute(task('later', 'x'), { signal: AbortSignal.abort('before') }), { code: 'ABORT_ERR', cause: 'before' })
  assert.deepEqual([computeStatistics().running, computeStatistics().queued], [0, 0])
})

test('an idle pool keeps nobody alive, and its threads leave', () => {
  const work = JSON.stringify(import.meta.resolve('trueaio/work'))
  const program = (wait: string): string => `
    import { compute, computeStatistics } from ${work}
    console.log(await compute({ module: ${JSON.stringify(MODULE.href)}, argument: 1 }), computeStatistics().threads)
    ${wait}
  `
  const run = (wait: string): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program(wait)], { encoding: 'utf8', timeout: 20_000 })
    assert.equal(status, 0, stderr)
    return stdout
  }
  const before = performance.now()
  assert.equal(run(''), '2 1\n')
  assert.ok(performance.now() - before < 15_000)
  assert.equal(run('const timer = setInterval(() => { if (computeStatistics().threads === 0) { console.log("left"); clearInterval(timer) } }, 20)'), '2 1\nleft\n')
})

test('wrong arguments', () => {
  for (const wrong of [undefined, null, 'x', 5]) assert.throws(() => compute(wrong as never), { code: 'ERR_INVALID_ARG_TYPE' })
  for (const wrong of [{}, { module: 5 }, { module: MODULE, name: 5 }, { module: MODULE, transfer: 'x' }]) assert.throws(() => compute(wrong as never), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => compute({ module: MODULE }, { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
})

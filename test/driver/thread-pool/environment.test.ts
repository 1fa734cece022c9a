// The end of an environment with calls running: they are interrupted before its memory goes, and nothing is left behind.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, readdirSync, readSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Proactor, read, SYS, write } from 'trueaio'
import { blockingRead, pipe, poolThreads, threadsInside, until } from './threads-here.js'
import { makeUninterruptible } from './uninterruptible.js'
import { PATIENCE } from '../../launcher/patience.js'

const READ = SYS.read ?? -1
const WRITE = SYS.write ?? -1

async function blockedWorker(task: Readonly<Record<string, unknown>>): Promise<Worker> {
  const worker = new Worker(new URL('./blocked-worker.js', import.meta.url), { workerData: task })
  await once(worker, 'message')
  return worker
}

test('a worker is terminated with reads running and queued', async () => {
  const io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  await io.close()
  let descriptors = 0
  for (let round = 0; round < 10; round++) {
    const worker = await blockedWorker({ readEnd, reads: 20, uninterruptible: false, exit: false })
    await until('reads run', () => threadsInside(READ) === 2)
    const start = performance.now()
    assert.equal(await worker.terminate(), 1)
    assert.ok(performance.now() - start < 2000)
    assert.equal(poolThreads().length, 0)
    // The first worker may have opened what the process keeps.
    if (round === 0) descriptors = readdirSync('/proc/self/fd').length
  }
  assert.equal(readdirSync('/proc/self/fd').length, descriptors)
  // No read lives on: what is written now stays for whoever reads next.
  writeSync(writeEnd, 'still here')
  await using later = new Proactor({ driver: 'thread-pool' })
  assert.equal(await later.submit(read(readEnd, Buffer.alloc(64))), 10)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('a worker exits by itself with reads running', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  // Listened for from the start: a worker that ends at once tells its message and its exit in one piece.
  const worker = new Worker(new URL('./blocked-worker.js', import.meta.url), { workerData: { readEnd, reads: 4, uninterruptible: false, exit: true } })
  const [code] = (await once(worker, 'exit')) as [number]
  assert.equal(code, 3)
  assert.equal(threadsInside(READ), 0)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('a call that cannot be interrupted holds a worker\'s end up for five seconds, and no more', async () => {
  const worker = await blockedWorker({ readEnd: -1, reads: 0, uninterruptible: true, exit: false })
  await until('the call runs', () => threadsInside(SYS.ppoll ?? -1) === 1)
  const start = performance.now()
  await worker.terminate()
  const waited = performance.now() - start
  assert.ok(waited > 4500 && waited < 9000, `${waited.toFixed()} ms`)
  // Its thread, and the pool it will write to, are left alone.
  assert.equal(poolThreads().length, 1)
})

test('a call that cannot be interrupted is abandoned: settled at once, its memory lent until it ends', async () => {
  const before = poolThreads().length
  await using io = new Proactor({ driver: 'thread-pool', threads: 1 })
  await makeUninterruptible(io)
  const { readEnd, writeEnd } = await pipe(io)
  const aborting = new AbortController()
  const large = Buffer.alloc(1 << 20)
  const waiting = io.submit(write(writeEnd, large), { signal: aborting.signal })
  await until('the write waits for room', () => poolThreads().length === before + 1 && threadsInside(WRITE) === 1)
  const start = performance.now()
  aborting.abort()
  await assert.rejects(waiting, { code: 'ABORT_ERR' })
  const waited = performance.now() - start
  assert.ok(waited >= 15 && waited < 1000, `${waited.toFixed(1)} ms`)
  assert.equal(io.statistics.abandoned, 1)
  assert.equal(io.statistics.bytesLent, large.byteLength)
  const drained = Buffer.alloc(65536)
  // Just what is written, and no read more: it would wait for ever.
  for (let left = large.byteLength; left > 0;) left -= readSync(readEnd, drained)
  await until('it has ended', () => io.statistics.abandoned === 0)
  assert.equal(io.statistics.bytesLent, 0)
  closeSync(readEnd)
  closeSync(writeEnd)
})

const PROGRAM = `
  import { call, Proactor, statx } from 'trueaio'
  const io = new Proactor({ driver: 'thread-pool' })
  const ends = new Int32Array(2)
  await io.submit(call('pipe2', ends, 0))
  for (let count = 0; count < 100; count++) void io.submit(call('read', ends[0], Buffer.alloc(64), 64)).catch(() => {})
  await io.submit(statx('/'))
`

function endOf(ending: string): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM + ending], { encoding: 'utf8', timeout: 20_000 * PATIENCE })
  return { status, stderr }
}

test('process.exit with calls running', () => {
  assert.deepEqual(endOf('process.exit(7)'), { status: 7, stderr: '' })
})

test('an uncaught exception with calls running', () => {
  const { status, stderr } = endOf("setImmediate(() => { throw new Error('unforeseen') })")
  assert.equal(status, 1)
  assert.match(stderr, /Error: unforeseen/)
})

test('a process ends by itself while unreferenced calls run, and when nothing is in flight', () => {
  assert.deepEqual(endOf('io.unref()'), { status: 0, stderr: '' })
  const idle = spawnSync(process.execPath, ['--input-type=module', '-e', "import { defaultProactor, Proactor, statx } from 'trueaio'; await new Proactor({ driver: 'thread-pool' }).submit(statx('/'))"], { timeout: 20_000 * PATIENCE })
  assert.equal(idle.status, 0)
})

test('a child process inherits neither the threads nor the signal\'s handler', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  const aborting = new AbortController()
  const waiting = io.submit(blockingRead(readEnd, Buffer.alloc(1)), { signal: aborting.signal })
  await until('the read runs', () => threadsInside(READ) === 1)
  const { stdout } = spawnSync('cat', ['/proc/self/status'], { encoding: 'utf8' })
  assert.match(stdout, /^Threads:\s*1$/m)
  assert.match(stdout, /^SigCgt:\s*0{8}/m) // no real-time signal: those are the upper half
  aborting.abort()
  await assert.rejects(waiting, { code: 'ABORT_ERR' })
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('where no thread can be started operations fail with EAGAIN, and work again when one can', () => {
  // A user may have so many threads; root, any number, so root becomes somebody else first.
  const program = `
    import { Proactor, statx, SYS } from 'trueaio'
    const { loadBinding } = await import('#src/native/load.js')
    const { binding } = loadBinding()
    const RLIMIT_NPROC = 6n
    const limits = (pair, at) => {
      const call = new BigInt64Array([0n, RLIMIT_NPROC, 0n, 0n, 0n, 0n])
      call[at] = BigInt(binding.address(pair))
      if (binding.systemCall(SYS.prlimit64, call) !== 0) throw new Error('prlimit64')
    }
    const [soft, hard] = ((pair) => { limits(pair, 3); return pair })(new BigUint64Array(2))
    const io = new Proactor({ driver: 'thread-pool' })
    limits(new BigUint64Array([1n, hard]), 2)
    if (process.getuid() === 0) process.setuid(65534)
    const failures = await Promise.allSettled([io.submit(statx('/')), io.submit(statx('/tmp'))])
    limits(new BigUint64Array([soft, hard]), 2)
    console.log(failures.map(({ reason }) => reason?.code).join())
    console.log((await io.submit(statx('/'))).ino > 0)
    await io.close()`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 20_000 * PATIENCE })
  assert.equal(stdout, 'EAGAIN,EAGAIN\ntrue\n', stderr)
})

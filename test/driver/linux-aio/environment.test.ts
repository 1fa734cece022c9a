// The end of a context: a worker terminated with requests in flight, a process that ends, many contexts one after the other.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { poll, PollEvent, Proactor } from 'trueaio'
import { makePipe } from '../../harsh/system-calls.js'
import { DirectFile, withoutAio } from './direct-file.js'
import { PATIENCE } from '../../launcher/patience.js'

const skip = withoutAio
const busyWorker = new URL('./busy-worker.js', import.meta.url)

/** Completion rings mapped into this process. */
function rings(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('\n').filter((line) => line.includes('[aio]')).length
}

/** The loop turns until so many rings are mapped; a test that waits for ever is ended by its time limit. */
async function untilRings(count: number): Promise<void> {
  while (rings() !== count) await new Promise(setImmediate)
}

test('workers terminated with polls and reads in flight end at once and give back their contexts', { skip, timeout: 30_000 * PATIENCE }, async () => {
  using file = new DirectFile(64)
  const { readEnd, writeEnd } = makePipe()
  const before = rings()
  let descriptors = 0
  for (let round = 0; round < 8; round++) {
    const worker = new Worker(busyWorker, { workerData: { path: file.path, readEnd } })
    await once(worker, 'message')
    assert.equal(rings(), before + 1)
    const start = performance.now()
    await worker.terminate()
    assert.ok(performance.now() - start < 2000)
    await untilRings(before)
    // The first worker may have opened what the process keeps.
    if (round === 0) descriptors = readdirSync('/proc/self/fd').length
  }
  assert.equal(readdirSync('/proc/self/fd').length, descriptors)
  await using io = new Proactor({ driver: 'linux-aio' })
  writeSync(writeEnd, 'x')
  assert.equal(await io.submit(poll(readEnd, PollEvent.POLLIN)), PollEvent.POLLIN)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('closed contexts go away', { skip, timeout: 30_000 * PATIENCE }, async () => {
  const before = rings()
  for (let round = 0; round < 20; round++) await new Proactor({ driver: 'linux-aio' }).close()
  await untilRings(before)
})

test('a process ends in the middle of its requests', { skip }, () => {
  using file = new DirectFile(64)
  for (const way of ['process.exit(3)', 'process.kill(process.pid, "SIGKILL")', 'throw new Error("on purpose")']) {
    const script = `
      const { workerData } = { workerData: ${JSON.stringify({ path: file.path, readEnd: 0 })} }
      const { keepReading } = await import(${JSON.stringify(busyWorker.href)})
      keepReading(workerData)
      setImmediate(() => { ${way} })`
    const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 20_000 * PATIENCE, stdio: ['pipe', 'pipe', 'pipe'] })
    if (way.startsWith('process.exit')) assert.equal(status, 3, stderr)
    else if (way.startsWith('process.kill')) assert.equal(signal, 'SIGKILL')
    else assert.match(stderr, /on purpose/)
  }
})

test('requests in flight keep the process alive, unless unref() says otherwise', { skip }, async () => {
  const script = (ending: string): string => `
    const { poll, Proactor } = await import('trueaio')
    const io = new Proactor({ driver: 'linux-aio' })${ending}
    io.submit(poll(0, 1)).then((events) => console.log(\`events \${events}\`))`
  const node = ['--input-type=module', '-e']
  const alive = spawnSync(process.execPath, [...node, script('')], { encoding: 'utf8', timeout: 20_000 * PATIENCE, input: 'x' })
  assert.match(alive.stdout, /^events \d+\n$/)
  // Its standard input stays silent and open: only unref() can be why it ends.
  const child = spawn(process.execPath, [...node, script('.unref()')], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 20_000 * PATIENCE })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]) as [string, [number | null]]
  child.stdin.destroy()
  assert.deepEqual([output, code], ['', 0])
})

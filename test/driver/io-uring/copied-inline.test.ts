// Cached bytes are copied inside the submission up to a budget a batch; what is beyond it goes to the kernel's workers.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { Proactor, read, readv, write } from 'trueaio'
import { systemCall } from '../../harsh/system-calls.js'
import { withoutRing } from '../../harsh/ring-here.js'

const MIB = 1 << 20

class CachedFile implements Disposable {
  readonly content = Buffer.alloc(4 * MIB)
  readonly fd: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'trueaio-copied-'))

  constructor() {
    for (let at = 0; at < this.content.length; at += 4) this.content.writeInt32LE(at, at)
    writeFileSync(join(this.#directory, 'cached'), this.content)
    this.fd = openSync(join(this.#directory, 'cached'), 'r+')
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
    rmSync(this.#directory, { recursive: true })
  }
}

/** Nanoseconds of processor time that the kernel's workers of this process's rings have used: they are threads of it by this name. */
function workersTime(): number {
  let sum = 0
  for (const task of readdirSync('/proc/self/task')) {
    try {
      if (!readFileSync(`/proc/self/task/${task}/comm`, 'latin1').startsWith('iou-wrk')) continue
      sum += Number(readFileSync(`/proc/self/task/${task}/schedstat`, 'latin1').split(' ')[0])
    } catch { // it has ended meanwhile
    }
  }
  return sum
}

function threadTime(): number {
  const time = new BigInt64Array(2)
  systemCall('clock_gettime', 3, time) // CLOCK_THREAD_CPUTIME_ID
  return Number(time[0]) * 1e9 + Number(time[1])
}

for (const [name, make] of [
  ['read', (fd: number, buffer: Buffer, offset: number) => read(fd, buffer, { offset })],
  ['readv', (fd: number, buffer: Buffer, offset: number) => readv(fd, [buffer], { offset })],
  ['write', (fd: number, buffer: Buffer, offset: number) => write(fd, buffer, { offset })],
] as const) {
  test(`1,000 cached ${name}s of 64 KiB in one batch: most of the copying is the workers'`, { skip: withoutRing }, async () => {
    using file = new CachedFile()
    await using io = new Proactor({ driver: 'io-uring', bytesLentMax: 256 * MIB })
    const size = 65536
    const buffers = Array.from({ length: 1000 }, (_, index) => Buffer.from(file.content.subarray((index % 64) * size, (index % 64 + 1) * size)))
    const [workersBefore, threadBefore] = [workersTime(), threadTime()]
    for (let round = 0; round < 8; round++) {
      const all = await Promise.all(buffers.map((buffer, index) => io.submit(make(file.fd, buffer, (index % 64) * size))))
      assert.ok(all.every((bytes) => bytes === size))
    }
    const [ofWorkers, ofThread] = [workersTime() - workersBefore, threadTime() - threadBefore]
    for (const [index, buffer] of buffers.entries()) assert.ok(buffer.equals(file.content.subarray((index % 64) * size, (index % 64 + 1) * size)))
    // 936 of 1,000. Copied inside the submission, all of it would be this thread's.
    assert.ok(ofWorkers > 0.3 * ofThread, `the workers ${String(ofWorkers)} ns, this thread ${String(ofThread)} ns`)
  })
}

test('small reads stay in the submission, however many they are', { skip: withoutRing }, async () => {
  using file = new CachedFile()
  await using io = new Proactor({ driver: 'io-uring' })
  const buffer = Buffer.alloc(4096)
  const reads = Array.from({ length: 2000 }, (_, index) => io.submit(read(file.fd, buffer, { offset: (index % 1000) * 4096 })))
  await Promise.all(reads)
  assert.deepEqual([io.statistics.reapedInline, io.statistics.reapedOnWake].map((count) => count > 1900), [true, false])
})

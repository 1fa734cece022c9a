// What waits for a full or an empty pipe, cancelled at every moment: before its call, between the call's EAGAIN and the driver's
// look at it, while it waits for readiness.
import assert from 'node:assert/strict'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nop, read, timer, write, type Proactor } from 'trueaio'
import { CANDIDATES } from './drivers.js'

const directory = mkdtempSync(join(tmpdir(), 'trueaio-full-'))
after(() => rmSync(directory, { recursive: true, force: true }))

interface Pipe { readonly readEnd: number; readonly writeEnd: number }

function makePipe(name: string, full: boolean): Pipe {
  const path = join(directory, name)
  assert.equal(spawnSync('mkfifo', [path]).status, 0)
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  try {
    if (full) for (;;) writeSync(writeEnd, Buffer.alloc(65536))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
  }
  return { readEnd, writeEnd }
}

/** Gives the pool's threads time that the loop does not have. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

async function cancelAll(io: Proactor, make: () => Promise<unknown>, cancel: (index: number) => void, code: string): Promise<void> {
  const settled = new Uint8Array(200)
  const all = Array.from({ length: 200 }, (_, index) => make().then(() => assert.fail('done'), (error: unknown) => {
    assert.equal((error as { code: string }).code, code)
    settled[index] = 1
  }))
  for (let index = 0; index < 200; index++) {
    if (index % 20 === 0) await io.submit(index % 40 === 0 ? nop() : timer(1))
    if (index % 7 === 0) block(1)
    cancel(index)
  }
  await Promise.race([Promise.all(all), new Promise((_, reject) => setTimeout(() => reject(new Error(`${String(settled.filter((one) => one === 0).length)} never settle`)), 10_000).unref())])
}

for (const candidate of CANDIDATES) {
  const { name, skip, storage } = candidate
  const make = (): Proactor => candidate.make()
  // libuv's threads make blocking calls, and an EAGAIN of theirs is an answer (docs/drivers/node.md).
  const reason = storage === 'memory' ? 'no pipes in memory' : name === 'node' ? 'does not wait for non-blocking descriptors' : skip
  for (const full of [true, false]) {
    const what = full ? 'writes to a full pipe' : 'reads of an empty pipe'
    const operation = ({ readEnd, writeEnd }: Pipe) => (full ? write(writeEnd, Buffer.alloc(1000)) : read(readEnd, Buffer.alloc(1000)))

    test(`${name}: ${what}, aborted at every moment, all settle`, { skip: reason }, async () => {
      const pipe = makePipe(`${name}-abort-${String(full)}`, full)
      const io = make()
      const controllers: AbortController[] = []
      await cancelAll(io, () => {
        const controller = new AbortController()
        controllers.push(controller)
        return io.submit(operation(pipe), { signal: controller.signal })
      }, (index) => controllers[index]?.abort(), 'ABORT_ERR')
      await io.close()
      closeSync(pipe.readEnd)
      closeSync(pipe.writeEnd)
    })

    test(`${name}: ${what}, timed out at every moment, all settle, and close() ends`, { skip: reason }, async () => {
      const pipe = makePipe(`${name}-time-${String(full)}`, full)
      const io = make()
      let submitted = 0
      await cancelAll(io, () => io.submit(operation(pipe), { timeout: 0.01 + (submitted++ % 50) / 5 }), () => undefined, 'ETIMEDOUT')
      const held = Array.from({ length: 100 }, () => assert.rejects(io.submit(operation(pipe)), { code: 'ERR_TRUEAIO_CLOSED' }))
      await io.submit(nop())
      block(2)
      await io.close()
      await Promise.all(held)
      closeSync(pipe.writeEnd)
      const content = Buffer.alloc(65536)
      let left = 0
      for (let bytes = readSync(pipe.readEnd, content); bytes > 0; bytes = readSync(pipe.readEnd, content)) left += bytes
      assert.equal(left % 4096, 0, 'a write that was given up is not in the pipe')
      closeSync(pipe.readEnd)
    })
  }
}

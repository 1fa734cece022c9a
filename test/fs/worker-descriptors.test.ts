// Descriptors in worker threads: Node's list of what a worker has opened stays true, so that its end closes nobody else's; and
// what the engine has opened there is closed with it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { loadBinding } from '#src/native/load.js'

const PROGRAM = new URL('programs/descriptors-in-worker.js', import.meta.url)
const skip = loadBinding().reason ?? false

function openNow(): number {
  return fs.readdirSync('/proc/self/fd').length
}

/** Opens files until one has this number. */
function takeUp(fd: number): number[] {
  const taken = [fs.openSync(process.execPath, 'r')]
  while (taken.at(-1) !== fd && taken.length < 256) taken.push(fs.openSync(process.execPath, 'r'))
  return taken
}

for (const driver of ['io-uring', undefined]) {
  describe(`in a worker, on ${driver ?? 'all drivers'}`, { skip }, () => {
    for (const way of ['Node opens, the engine closes', 'each closes what the other has opened', 'numbers and handles stay open', 'files are being read']) {
      for (const end of ['exits', 'is terminated']) {
        test(`${way}, and it ${end}`, async () => {
          const env = driver === undefined ? process.env : { ...process.env, TRUEAIO_DRIVER: driver }
          let before = 0
          for (let round = 0; round < 2; round++) {
            before = openNow() // the first worker of a process opens what stays
            const worker = new Worker(PROGRAM, { workerData: way, env, stderr: true })
            let warnings = ''
            worker.stderr.on('data', (text: Buffer) => (warnings += text.toString()))
            const [fd] = await once(worker, 'message') as [number]
            const mine = fd >= 0 ? takeUp(fd) : []
            const ended = once(worker, 'exit')
            if (end === 'exits') worker.postMessage('end')
            else void worker.terminate()
            await ended
            await turn()
            for (const one of mine) fs.closeSync(one) // EBADF: the worker's end has closed it
            assert.doesNotMatch(warnings, /unmanaged mode/)
          }
          for (let left = 1000; openNow() > before && left > 0; left--) await turn() // the loop closes its handles some turns later
          assert.equal(openNow(), before)
        })
      }
    }
  })
}

// Descriptors in worker threads: Node's list of what a worker has opened stays true, so that its end closes nobody else's; and
// what the engine has opened there is closed with it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { loadBinding } from '#src/native/load.js'

const PROGRAM = new URL('programs/descriptors-in-worker.js', import.meta.url)
const WAYS = [
  'Node opens, the engine closes', 'Node opens, a system call closes', 'the engine opens, a system call closes', 'a system call opens, and one closes',
  'each closes what the other has opened', 'numbers and handles stay open', 'files are being read', 'a pipe is open for writing', 'paths are watched', 'requests name eventfds',
] as const
/** Large enough that reading it takes several transfers. */
const FILE_BYTES = 2 << 20
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

/** One worker from its beginning to its end. */
async function runWorker(way: string, end: 'exits' | 'is terminated', driver: string | undefined, file: string): Promise<void> {
  const env = driver === undefined ? process.env : { ...process.env, TRUEAIO_DRIVER: driver }
  const worker = new Worker(PROGRAM, { workerData: { way, file, pipe: `${file}-pipe` }, env, stderr: true })
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

for (const driver of ['io-uring', undefined]) {
  describe(`in a worker, on ${driver ?? 'all drivers'}`, { skip }, () => {
    let directory = ''
    let file = ''
    before(async () => {
      directory = fs.mkdtempSync(join(tmpdir(), 'worker-descriptors-'))
      file = join(directory, 'file')
      fs.writeFileSync(file, Buffer.alloc(FILE_BYTES))
      assert.equal(spawnSync('mkfifo', [`${file}-pipe`]).status, 0)
      await runWorker(WAYS[0], 'exits', driver, file) // the first worker of a process opens what stays
    })
    after(() => fs.rmSync(directory, { recursive: true }))

    for (const way of WAYS) {
      for (const end of ['exits', 'is terminated'] as const) {
        test(`${way}, and it ${end}`, async () => {
          const atFirst = openNow()
          await runWorker(way, end, driver, file)
          for (let left = 1000; openNow() > atFirst && left > 0; left--) await turn() // the loop closes its handles some turns later
          assert.equal(openNow(), atFirst)
        })
      }
    }
  })
}

// A thread of shared.test.ts: counts up a number that is not atomic, a hundred times or more, each time under a shared lock.
import { parentPort, workerData } from 'node:worker_threads'
import { SharedMutex, SharedSemaphore } from 'trueaio/work'

const { mutex, semaphore, counter, rounds, blocking } = workerData as {
  readonly mutex: SharedArrayBuffer; readonly semaphore: SharedArrayBuffer; readonly counter: Int32Array; readonly rounds: number; readonly blocking: boolean
}
const lock = new SharedMutex(mutex)
const places = new SharedSemaphore(semaphore)

/** Reading and writing apart, so that two who are here at once lose a count. */
function count(): void {
  const before = counter[0] as number
  for (let turn = 0; turn < 50; turn++) Atomics.load(counter, 1)
  counter[0] = before + 1
}

for (let round = 0; round < rounds; round++) {
  if (blocking) places.downSync(1)
  else await places.down(1)
  const inside = Atomics.add(counter, 1, 1) + 1
  if (inside > 2) Atomics.store(counter, 2, inside)
  if (blocking) {
    const held = lock.lockSync()
    count()
    held.release()
  } else await lock.runExclusive(count)
  Atomics.sub(counter, 1, 1)
  places.up(1)
}
parentPort?.postMessage('done')

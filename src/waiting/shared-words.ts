// ② waiting — words of shared memory that threads wait on: the lock for a few instructions, the wait that does not block, and
// what keeps a process alive that waits so.

/** What V8 has since 8.7 and the ES2023 library does not declare. */
interface WaitAsync {
  waitAsync(words: Int32Array, index: number, value: number): { readonly async: false; readonly value: string } | { readonly async: true; readonly value: Promise<string> }
}

const UNLOCKED = 0
const LOCKED = 1
/** Locked, and somebody may sleep on it. */
const CONTENDED = 2

/** Runs a few instructions while no other thread does. They must not throw, wait or call back. */
export function whileLocked<Result>(words: Int32Array, index: number, run: () => Result): Result {
  if (Atomics.compareExchange(words, index, UNLOCKED, LOCKED) !== UNLOCKED) {
    while (Atomics.exchange(words, index, CONTENDED) !== UNLOCKED) Atomics.wait(words, index, CONTENDED)
  }
  const result = run()
  if (Atomics.exchange(words, index, UNLOCKED) === CONTENDED) Atomics.notify(words, index, 1)
  return result
}

/** Resolves once the word may have changed from this value. The process stays alive until then. */
export async function changed(words: Int32Array, index: number, value: number): Promise<void> {
  const waiting = (Atomics as unknown as WaitAsync).waitAsync(words, index, value)
  if (!waiting.async) return
  keepAlive(1)
  try {
    await waiting.value
  } finally {
    keepAlive(-1)
  }
}

/** Node's loop does not know of Atomics.waitAsync: a timer that never fires stands for all who wait. */
let alive: NodeJS.Timeout | undefined
let waits = 0

function keepAlive(change: 1 | -1): void {
  waits += change
  if (waits > 0) alive ??= setInterval(() => undefined, 0x7fffffff)
  else {
    clearInterval(alive)
    alive = undefined
  }
}

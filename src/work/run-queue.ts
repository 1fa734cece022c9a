// ① interface — actions that are ready, run one after the other: in a microtask, and after some of them in the loop's next
// turn, so that machines which only queue each other do not keep timers and sockets waiting.

/** Something whose next action is ready. */
export interface Ready {
  run(): void
}

/** About 10 µs of short actions. */
const ACTIONS_IN_A_ROW_MAX = 64

const resolved = Promise.resolve()
let queued: Ready[] = []
let scheduled = false

/** Runs it soon, after those that came before. Never at once: its caller may be in the middle of something. */
export function runSoon(ready: Ready): void {
  queued.push(ready)
  if (scheduled) return
  scheduled = true
  void resolved.then(runQueued)
}

function runQueued(): void {
  for (let rounds = 0; queued.length > 0; rounds++) {
    if (rounds >= ACTIONS_IN_A_ROW_MAX) {
      setImmediate(runQueued)
      return
    }
    const batch = queued
    queued = []
    for (let index = 0; index < batch.length; index++) (batch[index] as Ready).run() // below length
  }
  scheduled = false
}

// ① interface — when streams of this module run their listeners: after a driver's batch, all that have something in one tick, each in the
// async context that it was made in.

export interface Recipient {
  /** It stands in line already. */
  isQueued: boolean
  /** Runs its listeners. What one throws is an uncaught exception, as Node has it. */
  deliver(): void
}

const queue: Recipient[] = []
let next = 0
let isScheduled = false

/** Has a recipient run what it has, soon. */
export function deliverSoon(recipient: Recipient): void {
  if (recipient.isQueued) return
  recipient.isQueued = true
  queue.push(recipient)
  schedule()
}

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  process.nextTick(deliverAll)
}

/** One that throws ends this run; the others follow in the next tick. */
function deliverAll(): void {
  isScheduled = false
  try {
    while (next < queue.length) {
      const recipient = queue[next++] as Recipient // below length
      recipient.isQueued = false
      recipient.deliver()
    }
  } finally {
    if (next === queue.length) {
      queue.length = 0
      next = 0
    } else schedule()
  }
}

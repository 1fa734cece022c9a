// ① interface — Linux AIO: the eventfds that requests in flight are to count up. This thread does the counting, so a synchronous read
// of one would block for ever. Before such a read the engine goes on here until the counter can be read.
import { nodeFs } from '../driver/node/own-functions.js'
import { poll, PollEvent } from '../operation/timer.js'
import type { Proactor } from '../proactor/proactor.js'
import { noteCounters } from '../waiting/pending.js'

/** Milliseconds for each proactor in turn, where requests of several are to count up one eventfd. */
const TURN_MILLISECONDS = 10
const O_NONBLOCK = 0o4000

/** By the number of an eventfd: how many requests of which proactor are to count it up. */
const expected = new Map<number, Map<Proactor, number>>()

/** A request in flight is to count up this eventfd. */
export function expectCount(fd: number, proactor: Proactor): void {
  noteCounters(untilReadable)
  const proactors = expected.get(fd) ?? new Map<Proactor, number>()
  expected.set(fd, proactors)
  proactors.set(proactor, (proactors.get(proactor) ?? 0) + 1)
}

/** One has been counted. */
export function counted(fd: number, proactor: Proactor): void {
  const proactors = expected.get(fd)
  const left = (proactors?.get(proactor) ?? 0) - 1
  if (left > 0) proactors?.set(proactor, left)
  else proactors?.delete(proactor)
  if (proactors?.size === 0) expected.delete(fd)
}

/** Blocks, with the engine going on, until a read of this eventfd would not. Anything else returns at once. */
function untilReadable(fd: number): void {
  for (;;) {
    const proactors = [...(expected.get(fd)?.keys() ?? [])]
    if (proactors.length === 0 || !wouldBlock(fd)) return
    for (const proactor of proactors) {
      const [result] = proactor.runSync([poll(fd, PollEvent.POLLIN)], proactors.length === 1 ? undefined : { timeout: TURN_MILLISECONDS })
      // A proactor that is closed, or has no poll, can't be waited for.
      if (result.status === 'rejected' && (result.reason as NodeJS.ErrnoException).code !== 'ETIMEDOUT') return
    }
  }
}

/** Whether it is an eventfd, of the blocking kind, with nothing to read. @see proc_pid_fdinfo(5) */
function wouldBlock(fd: number): boolean {
  try {
    const facts = nodeFs.readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1')
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(facts)?.[1] ?? '', 8)
    return (flags & O_NONBLOCK) === 0 && /^eventfd-count:\s*0+$/m.test(facts)
  } catch {
    return false // the number is nobody's any more: the read tells
  }
}

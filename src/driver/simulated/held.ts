// ④ driver — simulated: a submission while the driver holds it. The proactor uses its own object again for others.
import type { Operation } from '../../operation/operation.js'
import type { Submission } from '../../proactor/driver.js'
import type { Event } from './clock.js'
import type { Fate } from './faults.js'
import { LentBytes } from './lent-bytes.js'
import type { LinkedChain } from './linked-chain.js'
import type { Outcome } from './outcome.js'

export class Held implements Submission {
  readonly slot: number
  readonly generation: number
  readonly operation: Operation
  readonly priority: number
  readonly lane: number
  readonly lent: LentBytes
  /** `taken`: not handed over; `started`: under way; `performed`: done, and not told yet. */
  phase: 'taken' | 'started' | 'performed' = 'taken'
  fate: Fate = { errno: 0, bytesMax: Infinity, hangs: false, delay: 0 }
  /** What happens to it next, unless it hangs. */
  event: Event | undefined = undefined
  /** When it is to be told, virtual milliseconds. */
  tellAt = 0
  outcome: Outcome | undefined = undefined
  cancelAsked = false
  /** Results of a multishot one so far. */
  ticks = 0
  readonly chain: LinkedChain | undefined
  readonly position: number

  constructor(submission: Submission, chain: LinkedChain | undefined, position: number) {
    this.slot = submission.slot
    this.generation = submission.generation
    this.operation = submission.operation
    this.priority = submission.priority
    this.lane = submission.lane
    this.lent = new LentBytes(submission.operation)
    this.chain = chain
    this.position = position
  }
}

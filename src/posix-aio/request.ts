// ① interface — posix-aio: what a control block keeps of its request: where it stands, how it ended, how it is notified.
import type { AsyncResource } from 'node:async_hooks'
import type { Operation } from '../operation/operation.js'
import type { Entry } from '../proactor/in-flight.js'
import type { SubmitOptions } from '../proactor/options.js'
import { WaitQueue } from '../waiting/wait-queue.js'
import { State, type DescriptorRequests, type InOrder } from './descriptor-requests.js'
import type { RequestList } from './request-list.js'
import type { sigevent } from './sigevent.js'

export { State } from './descriptor-requests.js'

export class Request implements InOrder<Request> {
  state: State = State.NONE
  /** Once ended: 0, or a positive errno. */
  errno = 0
  /** Once ended: what the system call returned, -1 for an error. */
  result = 0
  operation: Operation | undefined = undefined
  options: SubmitOptions | undefined = undefined
  /** While the proactor has it. */
  entry: Entry | undefined = undefined
  /** A cancel asked the system to stop it: EINTR is then the answer to that. */
  interrupted = false
  /** Outstanding requests of one descriptor are a list, in order of submission. */
  descriptor: DescriptorRequests<Request> | undefined = undefined
  previous: Request | undefined = undefined
  next: Request | undefined = undefined
  /** How its end is notified; undefined: not at all. */
  notice: sigevent | undefined = undefined
  /** The async context it was submitted from, where a function is to be called. */
  context: AsyncResource | undefined = undefined
  /** The `lio_listio` it is part of. */
  list: RequestList | undefined = undefined
  #suspended: WaitQueue | undefined = undefined

  /** Submitted, and not ended. */
  get inProgress(): boolean {
    return this.state === State.HELD || this.state === State.RUNNING
  }

  /** The waiters for its end. Most requests have none. */
  get suspended(): WaitQueue {
    this.#suspended ??= new WaitQueue()
    return this.#suspended
  }

  wakeSuspended(): void {
    this.#suspended?.wakeAll(undefined)
  }
}

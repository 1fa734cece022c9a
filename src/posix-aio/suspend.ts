// ① interface — posix-aio: waiting until one of several requests has ended.
import { Errno } from '../operation/system-error.js'
import { Wake, WaitQueue } from '../waiting/wait-queue.js'
import { failed } from './failed.js'
import type { Request } from './request.js'
import type { WaitOptions } from './wait-options.js'

/** What has never been submitted is not in progress either: nobody waits for it. */
export function oneEnded(requests: readonly Request[]): boolean {
  return requests.some((request) => !request.inProgress)
}

/**
 * @param timeout milliseconds; undefined: none
 * @param tellCompletions tells what has completed by now: after a busy turn of the loop the timer runs before that
 * @throws (rejects) EAGAIN, AbortError
 */
export async function suspend(requests: readonly Request[], timeout: number | undefined, signal: WaitOptions['signal'], tellCompletions: () => void): Promise<0> {
  const ended = new WaitQueue()
  const wake = (): Wake => {
    ended.wakeAll(undefined)
    return Wake.TOOK
  }
  const waiters = requests.map((request) => request.suspended.add(wake))
  try {
    return await ended.wait<0>(() => (requests.length === 0 || oneEnded(requests) ? 0 : undefined), {
      timeout, signal,
      late() {
        tellCompletions()
        if (oneEnded(requests)) return 0
        throw failed(Errno.EAGAIN, 'aio_suspend', 'none of the requests ended within the timeout')
      },
    })
  } finally {
    requests.forEach((request, index) => {
      const waiter = waiters[index]
      if (waiter !== undefined) request.suspended.remove(waiter)
    })
  }
}

// ① interface — what comes over a connection, moved to another descriptor by a thread (native/move.c): trips as long as there is something, and
// readiness in between, so that no thread waits for a peer that is slow.
import type { MoveRequest } from '../operation/move.js'
import { Errno } from '../operation/system-error.js'
import { poll, PollEvent } from '../operation/timer.js'
import type { SubmitOptions } from '../proactor/options.js'
import { withCode } from '../operation/arguments.js'
import type { Owner, ReceiveLine } from './receiving.js'

/** Where it comes from. */
interface Receiver {
  readonly line: ReceiveLine
  readonly owner: Owner
  readonly fd: number
}

/** @param moved is called behind each trip */
export async function receiveMoved({ line, owner, fd }: Receiver, request: MoveRequest, moved: () => void, options: SubmitOptions | undefined): Promise<number> {
  const kept = line.takeKept()
  if (kept !== undefined && !request.hold(kept)) throw withCode(new Error(`${String(kept.length)} bytes were received before: more than a piece`), 'ERR_TRUEAIO_TRANSFER')
  for (;;) {
    const result = await line.make(owner, request.trip(), options)
    moved()
    request.answered(result)
    if (request.isOver) return request.moved
    if (result === Errno.EAGAIN) await line.make(owner, poll(fd, PollEvent.POLLIN | PollEvent.POLLRDHUP), options)
  }
}

// ① interface — moves inside the kernel: bytes that go from descriptor to descriptor without passing through this process.
import type { Operation } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import type { Flow } from '../pieces/flow.js'
import type { Span } from '../pieces/ranges.js'
import type { Capabilities } from '../registry/device.js'

/** One way to move bytes. */
export interface Move {
  readonly name: string
  /** What the registry knows of it before anything was measured. */
  readonly capabilities: Capabilities
  /** Why it cannot carry this out; true: it can. Looks at the ends alone, and asks nobody. */
  can(flow: Flow): true | string
  /**
   * Moves the spans. What it cannot do after all (EXDEV, ENOTSUP, …) it throws before anything is moved, as `NotPossible`.
   * @param spans what of the source is wanted, for sources with offsets
   */
  run(flow: Flow, spans: readonly Span[]): Promise<void>
}

/** A move that the system has refused: another one is tried. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible'
}

// EPERM, EXDEV, EINVAL, ENOSYS, ENOTSUP, ETXTBSY, ENOTTY: not here, or not with these files.
const REFUSED: ReadonlySet<number | undefined> = new Set([Errno.EPERM, -18, Errno.EINVAL, Errno.ENOSYS, Errno.ENOTSUP, -26, -25, Errno.EBADF])

/** Makes the first operation of a move: what it answers may be that it cannot be done so. */
export async function attempted(flow: Flow, operation: Operation<number>): Promise<number> {
  try {
    return await flow.io.submit(operation, { signal: flow.signal })
  } catch (error) {
    if (!REFUSED.has((error as NodeJS.ErrnoException).errno)) throw error
    throw new NotPossible((error as Error).message)
  }
}

/** The same for all later ones. */
export function made(flow: Flow, operation: Operation<number>): Promise<number> {
  return flow.io.submit(operation, { signal: flow.signal })
}

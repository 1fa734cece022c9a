// ① interface — who makes what must be made though a proactor was closed: what an interface has opened is closed, and what is half made is removed.
import { defaultProactor } from './default-proactor.js'
import { close } from './operation/file.js'
import type { Proactor } from './proactor/proactor.js'

/** The proactor itself; once it is closed, this thread's own. A simulated world has ended with its proactor, and nobody else knows its numbers. */
export function lasting(io: Proactor): Proactor {
  return io.isClosed && io.driverFor(close(0)) !== 'simulated' ? defaultProactor() : io
}

/** Closes what an interface has opened for itself. */
export function closeKept(io: Proactor, fd: number): Promise<void> {
  return lasting(io).submit(close(fd))
}

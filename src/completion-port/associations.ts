// ① interface — which descriptors of this thread are associated with a port, and by which handle. One file has one
// association at a time, by whichever handle it was made; it ends with the handle, with `remove`, and with the file.
import { nodeFs } from '../driver/node/own-functions.js'
import { fileFacts } from '../native/file-facts.js'
import { fstatx } from '../operation/path.js'
import { Errno, systemError } from '../operation/system-error.js'
import type { Proactor } from '../proactor/proactor.js'
import type { OverlappedHandle } from './handle.js'

interface Association {
  /** Weak: a handle that nobody has any more delivers nothing, and keeps no number taken. */
  readonly handle: WeakRef<OverlappedHandle>
  /** Which file the number stood for: a number that was closed meanwhile may stand for another by now. */
  readonly file: string
}

type Associations = Map<number, Association>

const onSystem: Associations = new Map()
/** A simulated proactor has files and numbers of its own. */
const simulated = new WeakMap<Proactor, Associations>()

function refuse(errno: number, sentence: string): never {
  throw systemError(errno, 'associate', undefined, undefined, sentence)
}

function notOpen(fd: number): never {
  return refuse(Errno.EBADF, `${String(fd)} is not an open descriptor (ERROR_INVALID_HANDLE)`)
}

/** The associations of a proactor's files, and what tells the file behind a number from others. */
function lookUp(fd: number, proactor: Proactor): { readonly associations: Associations; readonly file: string } {
  if (!proactor.explain().some(({ name, state }) => name === 'simulated' && state === 'in use')) {
    return { associations: onSystem, file: fileOf(fd) }
  }
  const [status] = proactor.runSync([fstatx(fd)])
  if (status.status === 'rejected') return notOpen(fd)
  let associations = simulated.get(proactor)
  if (associations === undefined) simulated.set(proactor, (associations = new Map<number, Association>()))
  return { associations, file: String(status.value.ino) }
}

function fileOf(fd: number): string {
  try {
    const { dev, ino } = nodeFs.fstatSync(fd, { bigint: true })
    return `${String(dev)}:${String(ino)}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error
    // On Windows sockets have numbers that only the engine knows.
    const facts = fileFacts().of(fd)
    return facts >= 0 ? `socket ${String(facts)}` : notOpen(fd)
  }
}

/**
 * Notes an association about to be made.
 * @throws EBADF: the descriptor is not open (ERROR_INVALID_HANDLE); EINVAL: its file is associated by another handle (ERROR_INVALID_PARAMETER)
 */
export function noteAssociation(handle: OverlappedHandle, proactor: Proactor): void {
  const { fd } = handle
  const { associations, file } = lookUp(fd, proactor)
  const earlier = associations.get(fd)
  const holder = earlier?.file === file ? earlier.handle.deref() : undefined
  if (holder?.port !== undefined && !holder.port.closed && holder !== handle) {
    refuse(Errno.EINVAL, `descriptor ${String(fd)} is associated with a completion port already, by another handle: remove or close that one first`)
  }
  associations.set(fd, { handle: new WeakRef(handle), file })
}

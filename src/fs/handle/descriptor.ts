// ① interface — what stands behind a FileHandle of the engine's, in the place where Node's has its native object: the
// descriptor, its close, and the warning when a handle was dropped without one.
import { AsyncResource } from 'node:async_hooks'
import { ownDescriptors } from '../../native/load.js'
import { close } from '../../operation/file.js'
import { NODE_MAJOR, nodeFs } from '../node/index.js'
import { request, type PathBytes } from '../request/index.js'

export class Descriptor {
  readonly fd: number
  /** As its opener named it. */
  readonly path: PathBytes
  isOpen = true
  #resource: AsyncResource | undefined = undefined

  constructor(fd: number, path: PathBytes) {
    this.fd = fd
    this.path = path
  }

  /** Node's FileHandle calls this once, when nothing uses it any more. */
  close(): Promise<void> {
    this.isOpen = false
    dropped.unregister(this)
    return request<void>(close(this.fd), undefined, 'close')
  }

  /** The same at once: for the iterators of newer Nodes that read and write without waiting. */
  closeSync(): void {
    nodeFs.closeSync(this.giveAway())
  }

  /** The number, for another object to close. */
  giveAway(): number {
    this.isOpen = false
    dropped.unregister(this)
    const own = ownDescriptors()
    if (own !== undefined) own[this.fd] = 0 // no longer noted: its new owner closes it
    return this.fd
  }

  getAsyncId(): number {
    this.#resource ??= new AsyncResource('FILEHANDLE')
    return this.#resource.asyncId()
  }
}

/** Closes the descriptor, as Node does, when its handle is collected, and says so. */
export function watchForDrop(handle: object, descriptor: Descriptor): void {
  dropped.register(handle, descriptor, descriptor)
}

// Since Node 25 it is an error.
const DROPPING_IS_AN_ERROR = NODE_MAJOR >= 25

let deprecationTold = false

const dropped = new FinalizationRegistry<Descriptor>((descriptor) => {
  if (!descriptor.isOpen) return
  if (DROPPING_IS_AN_ERROR) {
    descriptor.closeSync()
    throw droppedError(descriptor)
  }
  process.emitWarning(`Closing file descriptor ${String(descriptor.fd)} on garbage collection`)
  if (!deprecationTold) {
    deprecationTold = true
    process.emitWarning(
      'Closing a FileHandle object on garbage collection is deprecated. Please close FileHandle objects explicitly using ' +
      'FileHandle.prototype.close(). In the future, an error will be thrown if a file descriptor is closed during garbage collection.',
      'DeprecationWarning', 'DEP0137',
    )
  }
  descriptor.close().catch((error: unknown) => process.emitWarning(error as Error))
})

function droppedError({ fd, path }: Descriptor): Error {
  const error = new Error(
    'A FileHandle object was closed during garbage collection. This used to be allowed with a deprecation warning but is now considered an error. ' +
    `Please close FileHandle objects explicitly. File descriptor: ${String(fd)} (${typeof path === 'string' ? path : Buffer.from(path).toString()})`,
  )
  return Object.assign(error, { code: 'ERR_INVALID_STATE' })
}

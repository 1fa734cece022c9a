// ④ driver — simulated: descriptors. Their numbers start far above any real one, so that a simulated descriptor given to
// the real system by mistake is EBADF there.
import { constants } from 'node:fs'
import { Failure, type Inode } from './inode.js'
import { SimulatedSocket } from './socket.js'

const FIRST_DESCRIPTOR = 1_000_000
const { O_RDONLY, O_WRONLY } = constants
const O_ACCMODE = 3

/** One opening of a file: what open(2) calls a file description. */
export class OpenFile {
  readonly inode: Inode
  readonly flags: number
  position = 0
  /** Names that getdents64 has yet to return; undefined: not begun. */
  names: string[] | undefined = undefined

  constructor(inode: Inode, flags: number) {
    this.inode = inode
    this.flags = flags
    inode.opened++
  }

  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY
  }

  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY
  }

  release(): void {
    this.inode.opened--
    this.inode.dropIfUnused()
  }
}

export class OpenFiles {
  readonly #files: (OpenFile | SimulatedSocket | undefined)[] = []
  readonly #countMax: number
  count = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** The lowest free number, as POSIX has it. @throws EMFILE */
  add(file: OpenFile | SimulatedSocket): number {
    this.checkRoom()
    let index = this.#files.indexOf(undefined)
    if (index < 0) index = this.#files.length
    this.#files[index] = file
    this.count++
    return FIRST_DESCRIPTOR + index
  }

  checkRoom(): void {
    if (this.count >= this.#countMax) throw new Failure('EMFILE')
  }

  /** @throws EBADF, EINVAL: it is a socket's */
  get(fd: number): OpenFile {
    const file = this.#at(fd)
    if (file instanceof SimulatedSocket) throw new Failure('EINVAL')
    return file
  }

  /** @throws EBADF, ENOTSOCK */
  socket(fd: number): SimulatedSocket {
    const file = this.#at(fd)
    if (file instanceof SimulatedSocket) return file
    throw new Failure('ENOTSOCK')
  }

  isSocket(fd: number): boolean {
    return this.#files[fd - FIRST_DESCRIPTOR] instanceof SimulatedSocket
  }

  #at(fd: number): OpenFile | SimulatedSocket {
    const file = this.#files[fd - FIRST_DESCRIPTOR]
    if (file === undefined) throw new Failure('EBADF')
    return file
  }

  /** @throws EBADF */
  close(fd: number): void {
    this.#at(fd).release()
    this.#files[fd - FIRST_DESCRIPTOR] = undefined
    this.count--
  }
}

// ① interface — the door of `types/`: how the drop-in's functions are typed. Both faces are Node's own types with a deadline in
// the place that the table of functions gives; what users meet of them is in docs/guide/drop-in.md.
import type * as nodeFs from 'node:fs'
import type { PathLike } from 'node:fs'
import type * as nodePromises from 'node:fs/promises'
import type { NameIn, PlaceOf, Room } from '../functions.js'
import type { Deadline } from '../request/index.js'
import type { CommitHandle } from './handle.js'
import type { CallbackRead, CallbackReadv, CallbackWrite, CallbackWritev } from './transfers.js'
import type { WithDeadline } from './with-deadline.js'

export type { CommitHandle, CommitOptions } from './handle.js'
export type { GivenDeadline } from './with-deadline.js'

/** Options that streams of files take in addition to Node's. */
export interface PipeOptions {
  /** False: chunks are read and written one by one, for any destination of a pipe. Default: true. */
  readonly zeroCopy?: boolean | undefined
}

type Streams<Make extends (path: PathLike, options?: never) => unknown> =
  Make & ((path: PathLike, options: Exclude<Parameters<Make>[1], string | undefined> & PipeOptions) => ReturnType<Make>)

/** Functions whose types are not made by the table. */
interface OwnCallbacks {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a drop-in has what Node has
  exists: typeof nodeFs.exists
  read: typeof nodeFs.read & CallbackRead
  readv: typeof nodeFs.readv & CallbackReadv
  write: typeof nodeFs.write & CallbackWrite
  writev: typeof nodeFs.writev & CallbackWritev
  createReadStream: Streams<typeof nodeFs.createReadStream>
  createWriteStream: Streams<typeof nodeFs.createWriteStream>
}

interface OwnPromises {
  open: (path: PathLike, flags?: string | number, mode?: number | string, options?: Deadline) => Promise<CommitHandle>
}

/** The functions of `trueaio/fs`. */
export type Callbacks = { [Name in NameIn<Room, 'callbacks'>]: Name extends keyof OwnCallbacks ? OwnCallbacks[Name] : WithDeadline<(typeof nodeFs)[Name], PlaceOf<Name>> }

/** The functions of `trueaio/fs/promises`. */
export type Promises = { [Name in NameIn<Room, 'promises'> & keyof typeof nodePromises]: Name extends keyof OwnPromises ? OwnPromises[Name] : WithDeadline<(typeof nodePromises)[Name], PlaceOf<Name>> }

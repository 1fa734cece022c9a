// ① interface — open: a descriptor from the engine, as a FileHandle that is a subclass of Node's own.
import { constants } from 'node:fs'
import { devNull } from 'node:os'
import type { PathLike } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { Descriptor } from './descriptor.js'
import { defineFileHandle, type EngineHandleClass, type NodeHandleClass } from './file-handle.js'
import { partsOf } from './handle-transfer.js'
import { node } from '../node/index.js'
import { openFile } from '../file/index.js'
import { modeBits, openFlags, plainPath } from '../arguments/index.js'
import { countdownOf, type Deadline, type PathBytes } from '../request/index.js'

const { O_CREAT, O_EXCL, O_TRUNC } = constants

let EngineHandle: EngineHandleClass | undefined
let learning: Promise<void> | undefined

/** Node does not export its class; an opened file has it. Once in a thread. */
async function learnHandleClass(): Promise<void> {
  const handle = await node.open(devNull).catch(() => undefined)
  if (handle === undefined) {
    learning = undefined // no descriptor is available just now: this call goes to Node, the next one tries again
    return
  }
  const parts = partsOf(handle)
  await handle.close()
  const Node = handle.constructor as unknown as NodeHandleClass
  const symbols = Object.getOwnPropertySymbols(Node.prototype)
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name)
  const ref = named('kRef')
  const unref = named('kUnref')
  // A Node whose FileHandle is built otherwise keeps its own.
  if (ref !== undefined && unref !== undefined) EngineHandle = defineFileHandle(Node, ref, unref, parts)
}

/** fs.promises.open. Undefined: leave it to Node. */
export function openHandle(path: PathLike, flags?: string | number | null, mode?: number | string | null, options?: Deadline): Promise<FileHandle> | undefined {
  const plain = plainPath(path)
  const flagBits = openFlags(flags)
  const bits = modeBits(mode, 0o666)
  if (plain === undefined || flagBits < 0 || bits < 0) return undefined
  if (EngineHandle !== undefined) {
    const Handle = EngineHandle
    return openFile(plain, flagBits, bits, countdownOf(options), (fd: number) => new Handle(new Descriptor(fd, plain)))
  }
  return handleOnceLearned(openFile(plain, flagBits, bits, countdownOf(options)), plain, flagBits)
}

/** The first ones of a thread are opened at once, too: what comes after the call may change what its name means. */
async function handleOnceLearned(opening: Promise<number>, path: PathBytes, flagBits: number): Promise<FileHandle> {
  learning ??= learnHandleClass()
  const [opened] = await Promise.allSettled([opening, learning])
  if (opened.status === 'rejected') throw opened.reason
  if (EngineHandle !== undefined) return new EngineHandle(new Descriptor(opened.value, path))
  const descriptor = new Descriptor(opened.value, path)
  try {
    // Node's own handle of the same file: it is there by now, and as long as it should be.
    return await node.open(`/proc/self/fd/${String(opened.value)}`, flagBits & ~(O_CREAT | O_EXCL | O_TRUNC))
  } finally {
    await descriptor.close()
  }
}

/** fs.open: the descriptor itself. Undefined: leave it to Node. */
export function openDescriptor(path: PathLike, flags?: string | number | null, mode?: number | string | null, options?: Deadline): Promise<number> | undefined {
  const plain = plainPath(path)
  const flagBits = openFlags(flags)
  const bits = modeBits(mode, 0o666)
  if (plain === undefined || flagBits < 0 || bits < 0) return undefined
  return openFile(plain, flagBits, bits, countdownOf(options))
}

// Ways of writing: the engine's own operations, chains and rows.
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { chain, close, copyFileRange, fdatasync, fsync, hardLink, open, sendfile, write, writev } from 'trueaio'
import { onStep, row } from '#src/operation/row.js'
import type { Cell } from './cell.js'
import { atOnce, bytesOrError, inPieces, LIBUV_GOES_ON, PIECE, shortWrite, withDescriptor, type Way } from './way.js'

const { O_APPEND, O_CREAT, O_DIRECT, O_EXCL, O_WRONLY } = constants
const NEW = { flags: O_CREAT | O_EXCL | O_WRONLY, mode: 0o644 }

/** Three uneven parts of a piece. */
export function parts(bytes: Buffer): Buffer[] {
  const first = Math.floor(bytes.length / 24) * 8
  return [bytes.subarray(0, first), bytes.subarray(first, first + 8), bytes.subarray(first + 8)]
}

/** A piece in memory that O_DIRECT takes. */
async function aligned(cell: Cell, bytes: Buffer, write: (bytes: Buffer) => Promise<number>): Promise<number> {
  const buffer = cell.io.buffers.allocate(PIECE)
  try {
    bytes.copy(buffer)
    return await write(buffer.subarray(0, bytes.length))
  } finally {
    cell.io.buffers.release(buffer)
  }
}

async function copying(cell: Cell, copy: (source: number, target: number, bytes: number, at: number) => Promise<number>): Promise<void> {
  const source = await cell.files.open(cell.source, constants.O_RDONLY)
  try {
    await withDescriptor(cell, (fd) => inPieces(cell, (bytes, at) => copy(source, fd, bytes.length, at)))
  } finally {
    await cell.files.close(source)
  }
}

/** A member behind one that came up short is not started. */
const NOT_STARTED = ['ECANCELED'] as const
/** copy_file_range(2) does not leave a file system, and not every one has it. */
const OTHER_FILE_SYSTEM = ['EXDEV', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'] as const

/** Linux 6.6 and newer. */
function tmpfsOpensDirectly(): boolean {
  try {
    const folder = mkdtempSync('/dev/shm/trueaio-matrix-')
    try {
      closeSync(openSync(join(folder, 'file'), O_CREAT | O_EXCL | O_WRONLY | O_DIRECT))
      return true
    } finally {
      rmSync(folder, { recursive: true })
    }
  } catch {
    return false
  }
}

const NO_DIRECT = 'tmpfs of this kernel has no O_DIRECT'
const DIRECT: Readonly<Record<string, string>> = tmpfsOpensDirectly() ? {} : { 'full tmpfs': NO_DIRECT, RLIMIT_FSIZE: NO_DIRECT }

export const ENGINE_WAYS: readonly Way[] = [
  { name: 'write, offset', placing: 'in order', exact: true, write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, (bytes, at) => cell.io.submit(write(fd, bytes, at)))) },
  { name: 'write, position', placing: 'in order', exact: true, write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, (bytes) => cell.io.submit(write(fd, bytes)))) },
  { name: 'write, offsets at once', placing: 'side by side', exact: true, write: (cell) => withDescriptor(cell, (fd) => atOnce(cell, (bytes, at) => cell.io.submit(write(fd, bytes, at)))) },
  { lacks: LIBUV_GOES_ON, name: 'write, position at once', placing: 'in any order', exact: true, write: (cell) => withDescriptor(cell, (fd) => atOnce(cell, (bytes) => cell.io.submit(write(fd, bytes)))) },
  { lacks: LIBUV_GOES_ON, name: 'write, appending at once', placing: 'in any order', exact: true, write: (cell) => withDescriptor(cell, (fd) => atOnce(cell, (bytes) => cell.io.submit(write(fd, bytes))), O_APPEND) },
  {
    name: 'write, ordered', placing: 'in any order', exact: true,
    write: (cell) => withDescriptor(cell, (fd) => atOnce(cell, (bytes) => cell.io.submit(write(fd, bytes), { ordered: true }))),
  },
  {
    name: 'write, all in one', placing: 'in order', exact: true,
    write: (cell) => withDescriptor(cell, async (fd) => {
      for (let at = 0; at < cell.content.length;) {
        const written = await cell.io.submit(write(fd, cell.content.subarray(at)))
        cell.acknowledge(at, written)
        at += written
      }
    }),
  },
  {
    name: 'write, O_DIRECT position', placing: 'in order', exact: true, lacks: DIRECT,
    write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, (bytes) => aligned(cell, bytes, (memory) => cell.io.submit(write(fd, memory)))), O_DIRECT),
  },
  {
    name: 'write, O_DIRECT offset', placing: 'in order', exact: true, lacks: DIRECT,
    write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, (bytes, at) => aligned(cell, bytes, (memory) => cell.io.submit(write(fd, memory, at)))), O_DIRECT),
  },
  { name: 'writev, offset', placing: 'in order', exact: true, write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, (bytes, at) => cell.io.submit(writev(fd, parts(bytes), at)))) },
  { name: 'writev, position', placing: 'in order', exact: true, write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, (bytes) => cell.io.submit(writev(fd, parts(bytes))))) },
  { name: 'runSync', placing: 'in order', exact: true, blocks: true, write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, (bytes) => {
    const [end] = cell.io.runSync([write(fd, bytes)])
    if (end.status === 'rejected') throw end.reason as Error
    return Promise.resolve(end.value)
  })) },
  {
    name: 'completion queue', placing: 'side by side', exact: true,
    write: (cell) => withDescriptor(cell, async (fd) => {
      const queue = cell.io.completionQueue<number>()
      let failed: unknown = undefined
      let left = 0
      for (let at = 0; at < cell.content.length; at += PIECE, left++) queue.submit(write(fd, cell.content.subarray(at, at + PIECE), at), at)
      while (left > 0) {
        for (const { cookie, error, result } of await queue.wait({ min: 1 })) {
          left--
          if (error === undefined) cell.acknowledge(cookie, result as number)
          failed ??= error ?? ((result as number) < PIECE ? shortWrite() : undefined)
        }
      }
      if (failed !== undefined) throw failed as Error
    }),
  },
  {
    name: 'chain of open, writes and close', placing: 'in order', exact: false, alsoTold: NOT_STARTED, hearsClose: true,
    async write(cell) {
      const { content } = cell
      const writes = Array.from({ length: Math.ceil(content.length / PIECE) }, (_, index) => write(chain.opened, content.subarray(index * PIECE, (index + 1) * PIECE), index * PIECE))
      await cell.io.submit(chain(open(cell.path, NEW), ...writes, close(chain.opened)))
      cell.acknowledgeAll()
    },
  },
  {
    name: 'chain of write and fdatasync', placing: 'in order', exact: false, alsoTold: NOT_STARTED, hearsSync: true,
    write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, async (bytes, at) => {
      const [written] = await cell.io.submit(chain(write(fd, bytes, at), fdatasync(fd)))
      return written
    })),
  },
  {
    name: 'chain at the position, fsync whatever came', placing: 'in order', exact: false, hearsSync: true,
    write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, async (bytes) => {
      const [written] = await cell.io.submit(chain(hardLink(write(fd, bytes)), fsync(fd)))
      return bytesOrError(written)
    })),
  },
  {
    name: 'row of open, write and close', placing: 'in order', exact: false, hearsClose: true,
    lacks: Object.fromEntries(['io-uring', 'node'].map((driver) => [driver, 'rows are the pool’s and the simulated driver’s alone (docs/architecture.md, Rows)'])),
    async write(cell) {
      const { content } = cell
      const values = await cell.io.submit(row([open(cell.path, NEW), onStep(write(0, content), 0), onStep(close(0), 0)]))
      const [fd, written, closed] = values as readonly (number | undefined)[]
      bytesOrError(fd ?? -1)
      if (values.length < 3) await cell.files.close(fd ?? -1) // the row ended before
      const bytes = bytesOrError(written ?? -1)
      cell.acknowledge(0, bytes)
      if (bytes !== content.length) throw shortWrite()
      bytesOrError(closed ?? 0)
    },
  },
  { name: 'copyFileRange', placing: 'in order', exact: true, alsoTold: OTHER_FILE_SYSTEM, write: (cell) => copying(cell, (source, target, bytes) => cell.io.submit(copyFileRange(source, target, bytes))) },
  {
    name: 'copyFileRange, offsets', placing: 'in order', exact: true, alsoTold: OTHER_FILE_SYSTEM,
    write: (cell) => copying(cell, (source, target, bytes, at) => cell.io.submit(copyFileRange(source, target, bytes, { sourceOffset: at, targetOffset: at }))),
  },
  { name: 'sendfile', placing: 'in order', exact: true, lacks: { node: 'Node has no such call (docs/drivers/node.md)' }, write: (cell) => copying(cell, (source, target, bytes, at) => cell.io.submit(sendfile(source, target, bytes, { sourceOffset: at }))) },
]

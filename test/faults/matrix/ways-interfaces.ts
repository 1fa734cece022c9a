// Ways of writing: the five interfaces.
import { constants } from 'node:fs'
import { write } from 'trueaio'
import { Acall, CallId, CompletionRecord, type CallSubmission } from 'trueaio/acall'
import { CompletionPort, openHandle, openOverlapped, Overlapped, type SynchronousHandle } from 'trueaio/completion-port'
import { EventQueue } from 'trueaio/event-queue'
import { IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV, io_destroy, io_getevents, io_setup, io_submit, type Iocb } from 'trueaio/linux-aio'
import { aiocb, LIO_WAIT, LIO_WRITE, PosixAio } from 'trueaio/posix-aio'
import { SYSTEM_FILES, type Cell } from './cell.js'
import { atOnce, bytesOrError, inPieces, withDescriptor, type Way } from './way.js'
import { parts } from './ways-engine.js'

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants
const NEW = { flags: O_CREAT | O_EXCL | O_RDWR, mode: 0o644 }

function posixWrite(aio: PosixAio, fd: number): (bytes: Buffer, at: number) => Promise<number> {
  return async (aio_buf, aio_offset) => {
    const block = new aiocb({ aio_fildes: fd, aio_buf, aio_offset })
    aio.aio_write(block)
    await aio.aio_suspend([block])
    const failed = aio.aio_error(block)
    return failed === 0 ? aio.aio_return(block) : bytesOrError(-failed)
  }
}

async function acallWrite(cell: Cell, body: (write: (call: Pick<CallSubmission, 'nr' | 'args'>) => Promise<number>) => Promise<void>): Promise<void> {
  const acall = new Acall({ proactor: cell.io })
  await body(async (call) => {
    const completion = new CompletionRecord()
    const id = new CallId()
    const { taken, error } = acall.submit([{ ...call, completion, id }])
    if (taken !== 1) throw error ?? new Error('not taken')
    await acall.wait([id])
    return bytesOrError(completion.result)
  })
  await acall.close()
}

async function linuxWrite(cell: Cell, body: (write: (iocb: Iocb) => Promise<number>) => Promise<void>): Promise<void> {
  const context = io_setup(64, { proactor: cell.io, checkDescriptors: cell.files === SYSTEM_FILES })
  try {
    await body(async (iocb) => {
      io_submit(context, [iocb])
      const [event] = await io_getevents(context, 1, 1)
      return bytesOrError(event?.res ?? 0)
    })
  } finally {
    await io_destroy(context)
  }
}

async function overlapped(cell: Cell, body: (write: (bytes: Buffer, at: number) => Promise<number>) => Promise<void>): Promise<void> {
  using port = new CompletionPort<string>({ proactor: cell.io })
  const handle = await openOverlapped(cell.path, { ...NEW, proactor: cell.io })
  try {
    port.associate(handle, 'file')
    await body(async (bytes, at) => {
      handle.write(bytes, new Overlapped(at))
      const packet = await port.get()
      if (packet.error !== undefined) throw packet.error
      return packet.bytes
    })
  } catch (error) {
    await handle.close().catch(() => undefined)
    throw error
  }
  await handle.close()
}

const NO_THREADS = { node: 'acall and its like need the addon’s threads or ring (docs/drivers/node.md)' } as const

export const INTERFACE_WAYS: readonly Way[] = [
  { name: 'aio_write', placing: 'in order', exact: false, write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, posixWrite(new PosixAio({ proactor: cell.io }), fd))) },
  { name: 'aio_write at once', placing: 'side by side', exact: false, write: (cell) => withDescriptor(cell, (fd) => atOnce(cell, posixWrite(new PosixAio({ proactor: cell.io }), fd))) },
  { name: 'aio_write, O_APPEND at once', placing: 'in any order', exact: false, write: (cell) => withDescriptor(cell, (fd) => atOnce(cell, posixWrite(new PosixAio({ proactor: cell.io }), fd)), O_APPEND) },
  {
    name: 'lio_listio', placing: 'side by side', exact: false,
    write: (cell) => withDescriptor(cell, async (fd) => {
      const aio = new PosixAio({ proactor: cell.io })
      const blocks: aiocb[] = []
      await atOnce(cell, (aio_buf, aio_offset) => {
        const block = new aiocb({ aio_fildes: fd, aio_buf, aio_offset, aio_lio_opcode: LIO_WRITE })
        blocks.push(block)
        // The list is submitted once all pieces are in it.
        return Promise.resolve().then(() => listed(aio, blocks)).then(() => {
          const failed = aio.aio_error(block)
          return failed === 0 ? aio.aio_return(block) : bytesOrError(-failed)
        })
      })
    }),
  },
  {
    name: 'acall write', placing: 'in order', exact: true, lacks: NO_THREADS,
    write: (cell) => withDescriptor(cell, (fd) => acallWrite(cell, (call) => inPieces(cell, (bytes) => call({ nr: 'write', args: [fd, bytes, bytes.length] })))),
  },
  {
    name: 'acall pwrite64', placing: 'in order', exact: true, lacks: NO_THREADS,
    write: (cell) => withDescriptor(cell, (fd) => acallWrite(cell, (call) => inPieces(cell, (bytes, at) => call({ nr: 'pwrite64', args: [fd, bytes, bytes.length, at] })))),
  },
  {
    name: 'PWRITE', placing: 'in order', exact: true,
    write: (cell) => withDescriptor(cell, (fd) => linuxWrite(cell, (carryOut) => inPieces(cell, (aio_buf, aio_offset) => carryOut({ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf, aio_offset })))),
  },
  {
    name: 'PWRITEV', placing: 'in order', exact: true,
    write: (cell) => withDescriptor(cell, (fd) => linuxWrite(cell, (carryOut) => inPieces(cell, (bytes, aio_offset) => carryOut({ aio_lio_opcode: IOCB_CMD_PWRITEV, aio_fildes: fd, aio_buf: parts(bytes), aio_offset })))),
  },
  { name: 'overlapped write', placing: 'in order', exact: true, hearsClose: true, write: (cell) => overlapped(cell, (carryOut) => inPieces(cell, carryOut)) },
  {
    name: 'synchronous handle', placing: 'in order', exact: true, blocks: true,
    async write(cell) {
      const handle = await openHandle(cell.path, { ...NEW, proactor: cell.io })
      try {
        await inPieces(cell, (bytes, at) => Promise.resolve(handle.write(bytes, at)))
      } finally {
        closeAnyway(handle)
      }
    },
  },
  {
    name: 'event queue', placing: 'in order', exact: true,
    write: (cell) => withDescriptor(cell, async (fd) => {
      const queue = new EventQueue<number>({ proactor: cell.io })
      try {
        await inPieces(cell, async (bytes, at) => {
          queue.submit(write(fd, bytes, at), at)
          const [event] = await queue.getEvents({ min: 1, max: 1 })
          if (event?.kind !== 'operation') throw new Error('no event of the operation')
          if (event.error !== undefined) throw event.error
          return event.result as number
        })
      } finally {
        await queue.close()
      }
    }),
  },
]

/** The fault's refusal of close is not the way's. */
function closeAnyway(handle: SynchronousHandle): void {
  try {
    handle.close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBADF') throw error
  }
}

const lists = new WeakMap<aiocb[], Promise<unknown>>()

/** One list for all its blocks. What it says of the list as a whole each block says more exactly. */
function listed(aio: PosixAio, blocks: aiocb[]): Promise<unknown> {
  let end = lists.get(blocks)
  if (end === undefined) {
    end = aio.lio_listio(LIO_WAIT, blocks).catch(() => undefined)
    lists.set(blocks, end)
  }
  return end
}

// Pipes that block, through each interface: a write arrives whole, the next one follows it, and there are no positions.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { Proactor, setDefaultProactor, write, writev, type Operation } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'
import ourFs from 'trueaio/fs'
import { io_destroy, io_getevents, io_setup, io_submit, IOCB_CMD_PWRITE } from 'trueaio/linux-aio'
import { aiocb, PosixAio } from 'trueaio/posix-aio'

const MEBIBYTE = 1 << 20
const { O_RDONLY, O_RDWR, O_WRONLY } = fs.constants

interface Interface {
  readonly name: string
  /** Asks for all writes at once. Returns what each of them said. */
  readonly write: (io: Proactor, fd: number, pieces: readonly Buffer[]) => Promise<number[]>
  /** A write at offset 0; absent where the interface's own rule is to ignore an offset there. */
  readonly writeAt?: (io: Proactor, fd: number, piece: Buffer) => Promise<unknown>
}

const write_ = promisify(ourFs.write) as (fd: number, bytes: Buffer, at: number, length: number, position: number | null) => Promise<{ bytesWritten: number }>
const writev_ = promisify(ourFs.writev) as (fd: number, views: Buffer[], position?: number) => Promise<{ bytesWritten: number }>

async function throughQueue(io: Proactor, operations: readonly Operation[]): Promise<number[]> {
  await using queue = new EventQueue<number>({ proactor: io })
  operations.forEach((operation, index) => queue.submit(operation, index))
  const counts: number[] = []
  for (const event of await queue.getEvents({ min: operations.length })) {
    if (event.error !== undefined) throw event.error
    counts[event.cookie] = event.result as number
  }
  return counts
}

const INTERFACES: readonly Interface[] = [
  {
    name: 'fs.write',
    write: (_io, fd, pieces) => Promise.all(pieces.map(async (piece) => (await write_(fd, piece, 0, piece.length, null)).bytesWritten)),
    writeAt: (_io, fd, piece) => write_(fd, piece, 0, piece.length, 0),
  },
  {
    name: 'fs.writev',
    write: (_io, fd, pieces) => Promise.all(pieces.map(async (piece) => (await writev_(fd, [piece.subarray(0, 3), piece.subarray(3)])).bytesWritten)),
    writeAt: (_io, fd, piece) => writev_(fd, [piece], 0),
  },
  {
    name: 'FileHandle',
    write: async (_io, fd, pieces) => {
      const handle = await ourFs.promises.open(`/proc/self/fd/${String(fd)}`, 'w')
      try {
        return await Promise.all(pieces.map(async (piece) => (await handle.write(piece)).bytesWritten))
      } finally {
        await handle.close()
      }
    },
    writeAt: async (_io, fd, piece) => {
      const handle = await ourFs.promises.open(`/proc/self/fd/${String(fd)}`, 'w')
      try {
        await handle.write(piece, 0, piece.length, 0)
      } finally {
        await handle.close()
      }
    },
  },
  {
    name: 'posix-aio',
    write: async (io, fd, pieces) => {
      const aio = new PosixAio({ proactor: io })
      const blocks = pieces.map((piece) => new aiocb({ aio_fildes: fd, aio_buf: piece }))
      for (const block of blocks) aio.aio_write(block)
      for (const block of blocks) await aio.aio_suspend([block])
      return blocks.map((block) => aio.aio_return(block))
    },
  },
  {
    name: 'linux-aio',
    write: async (io, fd, pieces) => {
      const context = io_setup<number>(8, { proactor: io })
      io_submit(context, pieces.map((piece, index) => ({ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: piece, aio_data: index })))
      const counts: number[] = []
      for (const { data, res } of await io_getevents(context, pieces.length, pieces.length)) counts[data] = res
      await io_destroy(context)
      return counts
    },
  },
  {
    name: 'event-queue',
    write: (io, fd, pieces) => throughQueue(io, pieces.map((piece) => write(fd, piece))),
    writeAt: (io, fd, piece) => throughQueue(io, [writev(fd, [piece], 0)]),
  },
]

for (const driver of ['io-uring', 'thread-pool', 'linux-aio'] as const) {
  for (const { name, write: writeAll, writeAt } of INTERFACES) {
    test(`${name}, ${driver}: two writes of 1 MiB to a pipe arrive whole, one after the other; an offset is ESPIPE`, async (context) => {
      await using io = new Proactor({ driver: driver === 'thread-pool' ? driver : [driver, 'thread-pool'] })
      if (io.explain()[0]?.state === 'refused') {
        context.skip(io.explain()[0]?.reason ?? driver)
        return
      }
      setDefaultProactor(io)
      const path = join(fs.mkdtempSync(join(tmpdir(), 'trueaio-streams-')), 'pipe')
      assert.equal(spawnSync('mkfifo', [path]).status, 0)
      const both = fs.openSync(path, O_RDWR)
      const readEnd = fs.openSync(path, O_RDONLY)
      const writeEnd = fs.openSync(path, O_WRONLY)
      try {
        const writing = writeAll(io, writeEnd, [Buffer.alloc(MEBIBYTE, 'A'), Buffer.alloc(MEBIBYTE, 'B'), Buffer.from('end')])
        const arrived = Buffer.alloc(2 * MEBIBYTE + 3)
        for (let at = 0; at < arrived.length;) at += (await promisify(fs.read)(readEnd, arrived, at, arrived.length - at, null)).bytesRead
        assert.deepEqual(await writing, [MEBIBYTE, MEBIBYTE, 3])
        assert.equal(arrived.indexOf('B'), MEBIBYTE)
        assert.equal(arrived.lastIndexOf('A'), MEBIBYTE - 1)
        assert.equal(arrived.toString('latin1', 2 * MEBIBYTE - 1), 'Bend')
        if (writeAt !== undefined) await assert.rejects(writeAt(io, writeEnd, Buffer.from('x')), { code: 'ESPIPE' })
      } finally {
        for (const fd of [both, readEnd, writeEnd]) fs.closeSync(fd)
        fs.rmSync(join(path, '..'), { recursive: true })
        setDefaultProactor(undefined)
      }
    })
  }
}

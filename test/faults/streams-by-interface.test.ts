// Pipes and sockets that block, through each interface: a write arrives whole, the next one follows it, and there are no positions.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { Acall, CallId, CompletionRecord } from 'trueaio/acall'
import { CompletionPort, Overlapped } from 'trueaio/completion-port'
import { Proactor, setDefaultProactor, write, writev, type Operation } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'
import ourFs from 'trueaio/fs'
import { io_destroy, io_getevents, io_setup, io_submit, IOCB_CMD_PWRITE } from 'trueaio/linux-aio'
import { aiocb, PosixAio } from 'trueaio/posix-aio'
import { systemCall, withoutAddon } from '../harsh/system-calls.js'

const MEBIBYTE = 1 << 20
const ESPIPE = 29
const { O_RDONLY, O_RDWR, O_WRONLY } = fs.constants
const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0o2000000

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
    name: 'acall',
    write: async (io, fd, pieces) => {
      await using acall = new Acall({ proactor: io })
      const calls = pieces.map((piece) => ({ nr: 'write' as const, args: [fd, piece, piece.length], completion: new CompletionRecord(), id: new CallId() }))
      assert.equal(acall.submit(calls).taken, pieces.length)
      for (const { id } of calls) await acall.wait([id])
      return calls.map(({ completion }) => completion.result)
    },
    writeAt: async (io, fd, piece) => {
      await using acall = new Acall({ proactor: io })
      const [completion, id] = [new CompletionRecord(), new CallId()]
      acall.submit([{ nr: 'pwrite64', args: [fd, piece, piece.length, 0], completion, id }])
      await acall.wait([id])
      if (completion.result === -ESPIPE) throw Object.assign(new Error('in the record'), { code: 'ESPIPE' })
    },
  },
  {
    name: 'completion-port',
    write: async (io, fd, pieces) => {
      using port = new CompletionPort<string>({ proactor: io })
      const handle = port.associate(fd, 'stream')
      pieces.forEach((piece, index) => handle.write(piece, new Overlapped(-1, index)))
      const counts: number[] = []
      for (let left = pieces.length; left > 0; left--) {
        const { bytes, error, overlapped } = await port.get()
        if (error !== undefined) throw error
        counts[(overlapped as Overlapped<number>).cookie] = bytes
      }
      return counts
    },
    writeAt: async (io, fd, piece) => {
      using port = new CompletionPort<string>({ proactor: io })
      port.associate(fd, 'stream').write(piece, new Overlapped(0))
      const { error } = await port.get()
      if (error !== undefined) throw error
    },
  },
  {
    name: 'event-queue',
    write: (io, fd, pieces) => throughQueue(io, pieces.map((piece) => write(fd, piece))),
    writeAt: (io, fd, piece) => throughQueue(io, [writev(fd, [piece], 0)]),
  },
]

interface Ends {
  readonly readEnd: number
  readonly writeEnd: number
  readonly end: () => void
}

function namedPipe(): Ends {
  const path = join(fs.mkdtempSync(join(tmpdir(), 'trueaio-streams-')), 'pipe')
  assert.equal(spawnSync('mkfifo', [path]).status, 0)
  const both = fs.openSync(path, O_RDWR)
  const [readEnd, writeEnd] = [fs.openSync(path, O_RDONLY), fs.openSync(path, O_WRONLY)]
  return {
    readEnd, writeEnd,
    end: () => {
      for (const fd of [both, readEnd, writeEnd]) fs.closeSync(fd)
      fs.rmSync(dirname(path), { recursive: true })
    },
  }
}

function socketPair(): Ends {
  const pair = new Int32Array(2)
  systemCall('socketpair', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)
  const [readEnd = -1, writeEnd = -1] = pair
  return { readEnd, writeEnd, end: () => [readEnd, writeEnd].forEach((fd) => fs.closeSync(fd)) }
}

const STREAMS = { pipe: namedPipe, 'socket of a pair': socketPair } as const

for (const [stream, make] of Object.entries(STREAMS)) {
  for (const driver of ['io-uring', 'thread-pool', 'linux-aio'] as const) {
    for (const { name, write: writeAll, writeAt } of INTERFACES) {
      // A socket cannot be opened by its path in /proc.
      if (stream !== 'pipe' && name === 'FileHandle') continue
      test(`${name}, ${driver}: two writes of 1 MiB to a ${stream} arrive whole, one after the other; an offset is ESPIPE`, { skip: withoutAddon }, async (context) => {
        await using io = new Proactor({ driver: driver === 'thread-pool' ? driver : [driver, 'thread-pool'] })
        if (io.explain()[0]?.state === 'refused') {
          context.skip(io.explain()[0]?.reason ?? driver)
          return
        }
        setDefaultProactor(io)
        const { end, readEnd, writeEnd } = make()
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
          end()
          setDefaultProactor(undefined)
        }
      })
    }
  }
}

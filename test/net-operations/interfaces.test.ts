// Sockets in the classic interfaces: POSIX AIO, Linux AIO and acall on the engine's own sockets, which wait without a thread of theirs. Completion
// ports and event queues have tests of their own (sockets.test.ts there).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { close, getpeername, getsockname, Proactor, Shutdown, shutdown, socketpair, SocketFamily, SocketType, type ProactorOptions } from 'trueaio'
import { Acall, CallId, CompletionRecord, type CallSubmission } from 'trueaio/acall'
import { io_destroy, io_getevents, io_setup, io_submit, IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV } from 'trueaio/linux-aio'
import { aiocb, PosixAio } from 'trueaio/posix-aio'
import { reasonToSkip, SOCKET_DRIVERS } from './drivers.js'

const { AF_INET, AF_UNIX } = SocketFamily
const { SOCK_STREAM } = SocketType
const WORDS = Array.from({ length: 20 }, (_, index) => `word ${String(index).padStart(3, '0')}`)
const BYTES = 8
const EAGAIN_NEVER = 0

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  const using = (what: string, behave: (io: Proactor, near: number, far: number) => Promise<void>): void => {
    test(what, { skip }, async () => {
      await using io = new Proactor(options)
      const [near, far] = await io.submit(socketpair(AF_UNIX, SOCK_STREAM))
      await behave(io, near, far)
      await Promise.all([io.submit(close(near)), io.submit(close(far))])
    })
  }

  describe(`sockets in the classic interfaces on ${name}`, () => {
    using('aio_read waits for what aio_write brings, and both keep their order', async (io, near, far) => {
      const aio = new PosixAio({ proactor: io })
      const reads = WORDS.map(() => new aiocb({ aio_fildes: near, aio_buf: Buffer.alloc(BYTES) }))
      const writes = WORDS.map((word) => new aiocb({ aio_fildes: far, aio_buf: Buffer.from(word) }))
      for (const block of reads) aio.aio_read(block)
      for (const block of writes) aio.aio_write(block)
      for (const block of [...writes, ...reads]) while (aio.aio_error(block) === 115) await aio.aio_suspend([block])
      assert.deepEqual(reads.map(({ aio_buf }) => String(aio_buf as Buffer)), WORDS)
      assert.deepEqual([...reads, ...writes].map((block) => aio.aio_return(block)), Array.from({ length: 2 * WORDS.length }, () => BYTES))
      await io.submit(shutdown(far, Shutdown.SHUT_WR))
      const last = new aiocb({ aio_fildes: near, aio_buf: Buffer.alloc(BYTES) })
      aio.aio_read(last)
      while (aio.aio_error(last) === 115) await aio.aio_suspend([last])
      assert.equal(aio.aio_return(last), 0, 'the peer has ended')
    })

    using('io_submit reads and writes, plain and vectored', async (io, near, far) => {
      const context = io_setup<string>(8, { proactor: io })
      const into = [Buffer.alloc(3), Buffer.alloc(5), Buffer.alloc(8)] as const
      const taken = io_submit(context, [
        { aio_lio_opcode: IOCB_CMD_PREADV, aio_fildes: near, aio_buf: [into[0], into[1]], aio_data: 'first' },
        { aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: far, aio_buf: Buffer.from('to near '), aio_data: 'write' },
      ])
      assert.equal(taken, 2)
      const events = await io_getevents(context, 2, 2)
      assert.deepEqual(events.map(({ data, res }) => [data, res]).sort(), [['first', 8], ['write', 8]])
      assert.equal(into[0].toString() + into[1].toString(), 'to near ')
      io_submit(context, [
        { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: far, aio_buf: into[2], aio_data: 'second' },
        { aio_lio_opcode: IOCB_CMD_PWRITEV, aio_fildes: near, aio_buf: [Buffer.from('to '), Buffer.from('far  ')], aio_data: 'write' },
      ])
      assert.deepEqual((await io_getevents(context, 2, 2)).map(({ data, res }) => [data, res]).sort(), [['second', 8], ['write', 8]])
      assert.equal(into[2].toString(), 'to far  ')
      await io_destroy(context)
    })

    using('acall: a receive waits for its bytes, a connect for its accept', async (io, near, far) => {
      const acall = new Acall({ proactor: io })
      const begin = (submission: CallSubmission): Promise<number> => {
        const [completion, id] = [new CompletionRecord(), new CallId()]
        const { error, taken } = acall.submit([{ ...submission, completion, id }])
        if (taken !== 1) throw error ?? new Error('not taken')
        return acall.wait([id]).then(() => completion.result)
      }
      const buffer = Buffer.alloc(16)
      const receiving = begin({ nr: 'recvfrom', args: [near, buffer, 16, EAGAIN_NEVER, null, null] })
      assert.equal(await begin({ nr: 'sendto', args: [far, Buffer.from('by acall'), 8, 0, null, 0] }), 8)
      assert.deepEqual([await receiving, buffer.toString('utf8', 0, 8)], [8, 'by acall'])
      const server = await begin({ nr: 'socket', args: [AF_INET, SOCK_STREAM, 0] })
      const address = Buffer.from([AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
      assert.equal(await begin({ nr: 'bind', args: [server, address, 16] }), 0)
      assert.equal(await begin({ nr: 'listen', args: [server, 4] }), 0)
      const at = await io.submit(getsockname(server))
      address.writeUInt16BE(at.family === 'Unix' ? 0 : at.port, 2)
      const client = await begin({ nr: 'socket', args: [AF_INET, SOCK_STREAM, 0] })
      const accepting = begin({ nr: 'accept4', args: [server, null, null, SocketType.SOCK_CLOEXEC] })
      assert.equal(await begin({ nr: 'connect', args: [client, address, 16] }), 0)
      const peer = await accepting
      assert.deepEqual(await io.submit(getpeername(peer)), await io.submit(getsockname(client)))
      assert.equal(await begin({ nr: 'connect', args: [client, address, 16] }), -106, 'EISCONN')
      for (const fd of [server, client, peer]) assert.equal(await begin({ nr: 'close', args: [fd] }), 0)
      await acall.close()
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) {
  // acall makes calls that no ring has; and what the context of Linux AIO does not take goes to the pool.
  const driver = options.driver === 'io-uring' || options.driver === 'linux-aio' ? [options.driver, 'thread-pool'] : options.driver
  onDriver(name, driver === undefined ? options : { ...options, driver }, await reasonToSkip(options))
}

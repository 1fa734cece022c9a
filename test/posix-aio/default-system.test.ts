// The functions of the module: over the thread's default proactor, or one that was chosen; nothing before the first call.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Proactor } from 'trueaio'
import {
  AIO_ALLDONE, AIO_LISTIO_MAX, AIO_MAX, AIO_PRIO_DELTA_MAX, aio_cancel, aio_error, aio_fsync, aio_read, aio_return, aio_suspend, aio_suspendSync, aio_write, aiocb,
  configure, defaultPosixAio, LIO_NOWAIT, LIO_READ, LIO_WAIT, lio_listio, lio_listioSync, O_SYNC,
} from 'trueaio/posix-aio'

const self = fileURLToPath(import.meta.url)
const START = readFileSync(self).subarray(0, 30)

function firstBytes(fd: number): aiocb {
  return new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(START.length), aio_lio_opcode: LIO_READ })
}

test('each function is the default object’s method', async () => {
  const fd = openSync(self, 'r')
  const block = firstBytes(fd)
  const read = async (wait: () => unknown): Promise<void> => {
    await wait()
    assert.equal(aio_error(block), 0)
    assert.equal(aio_return(block), START.length)
    assert.deepEqual(block.aio_buf, START)
    ;(block.aio_buf as Buffer).fill(0)
  }
  aio_read(block)
  await read(() => aio_suspend([block]))
  aio_read(block)
  await read(() => aio_suspendSync([block], { timeout: 10_000 }))
  await read(() => lio_listio(LIO_WAIT, [block], null, { timeout: 10_000 }))
  await read(() => lio_listioSync([block], { timeout: 10_000 }))
  lio_listio(LIO_NOWAIT, [block])
  await read(() => aio_suspend([block], { timeout: 10_000 }))
  assert.equal(aio_cancel(fd), AIO_ALLDONE)
  assert.throws(() => aio_fsync(O_SYNC, block), { code: 'EBADF' })
  aio_write(block)
  await aio_suspend([block])
  assert.equal(aio_return(block), -1, 'the descriptor is read-only')
  closeSync(fd)
  assert.deepEqual(defaultPosixAio().limits, { AIO_MAX, AIO_LISTIO_MAX, AIO_PRIO_DELTA_MAX })
})

test('configure chooses the proactor and the limits, while nothing is outstanding', async () => {
  await using io = new Proactor({ driver: ['thread-pool', 'node'] })
  const fd = openSync(self, 'r')
  const [one, other] = [firstBytes(fd), firstBytes(fd)]
  const chosen = configure({ proactor: io, AIO_MAX: 1 })
  assert.equal(defaultPosixAio(), chosen)
  aio_read(one)
  assert.throws(() => aio_read(other), { code: 'EAGAIN' })
  assert.throws(() => configure({}), { code: 'ERR_INVALID_STATE' })
  await aio_suspend([one])
  assert.equal(io.statistics.operations['read']?.count, 1)
  assert.throws(() => configure({ AIO_MAX: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  assert.equal(defaultPosixAio(), chosen, 'what is refused changes nothing')
  configure({})
  assert.equal(defaultPosixAio().limits.AIO_MAX, AIO_MAX)
  closeSync(fd)
})

test('before the first call there is neither ring nor thread', () => {
  const program = fileURLToPath(new URL('programs/first-call.js', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 20_000 })
  assert.equal(status, 0, stderr)
  assert.deepEqual(JSON.parse(stdout), { imported: 0, blocksMade: 0, grown: true, read: 8 })
})

test('each worker thread has its own', async () => {
  const program = new URL('programs/in-worker.js', import.meta.url)
  const answers = await Promise.all([1, 2].map((number) => new Promise((resolve, reject) => {
    const worker = new Worker(program, { workerData: number })
    worker.once('message', resolve)
    worker.once('error', reject)
  })))
  assert.deepEqual(answers, [{ AIO_MAX: 1, read: 8 }, { AIO_MAX: 2, read: 8 }])
  assert.equal(defaultPosixAio().limits.AIO_MAX, AIO_MAX)
})

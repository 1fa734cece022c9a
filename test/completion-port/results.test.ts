// Ends that are no packets: results asked for, waited for or not, and completion routines; on every driver. What is tested of ports as well is what
// Wine's tests of them say (dlls/ntdll/tests/file.c: test_set_io_completion, test_file_io_completion).
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { nop, Proactor, timer, unlink } from 'trueaio'
import { CompletionPort, connect, openOverlapped, Overlapped, type OverlappedHandle } from 'trueaio/completion-port'
import { SUBJECTS } from '../work/subjects.js'

const { O_CREAT, O_RDWR, O_TRUNC } = constants

for (const { name, driver, inMemory } of SUBJECTS) {
  describe(`results on ${name}`, () => {
    const path = join(inMemory === true ? '/' : tmpdir(), `trueaio-results-${String(process.pid)}`)

    async function withHandle(body: (handle: OverlappedHandle, io: Proactor) => Promise<void>): Promise<void> {
      await using io = new Proactor({ driver: driver() })
      const handle = await openOverlapped(path, { flags: O_CREAT | O_RDWR | O_TRUNC, mode: 0o600, proactor: io })
      await body(handle, io)
      await handle.close()
      await io.submit(unlink(path))
    }

    test('without a port: begun, then waited for, looked at, or blocked for', async () => {
      await withHandle(async (handle) => {
        const overlapped = new Overlapped(0)
        handle.write(Buffer.from('content'), overlapped)
        assert.deepEqual([overlapped.pending, handle.inFlight], [true, 1])
        assert.equal(handle.tryResult(overlapped), undefined)
        assert.equal(await handle.result(overlapped), 7)
        assert.deepEqual([overlapped.pending, handle.inFlight, handle.tryResult(overlapped), await handle.result(overlapped)], [false, 0, 7, 7])
        const bytes = Buffer.alloc(16)
        overlapped.offset = 3
        handle.read(bytes, overlapped)
        assert.equal(handle.resultSync(overlapped, { timeout: 10_000 }), 4)
        assert.equal(bytes.toString('latin1', 0, 4), 'tent')
        handle.read(bytes, overlapped)
        assert.throws(() => handle.read(bytes, overlapped), { code: 'ERR_TRUEAIO_OVERLAPPED_BUSY' })
        assert.deepEqual(await Promise.all([handle.result(overlapped), handle.result(overlapped)]), [4, 4])
      })
    })

    test('a wait ends on its timeout and on its signal, and the operation goes on; cancelled, it is an AbortError', { skip: inMemory === true && 'its clock leaps to the next timer' }, async () => {
      await withHandle(async (handle) => {
        const overlapped = new Overlapped()
        handle.submit(timer(60_000), overlapped)
        await assert.rejects(handle.result(overlapped, { timeout: 1 }), { code: 'ETIMEDOUT' })
        await assert.rejects(handle.result(overlapped, { timeout: 0 }), { code: 'ETIMEDOUT' })
        assert.throws(() => handle.resultSync(overlapped, { timeout: 1 }), { code: 'ETIMEDOUT' })
        await assert.rejects(handle.result(overlapped, { signal: AbortSignal.abort() }), { code: 'ABORT_ERR' })
        assert.equal(overlapped.pending, true)
        assert.equal(handle.cancel(overlapped), true)
        await assert.rejects(handle.result(overlapped), { code: 'ABORT_ERR' })
        assert.throws(() => handle.tryResult(overlapped), { code: 'ABORT_ERR' })
        assert.equal(handle.cancel(), false)
      })
    })

    test('what fails throws its error; an Overlapped of no operation, or of another handle, is refused', async () => {
      await using io = new Proactor({ driver: driver() })
      const handle = await openOverlapped(path, { flags: O_CREAT, mode: 0o600, proactor: io })
      const overlapped = new Overlapped()
      await assert.rejects(handle.result(overlapped), { code: 'ERR_TRUEAIO_NOT_BEGUN' })
      assert.throws(() => handle.tryResult(overlapped), { code: 'ERR_TRUEAIO_NOT_BEGUN' })
      assert.throws(() => handle.resultSync(overlapped), { code: 'ERR_TRUEAIO_NOT_BEGUN' })
      handle.write(Buffer.from('x'), overlapped)
      await assert.rejects(handle.result(overlapped), { code: 'EBADF', syscall: 'write' })
      await handle.close()
      await io.submit(unlink(path))
    })

    test('a completion routine gets the end, in the context of its submission, outside of all others; a port has none', async () => {
      await withHandle(async (handle, io) => {
        const store = new AsyncLocalStorage<string>()
        const ends: unknown[] = []
        const overlapped = new Overlapped(0, 'mine')
        await new Promise<void>((resolve) => {
          store.run('context', () => {
            handle.write(Buffer.from('content'), overlapped, {
              routine: (error, bytes, which) => {
                ends.push(error, bytes, which === overlapped, which.pending, store.getStore())
                handle.read(Buffer.alloc(16), overlapped, { routine: (_, length) => (ends.push(length), resolve()) })
              },
            })
          })
          assert.deepEqual(ends, [])
        })
        assert.deepEqual(ends, [undefined, 7, true, false, 'context', 7])
        const cancelled = await new Promise<Error | undefined>((resolve) => {
          handle.submit(timer(60_000), overlapped, { routine: resolve })
          handle.cancel()
        })
        assert.equal((cancelled as NodeJS.ErrnoException).code, 'ABORT_ERR')
        using port = new CompletionPort({ proactor: io })
        port.associate(handle, 1)
        assert.throws(() => handle.read(Buffer.alloc(1), overlapped, { routine: () => undefined }), { code: 'EINVAL' })
        assert.throws(() => handle.read(Buffer.alloc(1), overlapped, { routine: 1 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
      })
    })

    test('with a port the result can be asked for as well as its packet; what was begun before the association has none', async () => {
      await withHandle(async (handle, io) => {
        using port = new CompletionPort<string>({ proactor: io })
        const before = new Overlapped()
        handle.submit(timer(1), before)
        port.associate(handle, 'key')
        await handle.result(before)
        assert.equal(port.queued, 0)
        const overlapped = new Overlapped()
        handle.write(Buffer.from('four'), overlapped)
        assert.equal(await handle.result(overlapped), 4)
        const packet = await port.get()
        assert.deepEqual([packet.bytes, packet.key, packet.overlapped === overlapped], [4, 'key', true])
        handle.submit(nop(), overlapped)
        assert.equal(handle.resultSync(overlapped, { timeout: 10_000 }), 0)
        assert.equal(port.queued, 1)
      })
    })
  })
}

test('a packet is posted with any status', async () => {
  using port = new CompletionPort<number>()
  const error = Object.assign(new Error('invalid device request'), { code: 'EISDIR' })
  port.post({ bytes: 3, key: 123, overlapped: 456, error })
  port.post({ bytes: 3, key: 12, overlapped: 34 })
  const packets = await port.getMany({ max: 2 })
  assert.deepEqual(packets.map(({ bytes, key, overlapped, error: status }) => [bytes, key, overlapped, status]), [[3, 123, 456, error], [3, 12, 34, undefined]])
  assert.throws(() => port.post({ error: 'no error' as never }), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('a get with a time that answers: the packet, or nothing', async () => {
  using port = new CompletionPort<number>()
  assert.equal(await port.getWithin(0), undefined)
  const consumer = port.consumer()
  assert.equal(await consumer.getWithin(5), undefined)
  assert.deepEqual([port.running, port.waiting], [0, 0])
  port.post({ key: 1 })
  assert.equal((await port.getWithin(0))?.key, 1)
  const waiting = consumer.getWithin(60_000)
  port.post({ key: 2 })
  assert.equal((await waiting)?.key, 2)
  await assert.rejects(port.getWithin(60_000, { signal: AbortSignal.abort() }), { code: 'ABORT_ERR' })
  await assert.rejects(port.getWithin(-1), { code: 'ERR_INVALID_ARG_TYPE' })
  const abandoned = port.getWithin(60_000)
  port.close()
  await assert.rejects(abandoned, { code: 'ERR_TRUEAIO_ABANDONED_WAIT' })
})

test('another end posts a status, and its get with a time answers as well', async () => {
  using port = new CompletionPort<number>()
  const end = connect<number>(port.share())
  assert.equal(await end.getWithin(5), undefined)
  end.post({ key: 1, error: Object.assign(new RangeError('status'), { code: 'EISDIR' }) })
  const { key, error } = await port.get()
  assert.deepEqual([key, error?.name, error?.message, (error as NodeJS.ErrnoException).code], [1, 'RangeError', 'status', 'EISDIR'])
  port.release()
  port.post({ key: 2, error: new Error('there') })
  const packet = await end.getWithin(60_000)
  assert.deepEqual([packet?.key, packet?.error?.message], [2, 'there'])
  end.close()
})

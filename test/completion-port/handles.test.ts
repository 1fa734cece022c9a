// Handles and their packets, on every driver: overlapped and synchronous files, errors, cancelling, removal and closing.
import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { close, nop, Proactor, timer, unlink } from 'trueaio'
import { CompletionPort, openHandle, openOverlapped, Overlapped } from 'trueaio/completion-port'
import { SUBJECTS } from '../work/subjects.js'

const { O_CREAT, O_RDWR, O_TRUNC } = constants
const NEW = { flags: O_CREAT | O_RDWR | O_TRUNC, mode: 0o600 }

for (const { name, driver, inMemory } of SUBJECTS) {
  describe(`handles on ${name}`, () => {
    const path = join(inMemory === true ? '/' : tmpdir(), `trueaio-port-${String(process.pid)}`)

    test('overlapped writes and reads of two files come as packets with their keys, bytes and overlapped', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort<string>({ proactor: io })
      await using one = await openOverlapped(`${path}-one`, { ...NEW, proactor: io })
      await using two = await openHandle(`${path}-two`, { ...NEW, proactor: io, overlapped: true })
      assert.equal(port.associate(one, 'one'), one)
      port.associate(two, 'two')
      const writes = Array.from({ length: 8 }, (_, index) => new Overlapped(index * 4, `write ${String(index)}`))
      for (const overlapped of writes) one.write(Buffer.from(overlapped.cookie.slice(-4)), overlapped)
      two.write(Buffer.from('other'), new Overlapped())
      assert.deepEqual([port.inFlight, one.inFlight, writes[0]?.pending], [9, 8, true])
      const seen: string[] = []
      while (seen.length < 9) {
        for (const { bytes, key, overlapped, error } of await port.getMany()) {
          assert.equal(error, undefined)
          assert.ok(overlapped instanceof Overlapped)
          assert.equal(overlapped.pending, false)
          seen.push(`${key} ${String(bytes)} ${String(overlapped.cookie)}`)
        }
      }
      assert.deepEqual(seen.sort(), ['two 5 undefined', ...writes.map(({ cookie }) => `one 4 ${cookie}`)].sort())
      // An Overlapped is used again, and offsets lead where they say.
      const again = writes[3] as Overlapped<string>
      const bytes = Buffer.alloc(8)
      one.read(bytes, again)
      assert.throws(() => one.read(bytes, again), { code: 'ERR_TRUEAIO_OVERLAPPED_BUSY' })
      const packet = port.getSync({ timeout: 10_000 })
      assert.deepEqual([packet.bytes, packet.overlapped === again, bytes.toString()], [8, true, 'te 3te 4'])
      again.offset = 1000
      one.read(bytes, again)
      assert.equal((await port.get()).bytes, 0, 'beyond the end')
      one.flush(again)
      assert.deepEqual([(await port.get()).bytes, port.inFlight], [0, 0])
      for (const file of ['one', 'two']) await io.submit(unlink(`${path}-${file}`))
    })

    test('a synchronous handle returns its results, and has nothing to do with ports', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort({ proactor: io })
      const handle = await openHandle(`${path}-sync`, { ...NEW, proactor: io })
      const bytes = Buffer.alloc(5)
      assert.equal(handle.write(Buffer.from('hello')), 5)
      handle.flush()
      assert.equal(handle.read(bytes, 1), 4)
      assert.equal(bytes.toString('utf8', 0, 4), 'ello')
      assert.equal(handle.read(bytes), 0, 'its position is at the end')
      assert.throws(() => port.associate(handle, 1), { code: 'EINVAL' })
      assert.equal(port.queued, 0)
      handle.close()
      handle.close()
      assert.throws(() => handle.read(bytes), { code: 'ERR_TRUEAIO_CLOSED' })
      await io.submit(unlink(`${path}-sync`))
      await assert.rejects(openHandle(`${path}-absent`, { proactor: io }), { code: 'ENOENT', syscall: 'open' })
    })

    test('what fails and what is cancelled comes as a packet with an error', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort<string>({ proactor: io })
      await using handle = await openOverlapped(`${path}-errors`, { ...NEW, flags: O_CREAT, proactor: io })
      port.associate(handle, 'key')
      const failing = new Overlapped(0, 'mine')
      handle.write(Buffer.from('x'), failing)
      const failed = await port.get()
      assert.deepEqual([failed.bytes, failed.key, failed.overlapped, (failed.error as NodeJS.ErrnoException).code], [0, 'key', failing, 'EBADF'])
      const cancelled = [new Overlapped(), new Overlapped()] as const
      for (const overlapped of cancelled) handle.submit(timer(60_000), overlapped)
      assert.equal(handle.cancel(cancelled[0]), true)
      const first = await port.get()
      assert.deepEqual([first.overlapped === cancelled[0], (first.error as NodeJS.ErrnoException).code], [true, 'ABORT_ERR'])
      assert.equal(handle.cancel(cancelled[0]), false)
      assert.equal(handle.cancel(), inMemory === true ? handle.inFlight > 0 : true)
      const second = await port.get()
      assert.equal(second.overlapped, cancelled[1])
      await io.submit(unlink(`${path}-errors`))
    })

    test('removed, a handle delivers what is under way and takes nothing more; another port may have it', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort<number>({ proactor: io })
      using other = new CompletionPort<number>({ proactor: io })
      await using handle = await openOverlapped(`${path}-removed`, { ...NEW, proactor: io })
      port.associate(handle, 1)
      assert.throws(() => port.associate(handle, 2), { code: 'EINVAL' })
      assert.throws(() => other.associate(handle, 2), { code: 'EINVAL' })
      handle.submit(nop(), new Overlapped())
      assert.deepEqual([other.remove(handle), port.remove(handle), port.remove(handle)], [false, true, false])
      other.associate(handle, 2)
      handle.submit(nop(), new Overlapped())
      assert.deepEqual([(await port.get()).key, (await other.get()).key], [1, 2])
      assert.deepEqual([handle.port === other, handle.key], [true, 2])
      await io.submit(unlink(`${path}-removed`))
    })

    test('a descriptor has one association, and only while it is open', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort<number>({ proactor: io })
      using other = new CompletionPort<number>({ proactor: io })
      const owner = await openOverlapped(`${path}-once`, { ...NEW, proactor: io })
      const { fd } = owner
      const handle = port.associate(fd, 1)
      for (const again of [() => port.associate(fd, 2), () => other.associate(fd, 2), () => port.associate(owner, 2)]) assert.throws(again, { code: 'EINVAL', syscall: 'associate' })
      assert.equal(port.remove(handle), true)
      const moved = other.associate(fd, 2)
      await moved.close()
      // Its handle is closed, so the descriptor is free.
      port.associate(owner, 3)
      await owner.close()
      assert.throws(() => port.associate(fd, 4), { code: 'EBADF', syscall: 'associate' })
      // The number stands for another file: what was said of the first one is over.
      const next = await openOverlapped(`${path}-once`, { ...NEW, proactor: io })
      const forgotten = port.associate(next.fd, 5)
      await io.submit(close(next.fd))
      // Numbers below may have become free meanwhile: those are given out first.
      const lower: (typeof next)[] = []
      let other2 = await openOverlapped(`${path}-other`, { ...NEW, proactor: io })
      while (other2.fd !== next.fd && lower.length < 100) {
        lower.push(other2)
        other2 = await openOverlapped(`${path}-other`, { flags: constants.O_RDWR, proactor: io })
      }
      assert.equal(other2.fd, next.fd)
      for (const file of lower) await file.close()
      assert.equal(port.associate(other2, 6).key, 6)
      assert.equal(forgotten.key, 5)
      await other2.close()
      for (const file of ['once', 'other']) await io.submit(unlink(`${path}-${file}`))
    })

    test('closing a handle cancels what is under way and delivers it; a descriptor stays its owner’s', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort<number>({ proactor: io })
      const owner = await openOverlapped(`${path}-closed`, { ...NEW, proactor: io })
      const handle = port.associate(owner.fd, 1)
      handle.submit(timer(60_000), new Overlapped())
      const closing = handle.close()
      assert.throws(() => handle.flush(new Overlapped()), { code: 'ERR_TRUEAIO_CLOSED' })
      assert.throws(() => port.associate(handle, 1), { code: /ERR_TRUEAIO_CLOSED|EINVAL/ })
      const { key } = await port.get()
      await closing
      assert.deepEqual([key, handle.port], [1, undefined])
      port.associate(owner, 2)
      owner.write(Buffer.from('still open'), new Overlapped())
      assert.equal((await port.get()).bytes, 10)
      // A port that is closed drops what is still to come, and the handle can be closed all the same.
      owner.submit(timer(60_000), new Overlapped())
      port.close()
      await owner.close()
      await owner.close()
      await io.submit(unlink(`${path}-closed`))
    })

    test('wrong arguments', async () => {
      await using io = new Proactor({ driver: driver() })
      using port = new CompletionPort({ proactor: io })
      await using handle = await openOverlapped(`${path}-wrong`, { ...NEW, proactor: io })
      port.associate(handle, 1)
      assert.throws(() => handle.read(Buffer.alloc(1), {} as never), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.throws(() => handle.read('x' as never, new Overlapped()), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.throws(() => handle.submit({} as never, new Overlapped()), { code: 'ERR_INVALID_ARG_TYPE' })
      const overlapped = new Overlapped()
      assert.throws(() => handle.read(Buffer.alloc(1), overlapped, { timeout: 0 }), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.deepEqual([overlapped.pending, port.inFlight, handle.inFlight], [false, 0, 0], 'what was refused is not under way')
      assert.throws(() => handle.cancel(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
      for (const offset of [-2, 0.5, 2 ** 60]) assert.throws(() => new Overlapped(offset), { code: 'ERR_OUT_OF_RANGE' })
      await assert.rejects(openHandle(path, { overlapped: 1 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
      await io.submit(unlink(`${path}-wrong`))
    })
  })
}

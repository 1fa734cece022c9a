// State machines: each step's action says what comes next; nothing blocks, nothing is lost, on every driver.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  accept, bind, close, connect, fdatasync, getsockname, listen, open, poll, Proactor, read, recv, send, Shutdown, shutdown, socket, SocketFamily, SocketType, timer, unlink, write,
  type AddressArgument,
} from 'trueaio'
import { Mutex, Semaphore, Work } from 'trueaio/work'
import { SUBJECTS } from './subjects.js'

const { O_CREAT, O_RDWR, O_TRUNC } = constants

for (const { name, driver, inMemory } of SUBJECTS) {
  describe(`work on ${name}`, () => {
    const path = join(inMemory === true ? '/' : tmpdir(), `trueaio-work-${String(process.pid)}`)

    test('a machine opens, writes, syncs, reads back and closes, step by step', async () => {
      await using io = new Proactor({ driver: driver() })
      const work = new Work<string>({ proactor: io })
      const bytes = Buffer.alloc(5)
      let fd = -1
      work.submit(open(path, { flags: O_CREAT | O_RDWR | O_TRUNC, mode: 0o600 }), (opened) => {
        fd = opened
        work.submit(write(fd, Buffer.from('hello'), 0), (written) => {
          assert.equal(written, 5)
          work.submit(fdatasync(fd), () => {
            work.setAction<number>((count) => {
              assert.equal(count, 5)
              work.submit(close(fd), () => work.submit(unlink(path), () => work.finish(bytes.toString())))
            })
            work.submit(read(fd, bytes, 0))
          })
        })
      })
      assert.equal(await work.done, 'hello')
    })

    test('machines of both ends of a connection wait on sockets, one thread for all', async () => {
      await using io = new Proactor({ driver: driver() })
      const listener = await io.submit(socket(SocketFamily.AF_INET, SocketType.SOCK_STREAM))
      await io.submit(bind(listener, { address: '127.0.0.1', port: 0 }))
      await io.submit(listen(listener))
      const at = await io.submit(getsockname(listener)) as AddressArgument
      const serve = (): Promise<string> => {
        const work = new Work<string>({ proactor: io })
        const buffer = Buffer.alloc(16)
        let text = ''
        const end = (peer: number): void => work.submit(close(peer), () => work.finish(text))
        const more = (peer: number): void => work.submit(recv(peer, buffer), (bytes) => {
          text += buffer.toString('latin1', 0, bytes)
          if (bytes === 0) end(peer)
          else work.submit(send(peer, Buffer.from(buffer.subarray(0, bytes))), () => more(peer))
        })
        work.submit(accept(listener), more)
        return work.done
      }
      const ask = async (word: string): Promise<string> => {
        const work = new Work<string>({ proactor: io })
        const buffer = Buffer.alloc(16)
        const fd = await io.submit(socket(SocketFamily.AF_INET, SocketType.SOCK_STREAM))
        let text = ''
        const more = (): void => work.submit(recv(fd, buffer), (bytes) => {
          text += buffer.toString('latin1', 0, bytes)
          if (text.length < word.length) more()
          else work.submit(shutdown(fd, Shutdown.SHUT_WR), () => work.submit(close(fd), () => work.finish(text)))
        })
        work.submit(connect(fd, at), () => work.submit(send(fd, Buffer.from(word)), more))
        return work.done
      }
      const words = Array.from({ length: 20 }, (_, index) => `word ${String(index)}`)
      const serving = words.map(() => serve())
      assert.deepEqual(await Promise.all(words.map((word) => ask(word))), words)
      assert.deepEqual((await Promise.all(serving)).sort(), [...words].sort())
      await io.submit(close(listener))
    })

    test('many machines share a mutex and a semaphore', async () => {
      await using io = new Proactor({ driver: driver() })
      const mutex = new Mutex()
      const places = new Semaphore(3)
      const order: number[] = []
      let inside = 0
      let most = 0
      const machine = (index: number): Promise<number> => {
        const work = new Work<number>({ proactor: io })
        work.down(places, () => {
          most = Math.max(most, ++inside)
          work.submit(timer(1), () => work.lock(mutex, (lock) => {
            order.push(index)
            work.queue(() => {
              assert.equal(order.at(-1), index, 'nobody else holds the mutex')
              lock.release()
              inside--
              places.up()
              work.finish(index)
            })
          }))
        })
        return work.done
      }
      const indexes = Array.from({ length: 20 }, (_, index) => index)
      assert.deepEqual(await Promise.all(indexes.map(machine)), indexes)
      assert.deepEqual([order.toSorted((one, other) => one - other), most, mutex.locked, places.free], [indexes, 3, false, 3])
    })

    test('a failure goes to onFailure, which may go on, and else ends the machine', async () => {
      await using io = new Proactor({ driver: driver() })
      const bad = new Work({ proactor: io })
      bad.submit(open(`${path}-absent`), () => assert.fail('it does not exist'))
      await assert.rejects(bad.done, { code: 'ENOENT', syscall: 'open' })
      const goesOn = new Work<string>({ proactor: io })
      goesOn.onFailure((error, work) => work.submit(timer(1), () => work.finish((error as NodeJS.ErrnoException).code ?? '')))
      goesOn.submit(open(`${path}-absent`), () => assert.fail('it does not exist'))
      assert.equal(await goesOn.done, 'ENOENT')
      if (inMemory !== true) { // there a minute of a timer passes at once
        const late = new Work({ proactor: io })
        late.submit(timer(60_000), () => assert.fail('too early'), { timeout: 5 })
        await assert.rejects(late.done, { code: 'ETIMEDOUT' })
      }
      const aborting = new AbortController()
      const aborted = new Work({ proactor: io })
      aborted.submit(timer(60_000), () => assert.fail('too early'), { signal: aborting.signal })
      aborting.abort('enough')
      await assert.rejects(aborted.done, { code: 'ABORT_ERR', cause: 'enough' })
    })
  })
}

test('a step that costs CPU runs on the pool', async () => {
  const work = new Work<number>()
  work.compute<number>({ module: new URL('./functions.js', import.meta.url), argument: 4 }, (eight) => {
    work.compute<number>({ module: new URL('./functions.js', import.meta.url), argument: eight }, (sixteen) => work.finish(sixteen))
  })
  assert.equal(await work.done, 16)
  const failing = new Work()
  failing.compute({ module: new URL('./functions.js', import.meta.url), name: 'fails', argument: 'mine' }, () => assert.fail('it fails'))
  assert.throws(() => failing.queue(), { code: 'ERR_TRUEAIO_WORK_BUSY' })
  await assert.rejects(failing.done, { code: 'E_MINE' })
})

test('an action that arranges nothing ends the machine; one that throws, or waits, fails it', async () => {
  const ends = new Work()
  ends.queue(() => undefined)
  assert.equal(await ends.done, undefined)
  const throws = new Work()
  throws.queue(() => {
    throw new Error('mine')
  })
  await assert.rejects(throws.done, /mine/)
  const waits = new Work()
  const asynchronous: () => unknown = () => Promise.resolve()
  waits.queue(asynchronous)
  await assert.rejects(waits.done, { code: 'ERR_INVALID_RETURN_VALUE' })
})

test('actions run in turn and in the context of their machine; machines that only queue leave timers their time', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: string[] = []
  const machine = (name: string, steps: number): Promise<void> => storage.run(name, () => {
    const work = new Work()
    const step = (): void => {
      seen.push(`${name} ${String(storage.getStore())}`)
      if (--steps > 0) work.queue(step)
    }
    storage.run('where it is queued', () => work.queue(step))
    assert.equal(seen.includes(`${name} ${name}`), false, 'not at once')
    return work.done
  })
  await Promise.all([machine('one', 3), machine('two', 2)])
  assert.deepEqual(seen, ['one one', 'two two', 'one one', 'two two', 'one one'])
  let fired = false
  setTimeout(() => (fired = true), 1)
  const endless = new Work<string>()
  const step = (): void => (fired ? endless.finish('timers had their time') : endless.queue(step))
  endless.queue(step)
  assert.equal(await endless.done, 'timers had their time')
})

test('one step at a time, and none after the end', async () => {
  const work = new Work<number>()
  work.queue(() => {
    work.queue(() => work.finish(1))
    assert.throws(() => work.queue(() => undefined), { code: 'ERR_TRUEAIO_WORK_BUSY' })
  })
  assert.throws(() => work.submit(timer(1)), { code: 'ERR_TRUEAIO_WORK_BUSY' })
  assert.equal(await work.done, 1)
  assert.throws(() => work.queue(() => undefined), { code: 'ERR_TRUEAIO_WORK_ENDED' })
  work.finish(2)
  work.fail(new Error('late'))
  assert.equal(await work.done, 1)
  const early = new Work<string>()
  early.submit(timer(1), () => assert.fail('it has ended'))
  early.finish('early')
  assert.equal(await early.done, 'early')
})

test('wrong arguments leave the machine as it was', async () => {
  const work = new Work<string>()
  assert.throws(() => work.queue(), { code: 'ERR_INVALID_ARG_TYPE' }, 'no action')
  const calls: (() => void)[] = [
    () => work.setAction('x' as never), () => work.onFailure(1 as never), () => work.queue(5 as never), () => work.submit({} as never, () => undefined),
    () => work.lock({} as never, () => undefined), () => work.down({} as never, () => undefined), () => work.compute(5 as never, () => undefined),
    () => work.lock(new Mutex(), () => undefined, { timeout: -1 }), () => work.submit(timer(1), () => undefined, { timeout: 0 }),
  ]
  for (const call of calls) assert.throws(call, { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => work.submit(poll(0, 1, { multishot: true }), () => undefined), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => work.down(new Semaphore(1), () => undefined, { count: 0 }), { code: 'ERR_OUT_OF_RANGE' })
  work.queue(() => work.finish('still good'))
  assert.equal(await work.done, 'still good')
})

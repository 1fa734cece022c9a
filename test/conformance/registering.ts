// Registered files and buffers, messages, any system call, and what a driver says of itself.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { call, getdents64, message, nop, read, SYS, timer, write } from 'trueaio'
import { SAMPLES } from './samples.js'
import type { OperationName, Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

export function registering(subject: Subject): void {
  family('registered files and buffers', () => {
    behaviour(subject, 'a registered file reads and writes like its descriptor', [], async (world) => {
      await world.put('file', 'abcdef')
      const fd = await world.open('file', O.O_RDWR)
      const file = world.io.registerFile(fd)
      assert.equal(file.fd, fd)
      const buffer = Buffer.alloc(3)
      assert.equal(await world.io.submit(read(file, buffer, 3)), 3)
      assert.equal(buffer.toString(), 'def')
      assert.equal(await world.io.submit(write(file, Buffer.from('XY'), 0)), 2)
      world.io.unregisterFile(file)
      assert.equal((await world.content('file')).toString(), 'XYcdef')
    })

    behaviour(subject, 'a registration given back serves another file', [], async (world) => {
      await world.put('a', 'aaa')
      await world.put('b', 'bbb')
      for (let round = 0; round < 20; round++) {
        const name = round % 2 === 0 ? 'a' : 'b'
        const file = world.io.registerFile(await world.open(name))
        const buffer = Buffer.alloc(3)
        await world.io.submit(read(file, buffer, 0))
        assert.equal(buffer.toString(), name.repeat(3))
        world.io.unregisterFile(file)
      }
    })

    behaviour(subject, 'pool buffers are aligned, hold data, and are used again', ['real descriptors', 'addon'], async (world) => {
      const pool = world.io.buffers
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      for (const bytes of [1, 4096, 10_000, 3_000_000]) {
        const [out, into] = [pool.allocate(bytes), pool.allocate(bytes)]
        assert.equal(out.byteLength, bytes)
        assert.equal(out.byteOffset % pool.alignment, 0)
        out.fill(bytes & 0xff)
        assert.equal(await world.io.submit(write(fd, out, 0)), bytes)
        assert.equal(await world.io.submit(read(fd, into, 0)), bytes)
        assert.ok(into.equals(out))
        pool.release(out)
        pool.release(into)
        assert.throws(() => pool.release(into), { code: 'ERR_INVALID_ARG_VALUE' })
        const again = pool.allocate(bytes)
        assert.ok([out, into].some((buffer) => buffer.buffer === again.buffer && buffer.byteOffset === again.byteOffset))
        pool.release(again)
      }
    })

    behaviour(subject, 'pool buffers serve O_DIRECT', ['real descriptors', 'addon'], async (world) => {
      await world.put('file', Buffer.alloc(8192, 3))
      const fd = await world.open('file', O.O_RDWR | O.O_DIRECT).catch((error: unknown) => {
        assert.equal((error as { code: string }).code, 'EINVAL') // a file system without direct I/O
        return -1
      })
      if (fd < 0) return
      const buffer = world.io.buffers.allocate(4096)
      assert.equal(await world.io.submit(read(fd, buffer, 4096)), 4096)
      assert.ok(buffer.every((byte) => byte === 3))
    })
  })

  family('messages', () => {
    behaviour(subject, 'arrive at the other proactor, in order, with value and tag', ['message'], async (world) => {
      const receiver = world.proactor()
      const got: [number, number][] = []
      const all = new Promise<void>((resolve) => {
        receiver.onMessage = (value, tag) => {
          if (got.push([value, tag]) === 3) resolve()
        }
      })
      // A listener alone keeps nobody alive; something in flight does.
      const alive = receiver.submit(timer(10_000), { timeout: 10_000 }).catch((error: unknown) => error)
      for (const [value, tag] of [[1, 0], [-5, 7], [0x7fffffff, 0x7fffffff]] as const) assert.equal(await world.io.submit(message(receiver.port, value, tag)), undefined)
      await all
      assert.deepEqual(got, [[1, 0], [-5, 7], [0x7fffffff, 0x7fffffff]])
      await receiver.close()
      await alive
    })

    behaviour(subject, 'to a port that is none fail', ['message'], async (world) => {
      await world.assertFails(message(987_654, 1), 'EBADF')
    })
  })

  family('any system call', () => {
    behaviour(subject, 'by name and by number, with numbers, bigints, memory and text', ['call', 'real descriptors'], async (world) => {
      await world.put('file', 'abc')
      assert.equal(await world.io.submit(call('getpid')), process.pid)
      assert.equal(await world.io.submit(call(SYS.getppid ?? 0)), process.ppid)
      const name = new Uint8Array(390) // struct utsname: six fields of 65 bytes
      assert.equal(await world.io.submit(call('uname', name)), 0)
      assert.equal(Buffer.from(name.subarray(0, 5)).toString(), 'Linux')
      const fd = await world.io.submit(call('openat', -100, world.path('file'), 0n, 0))
      const buffer = Buffer.alloc(8)
      assert.equal(await world.io.submit(call('pread64', fd, buffer, 8, 1n)), 2)
      assert.equal(buffer.toString('latin1', 0, 2), 'bc')
      fs.closeSync(fd)
    })

    behaviour(subject, 'a failing call rejects with its errno', ['call'], async (world) => {
      await assert.rejects(world.io.submit(call('close', 987_654)), { code: 'EBADF', errno: -9 })
      await assert.rejects(world.io.submit(call('openat', -100, world.path('nothing'), 0, 0)), { code: 'ENOENT' })
      await assert.rejects(world.io.submit(call(9999)), { code: 'ENOSYS' })
    })
  })

  family('getdents64', () => {
    behaviour(subject, 'lists what node:fs lists', ['getdents64', 'real descriptors'], async (world) => {
      for (let index = 0; index < 100; index++) await world.put(`entry-${String(index)}`)
      const fd = await world.open('.', O.O_DIRECTORY)
      const buffer = Buffer.alloc(1024)
      const names: string[] = []
      for (let bytes = await world.io.submit(getdents64(fd, buffer)); bytes > 0; bytes = await world.io.submit(getdents64(fd, buffer))) {
        for (let at = 0; at < bytes; at += buffer.readUInt16LE(at + 16)) {
          const end = buffer.indexOf(0, at + 19)
          names.push(buffer.toString('utf8', at + 19, end))
        }
      }
      assert.deepEqual(names.filter((name) => name !== '.' && name !== '..').sort(), fs.readdirSync(world.root).sort())
      await world.assertFails(getdents64(await world.open('entry-1'), buffer), 'ENOTDIR')
    })
  })

  family('capabilities', () => {
    behaviour(subject, 'what the suite skips is what the driver says it cannot do, and it refuses just that', [], async (world) => {
      const refused: string[] = []
      for (const [name, operation] of Object.entries(SAMPLES)) {
        if (!world.io.explain(operation).startsWith('no driver here')) continue
        refused.push(name)
        await assert.rejects(world.io.submit(operation), { code: 'ENOTSUP' }, name)
      }
      const skipped = (Object.keys(subject.lacks) as OperationName[]).filter((name) => name in SAMPLES)
      assert.deepEqual(refused.sort(), skipped.sort())
    })

    behaviour(subject, 'explain names the driver in use', [], ({ io }) => {
      assert.ok(io.explain().some(({ state }) => state === 'in use'))
      assert.match(io.explain(nop()), /^[a-z-]+: /)
    })
  })
}

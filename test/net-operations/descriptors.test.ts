// Descriptors that go along with a message over a Unix socket: whole, in order, once, and nobody's who does not ask for them.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { describe, test } from 'node:test'
import {
  chain, close, hardLink, MessageFlag, Proactor, read, recv, recvmsg, send, sendmsg, socketpair, SocketFamily, SocketType, write, type ProactorOptions,
} from 'trueaio'
import { openSockets, reasonToSkip, simulatedNetwork, SOCKET_DRIVERS } from './drivers.js'

const { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = SocketType

async function pairOf(io: Proactor, type: number): Promise<readonly [number, number]> {
  return io.submit(socketpair(SocketFamily.AF_UNIX, type))
}

function onDriver(name: string, options: ProactorOptions, skip: string | false): void {
  describe(`descriptors over Unix sockets on ${name}`, { skip }, () => {
    for (const [kind, type] of [['stream', SOCK_STREAM], ['datagram', SOCK_DGRAM], ['seqpacket', SOCK_SEQPACKET]] as const) {
      test(`a file and a pipe, by ${kind}`, async () => {
        await using io = new Proactor(options)
        const before = openSockets()
        const [near, far] = await pairOf(io, type)
        const [reading, writing] = await pairOf(io, SOCK_STREAM)
        const file = fs.openSync(import.meta.filename, 'r')
        const waiting = io.submit(recvmsg(far, [Buffer.alloc(2), Buffer.alloc(100)], { descriptors: 4 }))
        assert.equal(await io.submit(sendmsg(near, [Buffer.from('he'), Buffer.from('llo')], { descriptors: [file, writing] })), 5)
        const { descriptors, flags, length } = await waiting
        assert.equal(length, 5)
        assert.equal(flags & MessageFlag.MSG_CTRUNC, 0)
        const [ownFile, ownEnd] = descriptors as readonly [number, number]
        assert.equal(descriptors.length, 2)
        assert.deepEqual([fs.fstatSync(ownFile).ino, fs.fstatSync(ownFile).dev], [fs.fstatSync(file).ino, fs.fstatSync(file).dev])
        for (const fd of descriptors) assert.match(fs.readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'utf8'), /flags:\t0?2/, 'closed at exec')
        fs.closeSync(file)
        await io.submit(close(writing))
        // The other end is open as long as the number that came is.
        await io.submit(write(ownEnd, Buffer.from('through')))
        const heard = Buffer.alloc(10)
        assert.equal(await io.submit(recv(reading, heard)), 7)
        assert.equal(await io.submit(read(ownFile, heard, { offset: 0 })), 10)
        for (const fd of [ownFile, ownEnd, reading, near, far]) await io.submit(close(fd))
        assert.equal(openSockets(), before)
      })
    }

    test('as many as go, and more than were asked for', async () => {
      await using io = new Proactor(options)
      const before = openSockets()
      const [near, far] = await pairOf(io, SOCK_STREAM)
      await io.submit(sendmsg(near, Buffer.from('x'), { descriptors: Array.from({ length: 253 }, () => near) }))
      const all = await io.submit(recvmsg(far, Buffer.alloc(1), { descriptors: 253 }))
      assert.equal(new Set(all.descriptors).size, 253)
      for (const fd of all.descriptors) fs.closeSync(fd)
      for (const count of [2, 1, undefined]) {
        await io.submit(sendmsg(near, Buffer.from('x'), { descriptors: [near, far, near] }))
        const { descriptors, flags } = await io.submit(recvmsg(far, Buffer.alloc(1), { descriptors: count }))
        // Room for one of 8 bytes holds two of 4: the kernel is told the exact length.
        assert.deepEqual([descriptors.length, (flags & MessageFlag.MSG_CTRUNC) !== 0], [count ?? 0, true])
        for (const fd of descriptors) fs.closeSync(fd)
      }
      await io.submit(sendmsg(near, Buffer.from('plain')))
      assert.deepEqual((await io.submit(recvmsg(far, Buffer.alloc(9), { descriptors: 3 }))).descriptors, [])
      for (const fd of [near, far]) await io.submit(close(fd))
      assert.equal(openSockets(), before)
    })

    test('with a message that the socket takes in pieces they go once', async () => {
      await using io = new Proactor(options)
      const before = openSockets()
      const [near, far] = await pairOf(io, SOCK_STREAM)
      const data = Buffer.alloc(2 ** 20, 'd')
      const sending = io.submit(sendmsg(near, [data, data], { descriptors: [near] }))
      let bytes = 0
      const came: number[] = []
      while (bytes < 2 * data.length) {
        const { descriptors, length } = await io.submit(recvmsg(far, Buffer.alloc(50_000), { descriptors: 8 }), { timeout: 30_000 })
        bytes += length
        came.push(...descriptors)
      }
      assert.equal(await sending, 2 * data.length)
      assert.equal(came.length, 1)
      for (const fd of [...came, near, far]) await io.submit(close(fd))
      assert.equal(openSockets(), before)
    })

    test('in a chain, and blocking', async () => {
      await using io = new Proactor(options)
      const before = openSockets()
      const [near, far] = await pairOf(io, SOCK_STREAM)
      const [sent, , got] = await io.submit(chain(
        sendmsg(near, Buffer.from('with'), { descriptors: [near] }), send(near, Buffer.from('out')), hardLink(recvmsg(far, Buffer.alloc(4), { descriptors: 1 })),
      ))
      assert.equal(sent, 4)
      assert.equal(got.descriptors.length, 1)
      const [sentNow, gotNow] = io.runSync([sendmsg(near, Buffer.from('now'), { descriptors: [far] }), recvmsg(far, Buffer.alloc(9), { descriptors: 1 })])
      if (sentNow.status === 'rejected' || gotNow.status === 'rejected') throw new Error('one of them failed')
      // "out" stood before it.
      const later = gotNow.value.descriptors.length > 0 ? gotNow.value : await io.submit(recvmsg(far, Buffer.alloc(9), { descriptors: 1 }))
      for (const fd of [...got.descriptors, ...later.descriptors, near, far]) await io.submit(close(fd))
      assert.equal(openSockets(), before)
    })

    test('what comes when nobody waits any more is closed', async () => {
      await using io = new Proactor(options)
      const before = openSockets()
      const [near, far] = await pairOf(io, SOCK_DGRAM)
      for (let race = 0; race < 200; race++) {
        const stop = new AbortController()
        const receiving = io.submit(recvmsg(far, Buffer.alloc(1), { descriptors: 1 }), { signal: stop.signal }).then(({ descriptors }) => descriptors, () => [])
        const sending = io.submit(sendmsg(near, Buffer.from('x'), { descriptors: [near] }))
        if (race % 3 === 0) stop.abort()
        else setImmediate(() => stop.abort())
        await sending
        for (const fd of await receiving) fs.closeSync(fd)
        // What was not received is still there.
        const { descriptors } = await io.submit(recvmsg(far, Buffer.alloc(1), { descriptors: 1, flags: MessageFlag.MSG_DONTWAIT })).catch(() => ({ descriptors: [] }))
        for (const fd of descriptors) fs.closeSync(fd)
      }
      for (const fd of [near, far]) await io.submit(close(fd))
      // Nobody is told of the closes of what nobody took.
      for (const end = Date.now() + 20_000; openSockets() !== before && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 5))
      assert.equal(openSockets(), before)
    })
  })
}

for (const [name, options] of Object.entries(SOCKET_DRIVERS)) onDriver(name, options, await reasonToSkip(options))

test('lists and counts that are none are refused', () => {
  const byte = Buffer.alloc(1)
  assert.throws(() => sendmsg(1, byte, { descriptors: 3 as unknown as number[] }), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => sendmsg(1, byte, { descriptors: [-1] }), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => sendmsg(1, byte, { descriptors: new Array<number>(254).fill(1) }), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => recvmsg(1, byte, { descriptors: 254 }), { code: 'ERR_OUT_OF_RANGE' })
})

test('a simulated network passes none', async () => {
  await using io = new Proactor(simulatedNetwork())
  const [near, far] = await pairOf(io, SOCK_STREAM)
  await assert.rejects(io.submit(sendmsg(near, Buffer.from('x'), { descriptors: [far] })), { code: 'ENOTSUP' })
})

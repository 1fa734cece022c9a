// A descriptor number is used only while it is its submitter's: what waits keeps the open file and not the number, and what is
// abandoned leaves nothing open and closes nobody else's.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { call, chain, close, open, read, readv, statx, write, writev, type Operation } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O, type World } from './world.js'

const MEBIBYTE = 1 << 20

/** The end of a pipe that answers EAGAIN, under a number of its own. */
function nonBlocking(fd: number, flags: number): number {
  return fs.openSync(`/proc/self/fd/${String(fd)}`, flags | O.O_NONBLOCK)
}

/** A proactor whose one thread has made an operation's call once another one's result is there. */
async function tried<Result>(world: World, operation: Operation<Result>): Promise<Promise<Result>[]> {
  const io = world.proactor({ threads: 1 })
  const work = io.submit(operation)
  await io.submit(statx(world.path('file')))
  await turn()
  return [work]
}

/** Closes the number and opens a file under it. */
function giveAway(world: World, fd: number, name: string): void {
  fs.closeSync(fd)
  const others: number[] = []
  for (let other = fs.openSync(world.path(name), 'r+'); other !== fd; other = fs.openSync(world.path(name), 'r+')) {
    assert.ok(other < fd, 'the number is not given again')
    others.push(other)
  }
  for (const other of others) fs.closeSync(other)
}

export function numbers(subject: Subject): void {
  family('a descriptor number', () => {
    for (const kind of ['write', 'writev'] as const) {
      behaviour(subject, `given away while a ${kind} waits: the bytes go where they were meant to`, ['real descriptors', 'waits on non-blocking descriptors', 'fifos'], async (world) => {
        await world.put('file')
        const { readEnd, writeEnd } = world.fifo()
        const full = nonBlocking(writeEnd, O.O_WRONLY)
        fs.writeSync(full, Buffer.alloc(65536))
        const bytes = Buffer.alloc(4096, 'w')
        const [writing] = await tried(world, kind === 'write' ? write(full, bytes) : writev(full, [bytes]))
        giveAway(world, full, 'file')
        const got = Buffer.alloc(MEBIBYTE)
        let total = fs.readSync(readEnd, got)
        assert.equal(await writing, 4096)
        total += fs.readSync(readEnd, got, total, got.length - total, null)
        assert.deepEqual([total, got[total - 1]], [65536 + 4096, bytes[0]])
        assert.equal(fs.fstatSync(full).size, 0)
        fs.closeSync(full)
      })
    }

    for (const kind of ['read', 'readv'] as const) {
      behaviour(subject, `given away while a ${kind} waits: the bytes come from where they were meant to`, ['real descriptors', 'waits on non-blocking descriptors', 'fifos'], async (world) => {
        await world.put('file', 'file')
        const { readEnd, writeEnd } = world.fifo()
        const empty = nonBlocking(readEnd, O.O_RDONLY)
        const bytes = Buffer.alloc(4)
        const [reading] = await tried(world, kind === 'read' ? read(empty, bytes) : readv(empty, [bytes]))
        giveAway(world, empty, 'file')
        fs.writeSync(writeEnd, 'pipe')
        assert.equal(await reading, 4)
        assert.equal(bytes.toString(), 'pipe')
        fs.closeSync(empty)
      })
    }

    behaviour(subject, 'of a registered file likewise', ['real descriptors', 'waits on non-blocking descriptors', 'fifos'], async (world) => {
      await world.put('file', 'file')
      const { readEnd, writeEnd } = world.fifo()
      const empty = nonBlocking(readEnd, O.O_RDONLY)
      const other = await world.open('file')
      const io = world.proactor({ threads: 1 })
      const registered = io.registerFile(empty)
      const bytes = Buffer.alloc(4)
      const reading = io.submit(read(registered, bytes))
      await io.submit(statx(world.path('file')))
      await turn()
      io.unregisterFile(registered)
      const another = io.registerFile(other)
      fs.closeSync(empty)
      fs.writeSync(writeEnd, 'pipe')
      assert.equal(await reading, 4)
      assert.equal(bytes.toString(), 'pipe')
      io.unregisterFile(another)
    })
  })

  family('abandoned', () => {
    behaviour(subject, 'opens, calls and chains leave nothing open and close nobody else\'s', ['real descriptors', 'unix'], async (world) => {
      await world.put('file', 'content')
      const path = world.path('file')
      const mine: number[] = []
      // Drivers that open at the first use have descriptors of their own.
      await world.io.submit(chain(open(path), read(chain.opened, Buffer.alloc(7)), close(chain.opened)))
      if (subject.lacks.call === undefined) await world.io.submit(call('getpid'))
      const before = new Set(fs.readdirSync('/proc/self/fd'))
      const make: (() => Operation)[] = [
        () => open(path), () => chain(open(path), read(chain.opened, Buffer.alloc(7)), close(chain.opened)), () => chain(open(path), read(chain.opened, Buffer.alloc(9))),
      ]
      if (subject.lacks.call === undefined) make.push(() => call('openat', -100, path, 0, 0), () => call('dup', 0), () => call('socket', 1, 1, 0), () => call('pipe2', new Int32Array(2), 0))
      for (let round = 0; round < 150; round++) {
        const operation = make[round % make.length]?.() ?? assert.fail()
        const controller = new AbortController()
        const work = world.io.submit(operation, { signal: controller.signal })
        const when = Math.floor(round / make.length) % 4
        if (when === 0) controller.abort()
        else if (when === 1) queueMicrotask(() => controller.abort())
        else if (when === 2) setImmediate(() => controller.abort())
        const pair = operation.detail?.callArguments?.[0]
        await work.then((fd) => {
          if (pair instanceof Int32Array) mine.push(pair[0] ?? -1, pair[1] ?? -1)
          else if (typeof fd === 'number') mine.push(fd)
        }, () => undefined)
        mine.push(fs.openSync(path, 'r')) // whoever closes twice closes this one
      }
      await world.settled()
      for (const fd of mine) fs.closeSync(fd) // EBADF: somebody else has closed it
      const left = fs.readdirSync('/proc/self/fd').filter((fd) => !before.has(fd) && fs.existsSync(`/proc/self/fd/${fd}`))
      assert.deepEqual(left, [])
    })
  })
}

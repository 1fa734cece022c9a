// The current position of a file: who moves it, in which order; and what has none.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { chain, close, copyFileRange, open, type Operation, read, readv, sendfile, splice, write, writev } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const LARGE = 200_000
const BLOCK = 4096
const STREAM_BYTES = 1 << 20

function filled(bytes: number, text: string): Buffer {
  return Buffer.alloc(bytes, text)
}

/** The pieces of one letter, in order: what arrived, told in short. */
function runs(bytes: Uint8Array): string {
  let said = ''
  for (let at = 0; at < bytes.length;) {
    let end = at
    while (end < bytes.length && bytes[end] === bytes[at]) end++
    said += `${String.fromCharCode(bytes[at] as number)}${String(end - at)} ` // at < length
    at = end
  }
  return said.trim()
}

export function positions(subject: Subject): void {
  family('the position of a file', () => {
    behaviour(subject, 'writes that are asked for together follow each other as they were asked for', [], async (world) => {
      for (let round = 0; round < 20; round++) {
        const fd = await world.open(`file-${String(round)}`, O.O_CREAT | O.O_RDWR)
        const written = await Promise.all([
          world.io.submit(write(fd, filled(LARGE, 'A'))), world.io.submit(write(fd, filled(100, 'B'))),
          world.io.submit(writev(fd, [filled(70_000, 'C'), filled(1, 'D')])), world.io.submit(write(fd, filled(3, 'E'))),
        ])
        assert.deepEqual(written, [LARGE, 100, 70_001, 3])
        assert.equal(runs(await world.content(`file-${String(round)}`)), `A${String(LARGE)} B100 C70000 D1 E3`)
      }
    })

    behaviour(subject, 'reads that are asked for together get one piece after the other', [], async (world) => {
      await world.put('file', Buffer.concat(['A', 'B', 'C', 'D'].map((text) => filled(4096, text))))
      const fd = await world.open('file')
      const buffers = Array.from({ length: 3 }, () => Buffer.alloc(4096))
      const vector = [Buffer.alloc(1000), Buffer.alloc(3096)]
      const counts = await Promise.all([...buffers.map((buffer) => world.io.submit(read(fd, buffer))), world.io.submit(readv(fd, vector)), world.io.submit(read(fd, Buffer.alloc(1)))])
      assert.deepEqual(counts, [4096, 4096, 4096, 4096, 0])
      assert.equal(runs(Buffer.concat([...buffers, ...vector])), 'A4096 B4096 C4096 D4096')
    })

    behaviour(subject, 'reads and writes share it; offsets leave it alone', ['offsets apart'], async (world) => {
      await world.put('file', filled(30, 'a'))
      const fd = await world.open('file', O.O_RDWR)
      const buffer = Buffer.alloc(10)
      const ends = [read(fd, buffer), write(fd, filled(5, 'B')), write(fd, filled(2, 'C'), 28), read(fd, Buffer.alloc(5)), write(fd, filled(5, 'D'))]
      assert.deepEqual(await Promise.all(ends.map((operation) => world.io.submit(operation))), [10, 5, 2, 5, 5])
      assert.equal(runs(await world.content('file')), 'a10 B5 a5 D5 a3 C2')
    })

    behaviour(subject, 'a chain keeps it from beginning to end', [], async (world) => {
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      await Promise.all([
        world.io.submit(write(fd, filled(LARGE, 'A'))),
        world.io.submit(chain(write(fd, filled(LARGE, 'B')), write(fd, filled(3, 'C')))),
        world.io.submit(write(fd, filled(2, 'D'))),
        world.io.submit(chain(write(fd, filled(1, 'E')), write(fd, filled(LARGE, 'F')))),
      ])
      assert.equal(runs(await world.content('file')), `A${String(LARGE)} B${String(LARGE)} C3 D2 E1 F${String(LARGE)}`)
    })

    behaviour(subject, 'a registered file and its descriptor have the same; registered memory makes no difference', ['addon', 'real descriptors'], async (world) => {
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      const registered = world.io.registerFile(fd)
      const memory = world.io.buffers.allocate(LARGE)
      memory.fill('A')
      await Promise.all([
        world.io.submit(write(registered, memory)), world.io.submit(write(fd, filled(9, 'B'))), world.io.submit(write(registered, filled(8, 'C'))),
      ])
      world.io.unregisterFile(registered)
      assert.equal(runs(await world.content('file')), `A${String(LARGE)} B9 C8`)
    })

    behaviour(subject, 'appending: each write is at the end, in order', ['offsets apart'], async (world) => {
      await world.put('file', 'x')
      const fd = await world.open('file', O.O_WRONLY | O.O_APPEND)
      await Promise.all([world.io.submit(write(fd, filled(LARGE, 'A'))), world.io.submit(write(fd, filled(2, 'B'))), world.io.submit(write(fd, filled(3, 'C'), 0))])
      const content = await world.content('file')
      assert.equal(content.length, 1 + LARGE + 5)
      if (subject.storage === 'disk') assert.match(runs(content).replace(/ ?C3 ?/, ' '), new RegExp(`^x1 A${String(LARGE)} B2 ?$`))
    })

    behaviour(subject, 'copies without offsets wait their turn at both files', ['copy_file_range'], async (world) => {
      await world.put('source', Buffer.concat([filled(10, 'a'), filled(10, 'b')]))
      const source = await world.open('source')
      const target = await world.open('target', O.O_CREAT | O.O_RDWR)
      const operations = [write(target, filled(LARGE, 'X')), read(source, Buffer.alloc(5)), copyFileRange(source, target, 10), write(target, filled(1, 'Y'))]
      const counts = await Promise.all(operations.map((operation) => world.io.submit(operation)))
      assert.deepEqual(counts, [LARGE, 5, 10, 1])
      assert.equal(runs(await world.content('target')), `X${String(LARGE)} a5 b5 Y1`)
    })

    behaviour(subject, 'so do sendfile and splice', ['sendfile', 'splice', 'real descriptors', 'fifos'], async (world) => {
      await world.put('source', Buffer.concat([filled(10, 'a'), filled(10, 'b')]))
      const source = await world.open('source')
      const target = await world.open('target', O.O_CREAT | O.O_RDWR)
      const { readEnd, writeEnd } = world.fifo()
      const operations = [
        write(target, filled(LARGE, 'X')), sendfile(source, target, 6), splice(source, writeEnd, 6), splice(readEnd, target, 6), write(target, filled(1, 'Y')),
      ]
      assert.deepEqual(await Promise.all(operations.map((operation) => world.io.submit(operation))), [LARGE, 6, 6, 6, 1])
      assert.equal(runs(await world.content('target')), `X${String(LARGE)} a10 b2 Y1`)
    })

    behaviour(subject, 'one that is cancelled while it waits has not moved it', [], async (world) => {
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      const controller = new AbortController()
      const ends = [
        world.io.submit(write(fd, filled(LARGE, 'A'))), world.io.submit(write(fd, filled(9, 'B')), { signal: controller.signal }), world.io.submit(write(fd, filled(8, 'C'))),
      ]
      controller.abort()
      assert.deepEqual((await Promise.allSettled(ends)).map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
      assert.equal(runs(await world.content('file')), `A${String(LARGE)} C8`)
    })

    behaviour(subject, 'node:fs in between finds it where it is', ['real descriptors'], async (world) => {
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      await world.io.submit(write(fd, filled(3, 'A')))
      fs.writeSync(fd, 'BB')
      await world.io.submit(write(fd, filled(1, 'C')))
      assert.equal(runs(await world.content('file')), 'A3 B2 C1')
    })
  })

  family('the position of a file that others move as well', () => {
    behaviour(subject, 'with O_DIRECT: writes follow each other, reads do not get the first block again', ['addon', 'real descriptors'], async (world) => {
      const path = world.path('direct')
      fs.writeFileSync(path, Buffer.alloc(8 * BLOCK, 'x')) // over what is there, nothing has to be allocated
      let fd = -1
      try {
        fd = fs.openSync(path, O.O_RDWR | fs.constants.O_DIRECT)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EINVAL') return // a file system without it
        throw error
      }
      const blocks = Array.from({ length: 8 }, () => world.io.buffers.allocate(BLOCK))
      try {
        await Promise.all(blocks.slice(0, 4).map((block, index) => world.io.submit(write(fd, block.fill(0x41 + index)))))
        assert.deepEqual(await Promise.all(blocks.slice(4).map((block) => world.io.submit(read(fd, block)))), [BLOCK, BLOCK, BLOCK, BLOCK])
        assert.equal(runs(Buffer.concat(blocks.slice(4))), `x${String(4 * BLOCK)}`)
        assert.equal(runs(fs.readFileSync(path)), ['A', 'B', 'C', 'D'].map((letter) => `${letter}${String(BLOCK)}`).concat(`x${String(4 * BLOCK)}`).join(' '))
        assert.equal(await world.io.submit(read(fd, blocks[0] as Uint8Array)), 0)
      } finally {
        fs.closeSync(fd)
        for (const block of blocks) world.io.buffers.release(block)
      }
    })

    behaviour(subject, 'a child process that has the descriptor goes on where we are, and we go on where it is', ['real descriptors', 'unix'], async (world) => {
      const fd = await world.open('shared', O.O_CREAT | O.O_RDWR)
      const child = (script: string): void => assert.equal(spawnSync('sh', ['-c', script], { stdio: ['ignore', 'inherit', 'inherit', fd] }).status, 0)
      await world.io.submit(write(fd, filled(LARGE, 'A')))
      child('printf BB >&3')
      await Promise.all([world.io.submit(write(fd, filled(3, 'C'))), world.io.submit(writev(fd, [filled(1, 'D')]))])
      child('printf E >&3')
      await world.io.submit(write(fd, filled(2, 'F')))
      assert.equal(runs(await world.content('shared')), `A${String(LARGE)} B2 C3 D1 E1 F2`)
      const readers = fs.openSync(world.path('shared'), 'r')
      try {
        assert.equal(await world.io.submit(read(readers, Buffer.alloc(LARGE))), LARGE)
        assert.equal(spawnSync('head', ['-c', '2'], { stdio: [readers, 'pipe', 'inherit'] }).stdout.toString(), 'BB')
        const rest = Buffer.alloc(100)
        assert.equal(await world.io.submit(read(readers, rest)), 7)
        assert.equal(rest.toString('latin1', 0, 7), 'CCCDEFF')
      } finally {
        fs.closeSync(readers)
      }
    })
  })

  family('what has no position', () => {
    behaviour(subject, 'a write to a blocking pipe is whole, and the next one follows it', ['real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const pieces = [filled(STREAM_BYTES, 'A'), filled(STREAM_BYTES, 'B'), filled(5, 'C')]
      const writes = [...pieces.map((piece) => write(writeEnd, piece)), writev(writeEnd, [filled(STREAM_BYTES, 'D'), Buffer.alloc(0), filled(70_000, 'E')])]
      const ends = Promise.all(writes.map((operation) => world.io.submit(operation)))
      const arrived: Buffer[] = []
      const total = 3 * STREAM_BYTES + 70_005
      for (let got = 0; got < total;) {
        const buffer = Buffer.alloc(STREAM_BYTES)
        const bytes = await world.io.submit(read(readEnd, buffer))
        arrived.push(buffer.subarray(0, bytes))
        got += bytes
      }
      assert.deepEqual(await ends, [STREAM_BYTES, STREAM_BYTES, 5, STREAM_BYTES + 70_000])
      assert.equal(runs(Buffer.concat(arrived)), `A${String(STREAM_BYTES)} B${String(STREAM_BYTES)} C5 D${String(STREAM_BYTES)} E70000`)
    })

    behaviour(subject, 'a write that is stopped half way says how far it came, as write(2) does', ['real descriptors', 'stops what runs', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const written = await world.io.submit(write(writeEnd, filled(STREAM_BYTES, 'A')), { timeout: 100 })
      assert.ok(written > 0 && written < STREAM_BYTES, String(written))
      assert.equal(fs.readSync(readEnd, Buffer.alloc(STREAM_BYTES)), written)
      // Full to the brim, nothing can be told.
      await world.io.submit(write(writeEnd, filled(written, 'B')))
      await assert.rejects(world.io.submit(write(writeEnd, filled(10, 'C')), { timeout: 50 }), { code: 'ETIMEDOUT' })
    })

    behaviour(subject, 'a write that waits does not hold back reads, nor writes to others', ['real descriptors', 'stops what runs', 'fifos'], async (world) => {
      const full = world.fifo()
      const other = world.fifo()
      const stuck = [0, 1].map(() => world.io.submit(write(full.writeEnd, filled(STREAM_BYTES, 'A')), { timeout: 300 }).catch((error: unknown) => (error as { code: string }).code))
      const buffer = Buffer.alloc(8)
      const reading = world.io.submit(read(other.readEnd, buffer))
      assert.equal(await world.io.submit(write(other.writeEnd, Buffer.from('through'))), 7)
      assert.equal(await reading, 7)
      const [first, second] = await Promise.all(stuck)
      assert.ok((first as number) > 0)
      assert.equal(second, 'ETIMEDOUT')
    })

    behaviour(subject, 'an offset is ESPIPE, for each way of transferring', ['real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      for (const offset of [0, 4]) {
        await world.assertFails(read(readEnd, Buffer.alloc(4), offset), 'ESPIPE')
        await world.assertFails(write(writeEnd, Buffer.alloc(4), offset), 'ESPIPE')
        await world.assertFails(readv(readEnd, [Buffer.alloc(4)], offset), 'ESPIPE')
        await world.assertFails(writev(writeEnd, [Buffer.alloc(4)], offset), 'ESPIPE')
      }
      const pty = fs.openSync('/dev/ptmx', O.O_RDWR | O.O_NOCTTY)
      try {
        await world.assertFails(write(pty, Buffer.alloc(4), 0), 'ESPIPE')
      } finally {
        fs.closeSync(pty)
      }
    })

    behaviour(subject, 'a number that comes to stand for a pipe within one turn of the loop is one', ['real descriptors', 'blocks', 'fifos'], async (world) => {
      await world.put('file', filled(30, 'a'))
      const { path } = world.fifo()
      const one = <Result>(operation: Operation<Result>): PromiseSettledResult<unknown> => world.io.runSync([operation])[0]
      const opened = (...given: Parameters<typeof open>): number => {
        const outcome = one(open(...given))
        assert.equal(outcome.status, 'fulfilled')
        return outcome.value as number
      }
      const numbers: number[] = []
      for (let round = 0; round < 3; round++) {
        const file = opened(world.path('file'))
        assert.deepEqual(one(read(file, Buffer.alloc(4), 8)), { status: 'fulfilled', value: 4 })
        one(close(file))
        const pipe = opened(path, { flags: O.O_RDWR | O.O_NONBLOCK })
        numbers.push(file, pipe)
        const refused = one(read(pipe, Buffer.alloc(4), 8))
        assert.equal(refused.status === 'rejected' ? (refused.reason as { code: string }).code : refused.status, 'ESPIPE')
        one(close(pipe))
      }
      assert.ok(new Set(numbers).size < numbers.length, 'the system gives the lowest number that is free')
    })

    behaviour(subject, 'a device that knows offsets takes them', ['real descriptors', 'unix'], async (world) => {
      const zero = fs.openSync('/dev/zero', O.O_RDWR)
      try {
        assert.equal(await world.io.submit(read(zero, Buffer.alloc(4), 1000)), 4)
        assert.equal(await world.io.submit(write(zero, Buffer.alloc(4), 0)), 4)
        assert.equal(await world.io.submit(read(zero, Buffer.alloc(4))), 4)
      } finally {
        fs.closeSync(zero)
      }
    })
  })
}

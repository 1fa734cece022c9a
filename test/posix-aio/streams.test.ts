// Files without a position: requests run in order of submission, offsets do not matter, and descriptor numbers may come to
// mean another file.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { aiocb, ECANCELED, EINPROGRESS } from 'trueaio/posix-aio'
import { assertion, blocks, type World } from './world.js'

const IN_MEMORY = { notSimulated: 'its descriptors are in memory: there are no pipes' }

interface Pipe extends Disposable {
  readonly readEnd: number
  readonly writeEnd: number
}

function pipe(world: World): Pipe {
  const path = world.path('pipe')
  assert.equal(spawnSync('mkfifo', [path]).status, 0)
  // Open for both: to open one end alone waits for the other.
  const [readEnd, writeEnd] = [fs.openSync(path, fs.constants.O_RDWR), fs.openSync(path, 'w')]
  fs.unlinkSync(path)
  return {
    readEnd, writeEnd,
    [Symbol.dispose]() {
      fs.closeSync(readEnd)
      fs.closeSync(writeEnd)
    },
  }
}

assertion('a pipe is read and written in order, whatever the offsets', async (world) => {
  using ends = pipe(world)
  const reads = blocks(40, 10, { aio_fildes: ends.readEnd }, (index) => ({ aio_offset: index * 77 }))
  const writes = blocks(40, 10, { aio_fildes: ends.writeEnd, aio_offset: 12345 })
  for (const block of reads) world.aio.aio_read(block)
  for (const block of writes) world.aio.aio_write(block)
  await world.ended(...reads, ...writes)
  assert.deepEqual(reads.map(({ aio_buf }) => aio_buf), writes.map(({ aio_buf }) => aio_buf))
  assert.deepEqual(reads.map((block) => world.aio.aio_return(block)), reads.map(() => 10))
}, IN_MEMORY)

assertion('a pipe is read and written one request at a time', async (world) => {
  using ends = pipe(world)
  const [read, write] = [new aiocb({ aio_fildes: ends.readEnd, aio_buf: Buffer.alloc(4), aio_offset: 9 }), new aiocb({ aio_fildes: ends.writeEnd, aio_buf: Buffer.from('ping') })]
  for (let again = 0; again < 20; again++) {
    world.aio.aio_read(read)
    world.aio.aio_write(write)
    await world.ended(read, write)
    assert.deepEqual([world.aio.aio_return(read), world.aio.aio_return(write), String(read.aio_buf as Buffer)], [4, 4, 'ping'])
    ;(read.aio_buf as Buffer).fill(0)
  }
}, IN_MEMORY)

assertion('a number that was a pipe’s may be a file’s afterwards, and the other way round', async (world) => {
  const path = world.path('f')
  fs.writeFileSync(path, '0123456789')
  for (let again = 0; again < 3; again++) {
    const ends = pipe(world)
    const number = ends.readEnd
    const silent = new aiocb({ aio_fildes: number, aio_buf: Buffer.alloc(4) })
    world.aio.aio_read(silent)
    fs.writeSync(ends.writeEnd, 'pipe')
    await world.ended(silent)
    assert.equal(String(silent.aio_buf as Buffer), 'pipe')
    ends[Symbol.dispose]()
    const fd = fs.openSync(path, 'r')
    assert.equal(fd, number, 'the lowest free number')
    const reads = blocks(3, 2, { aio_fildes: fd }, (index) => ({ aio_offset: index * 4 }))
    for (const block of reads) world.aio.aio_read(block)
    await world.ended(...reads)
    assert.deepEqual(reads.map(({ aio_buf }) => String(aio_buf as Buffer)), ['01', '45', '89'])
    fs.closeSync(fd)
  }
}, IN_MEMORY)

assertion('with cancelRunning the read of a silent pipe ends, and the process may', async (world) => {
  using ends = pipe(world)
  const [running, held] = blocks(2, 8, { aio_fildes: ends.readEnd }) as [aiocb, aiocb]
  world.aio.aio_read(running)
  world.aio.aio_read(held)
  await world.until(() => true)
  assert.equal(world.aio.aio_error(running), EINPROGRESS)
  world.aio.aio_cancel(ends.readEnd)
  assert.equal(world.aio.aio_error(held), ECANCELED)
  await world.ended(running)
  assert.deepEqual([world.aio.aio_error(running), world.aio.aio_return(running)], [ECANCELED, -1])
}, { ...IN_MEMORY, cancelRunning: true })

assertion('with cancelRunning a read cancelled in the same piece of JavaScript ends as well', async (world) => {
  using ends = pipe(world)
  for (let again = 0; again < 20; again++) {
    const [read] = blocks(1, 8, { aio_fildes: ends.readEnd }) as [aiocb]
    world.aio.aio_read(read)
    world.aio.aio_cancel(ends.readEnd, read)
    await world.ended(read)
    assert.equal(world.aio.aio_error(read), ECANCELED)
  }
}, { ...IN_MEMORY, cancelRunning: true })

assertion('closing the proactor cancels what is outstanding, however much it is', async (world) => {
  const { fd, bytes } = await world.stuck()
  const writes = blocks(3, bytes, { aio_fildes: fd })
  const behind = blocks(20_000, 1, { aio_fildes: fd })
  for (const block of [...writes, ...behind]) world.aio.aio_write(block)
  await world.ended(...writes.slice(0, 2))
  await world.pumped(world.io.close())
  assert.deepEqual(world.errors([...writes, ...behind]), [0, 0, ...Array<number>(20_001).fill(ECANCELED)])
  assert.equal(world.aio.outstanding, 0)
  const late = new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(1) })
  world.aio.aio_write(late)
  assert.equal(world.aio.aio_error(late), ECANCELED)
}, { stuck: true })

// Forbids the process system calls of Linux AIO while operations are in flight on a context, and prints what becomes of each, as JSON.
// Its arguments: the errno they answer from then on; which calls, by name; 'blocking': the first that finds out is a thread that blocks.
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chain, close, fsync, nop, open, poll, PollEvent, Proactor, read, SYS, timer, write, type SystemCallName } from 'trueaio'
import { blocks, holds } from '../../driver/linux-aio/direct-file.js'
import { forbid, outcome, outcomes } from './forbidden-later.js'

const [, , wanted = '1', names = 'io_submit', how = ''] = process.argv
const BLOCK = 4096
const directory = mkdtempSync(join(tmpdir(), 'trueaio-aio-dies-'))
try {
  const fifo = join(directory, 'fifo')
  spawnSync('mkfifo', [fifo])
  const pipe = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(fifo, 'w')
  const path = join(directory, 'data')
  writeFileSync(path, Buffer.alloc(64 * BLOCK, 'x'))
  const fd = openSync(path, constants.O_RDWR | constants.O_DIRECT)
  const io = new Proactor({ driver: ['linux-aio', 'thread-pool'] })
  const queue = io.completionQueue<string>()
  const takenBy = [io.explain(poll(pipe, PollEvent.POLLIN)), io.explain(read(fd, Buffer.alloc(BLOCK), 0)), io.explain(fsync(fd))].map((text) => text.split(':')[0])
  const controller = new AbortController()
  const inFlight = {
    poll: outcome(io.submit(poll(pipe, PollEvent.POLLIN))),
    timed: outcome(io.submit(poll(pipe, PollEvent.POLLIN), { timeout: 200 })),
    aborted: outcome(io.submit(poll(pipe, PollEvent.POLLIN), { signal: controller.signal })),
    chain: outcome(io.submit(chain(poll(pipe, PollEvent.POLLIN), nop()))),
  }
  queue.submit(poll(pipe, PollEvent.POLLIN), 'queued')
  await io.submit(fsync(fd)) // all is handed over
  const calls = names.split(',') as SystemCallName[]
  await forbid(calls.map((name) => SYS[name] ?? -1), Number(wanted))
  const memory = blocks(33)
  const target = memory[32] as Uint8Array
  const after: Record<string, Promise<string>> = {}
  const start = (): void => {
    for (let index = 0; index < 32; index++) {
      after[`write${String(index % 3)}`] = outcome(io.submit(write(fd, (memory[index] as Uint8Array).fill(index), index * BLOCK)))
    }
    Object.assign(after, {
      fsync: outcome(io.submit(fsync(fd))),
      read: outcome(io.submit(read(fd, target, 40 * BLOCK))),
      chain: outcome(io.submit(chain(open(path), read(chain.opened, Buffer.alloc(10), 0), close(chain.opened)))),
      missing: outcome(io.submit(open(join(directory, 'missing')))),
      bad: outcome(io.submit(fsync(pipe))),
      ordered: outcome(io.submit(write(fd, memory[31] as Uint8Array, 31 * BLOCK), { ordered: true })),
    })
  }
  start()
  const synchronous = how === 'blocking' ? io.runSync([poll(writer, PollEvent.POLLOUT), timer(50), fsync(fd)]).map(({ status }) => status).join(' ') : ''
  const first = await outcomes(after)
  controller.abort()
  const settled = await outcomes(inFlight)
  const [event] = await queue.wait({ timeout: 5000 })
  start()
  const second = await outcomes(after)
  writeSync(writer, 'late') // what the dead context still has ends now
  const { inFlight: left, abandoned, queued } = io.statistics
  const choices = io.explain()
  const other = new Proactor({ driver: ['linux-aio', 'thread-pool'] })
  const [newOne] = other.explain()
  await other.submit(fsync(fd))
  await other.close()
  const closingFrom = performance.now()
  await io.close()
  const closing = performance.now() - closingFrom
  const content = readFileSync(path)
  const right = memory.slice(0, 32).every((_, index) => holds(content.subarray(index * BLOCK, (index + 1) * BLOCK), index)) && holds(target, 0x78)
  const sizeIsRight = fstatSync(fd).size === content.length
  closeSync(fd)
  console.log(JSON.stringify({ takenBy, first, second, settled, event: event?.error?.message ?? '', synchronous, left, abandoned, queued, choices, newOne, closesQuickly: closing < 2000, right, sizeIsRight }))
} finally {
  rmSync(directory, { recursive: true })
}

// Benchmark suite — trueaio/posix-aio beside the bare engine: the same page-cached 4 KiB reads, told by a callback each, or
// waited for as a list.
import { read } from 'trueaio'
import { aiocb, LIO_READ, LIO_WAIT, PosixAio, SIGEV_THREAD } from 'trueaio/posix-aio'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { fioContender } from '../../contenders/fio.js'
import { callbackReads, engineReads, eventReads, TRUEAIO_CALLBACK, TRUEAIO_EVENTS, type EngineRun } from '../../contenders/read-contenders.js'
import { inFlightCases, type Suite } from '../../suite.js'

export const POSIX_CALLBACK = 'posix-aio, aio_read, SIGEV_THREAD'
export const POSIX_LIST = 'posix-aio, lio_listio, LIO_WAIT'
export const POSIX_SUSPEND = 'posix-aio, aio_read, aio_suspend'
/** What a list is to be compared with: batches in lock step, by the engine itself. */
export const ENGINE_LIST = 'trueaio, event batches in lock step'

const notified: EngineRun = ({ proactor, fd, reads, buffers }, budget) => new Promise((resolve, reject) => {
  const aio = new PosixAio({ proactor })
  let running = buffers.length
  buffers.forEach((buffer, lane) => {
    const block = new aiocb({
      aio_fildes: fd, aio_buf: buffer,
      aio_sigevent: {
        sigev_notify: SIGEV_THREAD,
        sigev_notify_function() {
          try {
            reads.check(lane, aio.aio_return(block))
            next()
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)))
          }
        },
      },
    })
    const next = (): void => {
      if (!budget.take()) {
        if (--running === 0) resolve()
        return
      }
      block.aio_offset = reads.next(lane)
      aio.aio_read(block)
    }
    next()
  })
})

const listed: EngineRun = async ({ proactor, fd, reads, buffers }, budget) => {
  const aio = new PosixAio({ proactor })
  const blocks = buffers.map((aio_buf) => new aiocb({ aio_fildes: fd, aio_buf, aio_lio_opcode: LIO_READ }))
  for (let going = true; going;) {
    let count = 0
    while (count < blocks.length && (going = budget.take())) (blocks[count] as aiocb).aio_offset = reads.next(count++)
    await aio.lio_listio(LIO_WAIT, count === blocks.length ? blocks : blocks.slice(0, count))
    for (let lane = 0; lane < count; lane++) reads.check(lane, aio.aio_return(blocks[lane] as aiocb))
  }
}

const listedByEngine: EngineRun = async ({ proactor, fd, reads, buffers }, budget) => {
  const queue = proactor.completionQueue<number>({ capacity: Math.max(buffers.length, 16) })
  for (let going = true; going;) {
    let count = 0
    while (count < buffers.length && (going = budget.take())) queue.submit(read(fd, buffers[count] as Buffer, reads.next(count)), count++)
    if (count === 0) break
    for (const { cookie, error, result } of await queue.wait({ min: count })) {
      if (error !== undefined) throw error
      reads.check(cookie, result as number)
    }
  }
  queue.close()
}

/** Waits for the oldest, and takes with it what else has ended: the way of programs that keep a queue full. */
const suspended: EngineRun = async ({ proactor, fd, reads, buffers }, budget) => {
  const aio = new PosixAio({ proactor })
  const blocks = buffers.map((aio_buf) => new aiocb({ aio_fildes: fd, aio_buf }))
  const running: number[] = []
  const begin = (lane: number): void => {
    if (!budget.take()) return
    const block = blocks[lane] as aiocb
    block.aio_offset = reads.next(lane)
    aio.aio_read(block)
    running.push(lane)
  }
  for (let lane = 0; lane < blocks.length; lane++) begin(lane)
  while (running.length > 0) {
    await aio.aio_suspend([blocks[running[0] as number]])
    const ended = running.filter((lane) => aio.aio_error(blocks[lane] as aiocb) === 0)
    const left = running.filter((lane) => !ended.includes(lane))
    running.length = 0
    running.push(...left)
    for (const lane of ended) {
      reads.check(lane, aio.aio_return(blocks[lane] as aiocb))
      begin(lane)
    }
  }
}

export const posixAio: Suite = {
  name: 'posix-aio',
  title: 'POSIX AIO: random 4 KiB reads, page-cached',
  unit: 'reads',
  byDefault: false,
  cases: inFlightCases([1, 32, 128], [32], BLOCK_BYTES),
  contenders: [
    { kind: 'process', name: TRUEAIO_CALLBACK, quick: true, make: engineReads(false, callbackReads) },
    { kind: 'process', name: POSIX_CALLBACK, quick: true, make: engineReads(false, notified) },
    { kind: 'process', name: ENGINE_LIST, quick: true, make: engineReads(false, listedByEngine) },
    { kind: 'process', name: POSIX_LIST, quick: true, make: engineReads(false, listed) },
    { kind: 'process', name: TRUEAIO_EVENTS, quick: true, make: engineReads(false, eventReads) },
    { kind: 'process', name: POSIX_SUSPEND, quick: true, make: engineReads(false, suspended) },
    fioContender(false),
  ],
  reference: TRUEAIO_CALLBACK,
}

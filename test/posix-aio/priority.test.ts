// aio_reqprio: what a driver gets to see of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Proactor, type DriverFactory } from 'trueaio'
import { aiocb, LIO_READ, LIO_WAIT, PosixAio } from 'trueaio/posix-aio'
import { simulated } from 'trueaio/simulated'

const BEST_EFFORT = 2 << 13

/** A simulated driver that notes the priority of each submission. */
function watched(seen: number[]): DriverFactory {
  const driver = simulated({ seed: 1 })
  driver.files.write('/f', 'content')
  return {
    name: 'watched',
    open(sink, options) {
      const opened = driver.open(sink, options)
      const submit = opened.submit.bind(opened)
      opened.submit = (submission) => {
        seen.push(submission.priority)
        return submit(submission)
      }
      return opened
    },
  }
}

async function prioritiesOf(reqprios: readonly number[], AIO_PRIO_DELTA_MAX?: number): Promise<number[]> {
  const seen: number[] = []
  await using io = new Proactor({ driver: watched(seen) })
  const aio = new PosixAio({ proactor: io, ...(AIO_PRIO_DELTA_MAX === undefined ? {} : { AIO_PRIO_DELTA_MAX }) })
  const list = reqprios.map((aio_reqprio, index) => new aiocb({ aio_fildes: 2_000_000 + index, aio_buf: Buffer.alloc(1), aio_reqprio, aio_lio_opcode: LIO_READ }))
  await assert.rejects(aio.lio_listio(LIO_WAIT, list), { code: 'EIO' }, 'none of the descriptors is open')
  return seen
}

test('0 is the thread’s own priority; the higher, the later: levels 5 to 7 of best effort', async () => {
  assert.deepEqual(await prioritiesOf([0, 1, 6, 7, 13, 14, 20]), [0, ...[5, 5, 6, 6, 7, 7].map((level) => BEST_EFFORT | level)])
})

test('another AIO_PRIO_DELTA_MAX spreads over the same levels', async () => {
  assert.deepEqual(await prioritiesOf([0, 1, 2, 3], 3), [0, ...[5, 6, 7].map((level) => BEST_EFFORT | level)])
  assert.deepEqual(await prioritiesOf([0], 0), [0])
})

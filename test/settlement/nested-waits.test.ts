// Whoever is told of a completion may wait for others, submit, abort or close, in the middle of a batch: every operation of the
// batch is settled once all the same.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { close, fsync, nop, open, poll, PollEvent, read, timer, write, type Proactor } from 'trueaio'
import { CANDIDATES, type Candidate } from './drivers.js'

const CHANNEL = 'trueaio:complete'
const directory = mkdtempSync(join(tmpdir(), 'trueaio-nested-'))
const file = join(directory, 'data')
writeFileSync(file, Buffer.alloc(65536, 7))
after(() => rmSync(directory, { recursive: true, force: true }))

/** Runs `listener` at each completion of this proactor while `work` runs. */
async function subscribed(io: Proactor, listener: (times: number) => void, work: () => Promise<void>): Promise<void> {
  let times = 0
  const onComplete = (message: unknown): void => {
    if ((message as { proactor: unknown }).proactor === io) listener(++times)
  }
  subscribe(CHANNEL, onComplete)
  try {
    await work()
  } finally {
    unsubscribe(CHANNEL, onComplete)
  }
}

async function openData(io: Proactor, { storage }: Candidate): Promise<number> {
  if (storage === 'disk') return openSync(file, 'r')
  const fd = await io.submit(open('/data', { flags: 0o102, mode: 0o644 }))
  await io.submit(write(fd, Buffer.alloc(65536, 7), { offset: 0 }))
  return fd
}

async function withData(candidate: Candidate, work: (io: Proactor, fd: number) => Promise<void>): Promise<void> {
  const io = candidate.make()
  const fd = await openData(io, candidate)
  await work(io, fd)
  await (candidate.storage === 'disk' ? closeSync(fd) : io.submit(close(fd)))
  await io.close()
  const { abandoned, bytesLent, inFlight, queued } = io.statistics
  assert.deepEqual([abandoned, bytesLent, inFlight, queued], [0, 0, 0, 0])
}

for (const candidate of CANDIDATES) {
  const { name, skip } = candidate

  test(`${name}: a subscriber that blocks for an operation of its own loses none of the batch`, { skip }, async () => {
    await withData(candidate, async (io, fd) => {
      let depth = 0
      await subscribed(io, (times) => {
        if (depth >= 3 || times % 5 !== 0) return
        depth++
        const [result] = io.runSync([nop()])
        assert.equal(result.status, 'fulfilled')
        depth--
      }, async () => {
        const results = await Promise.all(Array.from({ length: 300 }, (_, index) => io.submit(read(fd, Buffer.alloc(16), { offset: index }), { timeout: 20_000 })))
        assert.deepEqual(results, new Array(300).fill(16))
      })
    })
  })

  test(`${name}: waits within waits, of what ends in different ways`, { skip }, async () => {
    await withData(candidate, async (io, fd) => {
      let depth = 0
      await subscribed(io, () => {
        if (depth >= 4) return
        depth++
        for (const result of io.runSync([timer(1), read(fd, Buffer.alloc(8), { offset: 0 }), fsync(fd)], { timeout: 20_000 })) assert.equal(result.status, 'fulfilled')
        depth--
      }, async () => {
        const work = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? io.submit(nop()) : io.submit(timer(1 + (index % 3)))))
        await Promise.all(work)
      })
    })
  })

  test(`${name}: a subscriber that submits and aborts neighbours; each is settled once`, { skip }, async () => {
    await withData(candidate, async (io, fd) => {
      const controllers = Array.from({ length: 200 }, () => new AbortController())
      const counts = new Uint8Array(200)
      const extra: Promise<unknown>[] = []
      await subscribed(io, (times) => {
        controllers[(times * 7) % 200]?.abort()
        if (times % 10 === 0 && extra.length < 50) extra.push(io.submit(read(fd, Buffer.alloc(4), { offset: 0 })))
        if (times % 25 === 0) io.runSync([nop()])
      }, async () => {
        await Promise.all(controllers.map(({ signal }, index) => {
          const operation = index % 3 === 0 ? timer(2 + (index % 5)) : read(fd, Buffer.alloc(16), { offset: index })
          return io.submit(operation, { signal }).catch((error: unknown) => assert.equal((error as { code: string }).code, 'ABORT_ERR')).then(() => {
            counts[index] = (counts[index] as number) + 1
          })
        }))
        for (let index = 0; index < extra.length; index++) assert.equal(await extra[index], 4)
      })
      assert.ok(counts.every((count) => count === 1))
    })
  })

  test(`${name}: a subscriber that closes the proactor; everything is settled, and the close ends`, { skip }, async () => {
    const io = candidate.make()
    const fd = await openData(io, candidate)
    let settled = 0
    let closing: Promise<void> | undefined
    await subscribed(io, (times) => {
      if (times === 3) closing = io.close()
    }, async () => {
      await Promise.all(Array.from({ length: 100 }, (_, index) => io.submit(index % 2 === 0 ? read(fd, Buffer.alloc(16), { offset: 0 }) : timer(30_000)).then(
        () => settled++,
        (error: unknown) => {
          assert.equal((error as { code: string }).code, 'ERR_TRUEAIO_CLOSED')
          settled++
        },
      )))
    })
    assert.equal(settled, 100)
    await closing
    if (candidate.storage === 'disk') closeSync(fd)
  })

  const cannotWait = name === 'node' ? 'what libuv has begun comes through the loop only (docs/drivers/node.md)' : skip
  test(`${name}: an event queue waited for in the middle of a batch`, { skip: cannotWait }, async () => {
    await withData(candidate, async (io, fd) => {
      const queue = io.completionQueue<number>()
      const seen: number[] = []
      await subscribed(io, (times) => {
        if (times === 2) seen.push(...queue.waitSync({ min: 20, timeout: 5000 }).map(({ cookie }) => cookie))
      }, async () => {
        for (let index = 0; index < 40; index++) queue.submit(index % 2 === 0 ? read(fd, Buffer.alloc(16), { offset: 0 }) : timer(index % 4), index)
        while (seen.length < 40) seen.push(...(await queue.wait({ timeout: 5000 })).map(({ cookie }) => cookie))
      })
      assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: 40 }, (_, index) => index))
    })
  })
}

const pool = CANDIDATES.find(({ name }) => name === 'thread-pool') as Candidate // it is listed
test('thread-pool: descriptors that become ready together, and a wait inside the first answer', { skip: pool.skip }, async () => {
  const io = pool.make()
  const fd = openSync('/proc/self/mounts', 'r')
  let depth = 0
  await subscribed(io, () => {
    if (depth > 2) return
    depth++
    io.runSync([timer(1), poll(fd, PollEvent.POLLIN)])
    depth--
  }, async () => {
    const answers = await Promise.all(Array.from({ length: 150 }, () => io.submit(poll(fd, PollEvent.POLLIN), { timeout: 5000 })))
    assert.equal(answers.length, 150)
  })
  closeSync(fd)
  await io.close()
})

// tail: what is appended to a file, on every driver, through whatever becomes of the file.
import assert from 'node:assert/strict'
import { constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { close, ftruncate, mkdir, open, Proactor, rename, unlink, write } from 'trueaio'
import { tail, type TailChange, type TailOptions } from 'trueaio/event-queue'
import { simulated } from 'trueaio/simulated'

const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants
const DRIVERS: readonly (readonly [string, () => Proactor])[] = [
  ['io-uring', () => new Proactor({ driver: ['io-uring', 'thread-pool'] })],
  ['linux-aio', () => new Proactor({ driver: ['linux-aio', 'thread-pool'] })],
  ['thread-pool', () => new Proactor({ driver: 'thread-pool' })],
  ['node', () => new Proactor({ driver: 'node' })],
  ['simulated', () => new Proactor({ driver: simulated({ seed: 1 }) })],
]

/** A file that is written to by the driver's own operations. */
class Log {
  readonly io: Proactor
  readonly folder: string
  readonly path: string
  readonly changes: TailChange[] = []
  readonly #stop = new AbortController()
  #loop: AsyncGenerator<string, void, undefined> | undefined

  constructor(io: Proactor, folder: string) {
    this.io = io
    this.folder = folder
    this.path = join(folder, 'app.log')
  }

  async append(text: string | Uint8Array, flags: number = O_APPEND, path: string = this.path): Promise<void> {
    const fd = await this.io.submit(open(path, { flags: O_WRONLY | O_CREAT | flags, mode: 0o644 }))
    await this.io.submit(write(fd, typeof text === 'string' ? Buffer.from(text) : text))
    await this.io.submit(close(fd))
  }

  async truncate(): Promise<void> {
    const fd = await this.io.submit(open(this.path, { flags: O_WRONLY }))
    await this.io.submit(ftruncate(fd, 0))
    await this.io.submit(close(fd))
  }

  follow(options: TailOptions & { readonly as?: 'lines' | 'text' } = {}): AsyncGenerator<string, void, undefined> {
    const all: TailOptions & { readonly as?: 'lines' | 'text' } = { interval: 20, proactor: this.io, signal: this.#stop.signal, report: (change) => this.changes.push(change), ...options }
    this.#loop = tail(this.path, all)
    return this.#loop
  }

  async end(): Promise<void> {
    this.#stop.abort()
    await this.#loop?.next().catch(() => undefined)
    await this.#loop?.return()
  }
}

async function take(loop: AsyncGenerator<string, void, undefined>, count: number): Promise<string[]> {
  const taken: string[] = []
  while (taken.length < count) {
    const { done, value } = await loop.next()
    if (done === true) throw new Error(`it ended after ${JSON.stringify(taken)}`)
    taken.push(value)
  }
  return taken
}

for (const [name, make] of DRIVERS) {
  const isHere = make().explain().every(({ state }) => state !== 'refused')
  describe(`tail, ${name}`, { skip: isHere ? false : 'refused here' }, () => {
    const it = (title: string, body: (log: Log) => Promise<void>): void => {
      test(title, { timeout: 60_000 }, async () => {
        const isInMemory = name === 'simulated'
        const folder = isInMemory ? '/logs' : mkdtempSync(join(tmpdir(), 'trueaio-tail-'))
        const log = new Log(make(), folder)
        if (isInMemory) await log.io.submit(mkdir(folder))
        try {
          await body(log)
        } finally {
          await log.end()
          await log.io.close()
          if (!isInMemory) rmSync(folder, { recursive: true })
        }
      })
    }

    it('brings lines that are appended, and begins at the end', async (log) => {
      await log.append('old\n')
      const loop = log.follow()
      const first = loop.next()
      // It may not have looked yet: a line at a time until one is seen.
      const writing = (async () => {
        for (let n = 1; !(await Promise.race([first.then(() => true), log.append(`${String(n)}\n`).then(() => false)])); n++);
      })()
      const { value } = await first
      await writing
      assert.notEqual(value, 'old')
    })

    it('joins a line that comes in parts, and takes a return off its end', async (log) => {
      await log.append('one\r\ntw')
      const loop = log.follow({ from: 'start' })
      assert.deepEqual(await take(loop, 1), ['one'])
      const next = loop.next()
      await log.append('o\n\nthree\n')
      assert.deepEqual([(await next).value, ...await take(loop, 2)], ['two', '', 'three'])
    })

    it('goes on after a truncation', async (log) => {
      await log.append('a long first line\n')
      const loop = log.follow({ from: 'start' })
      await take(loop, 1)
      const next = loop.next()
      await log.truncate()
      await log.append('new\n')
      assert.equal((await next).value, 'new')
      assert.deepEqual(log.changes, ['truncated'])
    })

    it('notices a truncation after which the file has grown longer than it was (copytruncate)', async (log) => {
      await log.append('short\n')
      const loop = log.follow({ from: 'start' })
      await take(loop, 1)
      await log.truncate()
      await log.append('longer than what was there\nsecond\n')
      assert.deepEqual(await take(loop, 2), ['longer than what was there', 'second'])
      assert.deepEqual(log.changes, ['truncated'])
    })

    it('reads a renamed file to its end, and goes on with the new one of its name', async (log) => {
      await log.append('one\n')
      const loop = log.follow({ from: 'start' })
      await take(loop, 1)
      const next = loop.next()
      await log.io.submit(rename(log.path, `${log.path}.1`))
      await log.append('two\nlast without an end', O_APPEND, `${log.path}.1`)
      assert.equal((await next).value, 'two')
      await log.append('three\n')
      assert.deepEqual(await take(loop, 2), ['last without an end', 'three'])
      assert.equal(log.changes.at(-1), 'replaced')
    })

    it('waits for a file that was removed, and for one that was never there', async (log) => {
      const loop = log.follow()
      const first = loop.next()
      await log.append('first\n', O_TRUNC)
      assert.equal((await first).value, 'first')
      const next = loop.next()
      await log.io.submit(unlink(log.path))
      while (log.changes.length === 0) await new Promise(setImmediate)
      await log.append('back\n')
      assert.equal((await next).value, 'back')
      assert.deepEqual(log.changes, ['removed', 'replaced'])
    })

    it('cuts no UTF-8 sequence, in text or in a line', async (log) => {
      const euro = Buffer.from('€')
      const text = log.follow({ from: 'start', as: 'text' })
      const first = text.next()
      await log.append(Buffer.concat([Buffer.from('a'), euro.subarray(0, 2)]))
      assert.equal((await first).value, 'a')
      const next = text.next()
      await log.append(euro.subarray(2))
      assert.equal((await next).value, '€')
      // 40,000 euros are 120,000 bytes: 65,536 of them are no whole number of euros.
      await log.append(`\n${'€'.repeat(40_000)}\n`)
      const lines = tail(log.path, { from: 'start', proactor: log.io, interval: 20 })
      assert.deepEqual(await take(lines, 2), ['a€', '€'.repeat(40_000)])
      await lines.return()
    })

    it('gives a long line in parts, so that memory stays bounded', async (log) => {
      await log.append(`${'€'.repeat(50_000)}\nend\n`)
      const loop = log.follow({ from: 'start', lineBytesMax: 1000 })
      const parts = await take(loop, 151)
      assert.equal(parts.join(''), '€'.repeat(50_000))
      assert.ok(parts.every((part) => Buffer.byteLength(part) <= 1000))
      assert.deepEqual(await take(loop, 1), ['end'])
    })

    it('begins at an offset, and at the beginning where the file is shorter', async (log) => {
      await log.append('one\ntwo\n')
      const bytes = tail(log.path, { from: 4, as: 'bytes', proactor: log.io, interval: 20 })
      assert.deepEqual((await bytes.next()).value, Buffer.from('two\n'))
      await bytes.return()
      const beyond = log.follow({ from: 1000 })
      assert.deepEqual(await take(beyond, 2), ['one', 'two'])
      assert.deepEqual(log.changes, ['truncated'])
    })

    it('ends by its signal while it waits, and before it begins', async (log) => {
      await log.append('one\n')
      const stop = new AbortController()
      const loop = log.follow({ from: 'start', signal: stop.signal })
      await take(loop, 1)
      const waiting = loop.next()
      setImmediate(() => stop.abort('enough'))
      await assert.rejects(waiting, { name: 'AbortError', cause: 'enough' })
      assert.deepEqual(await loop.next(), { done: true, value: undefined })
      await assert.rejects(log.follow({ signal: stop.signal }).next(), { name: 'AbortError' })
    })

    if (['io-uring', 'linux-aio', 'thread-pool'].includes(name)) {
      it('is woken by what the system reports: appended, removed, made anew, appended', async (log) => {
        await log.append('one\n')
        const loop = log.follow({ from: 'start', interval: 2 ** 31 - 1 })
        await take(loop, 1)
        const next = loop.next()
        await log.append('two\n')
        assert.equal((await next).value, 'two')
        const anew = loop.next()
        await log.io.submit(unlink(log.path))
        await log.append('three\n')
        assert.equal((await anew).value, 'three')
        const last = loop.next()
        await log.append('four\n')
        assert.equal((await last).value, 'four')
      })
    }

    it('refuses what is no regular file, and closes it', async (log) => {
      await assert.rejects(tail(log.folder, { proactor: log.io }).next(), { code: 'ERR_INVALID_ARG_VALUE' })
    })
  })
}

test('arguments of tail', () => {
  const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ from: 'middle' }, 'ERR_INVALID_ARG_TYPE'], [{ from: -1 }, 'ERR_OUT_OF_RANGE'], [{ as: 'words' }, 'ERR_INVALID_ARG_VALUE'], [{ lineBytesMax: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ interval: 0.5 }, 'ERR_OUT_OF_RANGE'], [{ report: 1 }, 'ERR_INVALID_ARG_TYPE'], [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'], [{ proactor: {} }, 'ERR_INVALID_ARG_TYPE'],
  ]
  for (const [options, code] of wrong) assert.throws(() => tail('x', options as never), { code }, JSON.stringify(options))
  assert.throws(() => tail(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
})

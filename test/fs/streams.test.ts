// Streams of trueaio/fs beside Node's: the same events in the same order with the same bytes.
import assert from 'node:assert/strict'
import { once, type EventEmitter } from 'node:events'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import fs from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { defaultProactor, type Operation } from 'trueaio'
import { Opcode } from '#src/operation/opcode.js'
import ourFs from 'trueaio/fs'
import { populate, runIn, sameWithCallbacks, type Case, type FsModule } from './twin.js'

function cases(name: string, list: Readonly<Record<string, Case<FsModule>>>): void {
  describe(name, () => {
    for (const [title, run] of Object.entries(list)) test(title, () => sameWithCallbacks(run))
  })
}

/** Every event in order; chunks by their length or as they are. */
async function eventsOf(stream: fs.ReadStream | fs.WriteStream, whole = false): Promise<unknown[]> {
  const events: unknown[] = []
  const emitter: EventEmitter = stream
  for (const name of ['open', 'ready', 'end', 'finish']) emitter.on(name, () => events.push(name))
  if (stream instanceof fs.ReadStream) stream.on('data', (chunk) => events.push(whole ? chunk : chunk.length))
  emitter.on('error', (error) => events.push(error))
  await new Promise((resolve) => emitter.on('close', resolve))
  events.push('close', stream instanceof fs.ReadStream ? stream.bytesRead : stream.bytesWritten)
  return events
}

cases('createReadStream', {
  'a small file': (io, at) => eventsOf(io.createReadStream(at('text')), true),
  'a large file': (io, at) => eventsOf(io.createReadStream(at('large'))),
  'an empty file': (io, at) => eventsOf(io.createReadStream(at('empty'))),
  'small chunks': (io, at) => eventsOf(io.createReadStream(at('large'), { highWaterMark: 3000 })),
  'as text': (io, at) => eventsOf(io.createReadStream(at('text'), 'utf8'), true),
  'text in tiny chunks': (io, at) => eventsOf(io.createReadStream(at('text'), { encoding: 'utf8', highWaterMark: 1 }), true),
  'a part': (io, at) => eventsOf(io.createReadStream(at('large'), { start: 5, end: 150_000 })),
  'a small part': (io, at) => eventsOf(io.createReadStream(at('text'), { start: 2, end: 4 }), true),
  'up to an end': (io, at) => eventsOf(io.createReadStream(at('large'), { end: 65_536 })),
  'beyond the end': (io, at) => eventsOf(io.createReadStream(at('text'), { start: 100 })),
  'an end beyond': (io, at) => eventsOf(io.createReadStream(at('text'), { start: 3, end: 1000 }), true),
  'nothing there': (io, at) => eventsOf(io.createReadStream(at('missing'))),
  'a directory': (io, at) => eventsOf(io.createReadStream(at('directory'))),
  'a descriptor': (io, at) => eventsOf(io.createReadStream('', { fd: fs.openSync(at('large'), 'r') })),
  'a descriptor, from a position': (io, at) => eventsOf(io.createReadStream('', { fd: fs.openSync(at('text'), 'r'), start: 3 }), true),
  'a start that is none': (io, at) => eventsOf(io.createReadStream(at('text'), { start: 'x' as never })),
  'a start after the end': (io, at) => eventsOf(io.createReadStream(at('text'), { start: 5, end: 3 })),
  'destroyed at the first chunk': async (io, at) => {
    const stream = io.createReadStream(at('large'), { highWaterMark: 1000 })
    stream.once('data', () => stream.destroy())
    await once(stream, 'close')
    return stream.bytesRead
  },
  'cut while it is read': async (io, at) => {
    let bytes = 0
    for await (const chunk of io.createReadStream(at('large'), { highWaterMark: 10_000 })) {
      if (bytes === 0) fs.truncateSync(at('large'), 0)
      bytes += (chunk as Buffer).length
    }
    return bytes < 200_000
  },
  'options that are inherited': (io, at) => eventsOf(io.createReadStream(at('text'), Object.create({ encoding: 'utf8', start: 1, end: 8, highWaterMark: 3 }) as object), true),
  'options that get in each other\'s way by inheritance': (io, at) => eventsOf(io.createReadStream(at('text'), Object.create({ start: 10, end: 2 }) as object)),
  'a descriptor that is inherited': (io, at) => eventsOf(io.createReadStream('', Object.create({ fd: fs.openSync(at('text'), 'r'), end: 3 }) as object), true),
  'a descriptor that is kept goes on where the stream ended': async (io, at) => {
    const stream = io.createReadStream(at('text'), { autoClose: false, end: 4 })
    stream.resume()
    await once(stream, 'end')
    return eventsOf(io.createReadStream('', { fd: Reflect.get(stream, 'fd') as number, end: 3 }), true)
  },
  'one that is kept after all': async (io, at) => {
    const stream = io.createReadStream(at('text'), { end: 4 })
    Object.assign(stream, { autoClose: false })
    stream.resume()
    await once(stream, 'end')
    return eventsOf(io.createReadStream('', { fd: Reflect.get(stream, 'fd') as number }), true)
  },
  'made with `new`': (io, at) => {
    const Make = io.createReadStream as unknown as new (path: string, options: object) => fs.ReadStream
    return eventsOf(new Make(at('text'), { end: 3 }), true)
  },
  'what can be listed of it': async (io, at) => {
    const stream = io.createReadStream(at('text'))
    await once(stream.resume(), 'close')
    return Object.keys(stream)
  },
  'one of Node\'s streams': async (io, at) => {
    const stream = io.createReadStream(at('text'))
    stream.destroy()
    await once(stream, 'close')
    return [stream instanceof io.ReadStream, stream instanceof fs.ReadStream, stream.path === at('text')]
  },
})

test('a file that grows while it is read is read to its new end', async () => {
  const { outcome } = await runIn<FsModule>(ourFs, async (io, at) => {
    let bytes = 0
    for await (const chunk of io.createReadStream(at('large'), { highWaterMark: 50_000 })) {
      if (bytes === 0) fs.appendFileSync(at('large'), Buffer.alloc(300_000))
      bytes += (chunk as Buffer).length
    }
    return bytes
  })
  assert.deepEqual(outcome, { returned: 500_000 })
})

test('several reads are in flight, and none after the stream is closed', async () => {
  await runIn<FsModule>(ourFs, async (io, at) => {
    fs.writeFileSync(at('huge'), Buffer.alloc(3_000_000, 'x'))
    const stream = io.createReadStream(at('huge'), { highWaterMark: 200_000 }) // large enough to go to the kernel's workers
    // Counted as they are submitted and completed: looked at from outside, quick ones would be over already.
    let now = 0
    let most = 0
    const onSubmit = (): void => {
      most = Math.max(most, ++now)
    }
    const onComplete = (): void => {
      now--
    }
    subscribe('trueaio:submit', onSubmit)
    subscribe('trueaio:complete', onComplete)
    for await (const chunk of stream) assert.ok(chunk)
    unsubscribe('trueaio:submit', onSubmit)
    unsubscribe('trueaio:complete', onComplete)
    assert.ok(most > 1, `${String(most)} in flight`)
    assert.equal(defaultProactor().statistics.inFlight, 0)
    const destroyed = io.createReadStream(at('huge'), { highWaterMark: 200_000 })
    await once(destroyed, 'data')
    destroyed.destroy()
    await once(destroyed, 'close')
    assert.equal(defaultProactor().statistics.inFlight, 0)
    assert.ok(!fs.readdirSync('/proc/self/fd').some((fd) => fs.existsSync(`/proc/self/fd/${fd}`) && fs.readlinkSync(`/proc/self/fd/${fd}`) === at('huge')))
  }, populate).then(({ outcome }) => assert.deepEqual(outcome, { returned: undefined }))
})

test('a small file lends a buffer of its size and one byte that finds the end, and so does the rest of a longer one', async () => {
  const { outcome } = await runIn<FsModule>(ourFs, async (io, at) => {
    const lengths: number[] = []
    const onSubmit = (event: unknown): void => {
      const { operation } = event as { operation: Operation }
      if (operation.opcode === Opcode.READ) lengths.push(operation.length)
    }
    subscribe('trueaio:submit', onSubmit)
    for await (const chunk of io.createReadStream(at('text'))) assert.ok(chunk)
    const small = lengths.splice(0)
    for await (const chunk of io.createReadStream(at('large'))) assert.ok(chunk)
    unsubscribe('trueaio:submit', onSubmit)
    assert.deepEqual(small, [fs.statSync(at('text')).size, 1])
    assert.deepEqual(lengths, [65_536, 65_536, 65_536, 200_000 - 3 * 65_536, 1])
  }, populate)
  assert.deepEqual(outcome, { returned: undefined })
})

test('a `read` of the caller’s is the stream’s own', async () => {
  const { outcome } = await runIn<FsModule>(ourFs, async (io, at) => {
    const given: (string | null)[] = ['mine', null]
    const stream = io.createReadStream(at('text'), { read(this: Readable) { this.push(given.shift() ?? null) } } as object)
    const chunks: unknown[] = []
    for await (const chunk of stream) chunks.push(String(chunk))
    return chunks
  }, populate)
  assert.deepEqual(outcome, { returned: ['mine'] })
})

cases('createWriteStream', {
  'many writes': async (io, at) => {
    const stream = io.createWriteStream(at('new'))
    const events = eventsOf(stream)
    for (let index = 0; index < 300; index++) stream.write(`line ${String(index)}\n`)
    stream.end('end')
    return events
  },
  'corked': async (io, at) => {
    const stream = io.createWriteStream(at('new'))
    const events = eventsOf(stream)
    stream.cork()
    stream.write('one')
    stream.write(Buffer.from('two'))
    stream.uncork()
    stream.end()
    return events
  },
  'from a position': async (io, at) => {
    const stream = io.createWriteStream(at('text'), { flags: 'r+', start: 3 })
    const events = eventsOf(stream)
    stream.write('AB')
    stream.end('CD')
    return events
  },
  'appending, with a mode and an encoding': async (io, at) => {
    const stream = io.createWriteStream(at('new'), { flags: 'a', mode: 0o600, encoding: 'latin1' })
    const events = eventsOf(stream)
    stream.end('é')
    return events
  },
  'flushed': async (io, at) => {
    const stream = io.createWriteStream(at('new'), { flush: true })
    const events = eventsOf(stream)
    stream.end('content')
    return events
  },
  'options that are inherited': async (io, at) => {
    const stream = io.createWriteStream(at('text'), Object.create({ flags: 'a', encoding: 'latin1', flush: true }) as object)
    const events = eventsOf(stream)
    stream.end('é')
    return events
  },
  'made with `new`': (io, at) => {
    const Make = io.createWriteStream as unknown as new (path: string) => fs.WriteStream
    const stream = new Make(at('new'))
    const events = eventsOf(stream)
    stream.end('content')
    return events
  },
  'where no directory is': (io, at) => eventsOf(io.createWriteStream(at('no/new'))),
  'a pipeline from a large file': (io, at) => pipeline(io.createReadStream(at('large')), io.createWriteStream(at('new'))),
  'a pipeline that fails': async (io, at) => {
    const stream = io.createWriteStream(at('new'))
    const closed = once(stream, 'close')
    const failure: unknown = await pipeline(Readable.from((function* () {
      yield 'one'
      throw new RangeError('two')
    })()), stream).catch((error: unknown) => error)
    await closed
    return failure
  },
})

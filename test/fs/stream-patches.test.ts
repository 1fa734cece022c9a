// Streams of trueaio/fs beside Node's when the program has put functions of its own into fs: mocks, counters, retries. Each
// call of a stream goes to what is there at that moment, with the same arguments.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import { test } from 'node:test'
import { sameWithCallbacks, type FsModule } from './twin.js'

type Callable = (...given: unknown[]) => unknown
type Functions = Record<string, Callable>

/** Puts functions over those of an object while something runs. */
async function patched<Result>(target: object, over: (theirs: Functions) => Functions, run: () => Promise<Result>): Promise<Result> {
  const theirs = { ...target as Functions }
  const ours = over(theirs)
  Object.assign(target, ours)
  try {
    return await run()
  } finally {
    for (const name of Object.keys(ours)) (target as Functions)[name] = theirs[name] as Callable
  }
}

/** Every call of those by name, with what is told of its arguments: descriptors and callbacks differ from run to run. */
function counting(names: readonly string[], calls: unknown[]): (theirs: Functions) => Functions {
  return (theirs) => Object.fromEntries(names.map((name) => [name, (...given: unknown[]): unknown => {
    calls.push([name, given.length, given.slice(1).filter((value) => typeof value !== 'function' && typeof value !== 'object')])
    return theirs[name]?.(...given)
  }]))
}

const STREAM_CALLS = ['open', 'read', 'write', 'writev', 'fsync', 'close']

test('a stream calls what is in fs, with Node’s arguments', () => sameWithCallbacks(async (io, at) => {
  const calls: unknown[] = []
  await patched(io, counting(STREAM_CALLS, calls), async () => {
    await once(io.createReadStream(at('large')).resume(), 'close')
    await once(io.createReadStream(at('text'), { start: 2, end: 4 }).resume(), 'close')
    const flushed = io.createWriteStream(at('new'), { flush: true })
    flushed.end('one')
    await once(flushed, 'close')
    const gathered = io.createWriteStream(at('new'), { flags: 'a' })
    gathered.cork()
    gathered.write('two')
    gathered.write('three')
    gathered.end()
    await once(gathered, 'close')
  })
  assert.ok(STREAM_CALLS.every((name) => calls.some((call) => (call as unknown[])[0] === name)))
  return calls
}))

test('also one that was made before', () => sameWithCallbacks(async (io, at) => {
  const calls: unknown[] = []
  const stream = io.createReadStream(at('text')).resume()
  await patched(io, counting(STREAM_CALLS, calls), () => once(stream, 'close'))
  assert.ok(calls.length >= 3)
  return calls
}))

test('and one that has begun: it fails when a read that has been put there does', () => sameWithCallbacks(async (io, at) => {
  const stream = io.createReadStream(at('text'), { highWaterMark: 5 })
  const chunks: unknown[] = []
  stream.on('data', (chunk) => chunks.push(chunk))
  await once(stream, 'data')
  const failing = (): Functions => ({
    read: (...given) => process.nextTick(given.at(-1) as Callable, new RangeError('mine')),
  })
  const failure = await patched(io, failing, async () => {
    const [error] = await once(stream, 'error') as unknown[]
    return error
  })
  return [chunks, failure, stream.bytesRead]
}))

test('writes that come up short or fail by a function of the program’s', () => sameWithCallbacks(async (io, at) => {
  const asked: unknown[] = []
  const short = ({ write }: Functions): Functions => ({
    write: (fd, buffer, offset, length, position, callback) => {
      asked.push([offset, length, position])
      return asked.length === 3 ? process.nextTick(callback as Callable, new RangeError('mine')) : write?.(fd, buffer, offset, 2, position, callback)
    },
  })
  return patched(io, short, async () => {
    const stream = io.createWriteStream(at('new'))
    stream.end('abcdef')
    const [error] = await once(stream, 'error') as unknown[]
    return [asked, error, stream.bytesWritten]
  })
}))

test('an `open` and a `_read` that were put into the class', () => sameWithCallbacks(async (io, at) => {
  const told: unknown[] = []
  const ofTheClass = ({ _read: theirs }: Functions): Functions => ({
    open(this: fs.ReadStream & { fd: number }) {
      told.push('open')
      this.fd = fs.openSync(this.path, 'r')
      this.emit('open', this.fd)
    },
    _read(this: fs.ReadStream, ...given) {
      told.push('read')
      return theirs?.apply(this, given)
    },
  })
  const ownRead = { _read: Reflect.get(fs.ReadStream.prototype, '_read') as Callable, open: Reflect.get(fs.ReadStream.prototype, 'open') as Callable }
  Object.assign(fs.ReadStream.prototype, ofTheClass(ownRead))
  try {
    await once(io.createReadStream(at('text')).resume(), 'close')
  } finally {
    Object.assign(fs.ReadStream.prototype, ownRead)
  }
  assert.deepEqual(told, ['open', 'read', 'read'])
  return told
}))

test('a class put in the place of ReadStream gets what the caller gave', () => sameWithCallbacks(async (io: FsModule, at) => {
  const { ReadStream } = fs
  const given: unknown[] = []
  class Mine extends (ReadStream as unknown as new (...all: unknown[]) => fs.ReadStream) {
    constructor(...all: unknown[]) {
      super(...all)
      given.push(all[1])
    }
  }
  fs.ReadStream = Mine as unknown as typeof ReadStream
  try {
    const stream = io.createReadStream(at('text'))
    await once(stream.resume(), 'close')
    return [given, stream instanceof Mine, stream.bytesRead]
  } finally {
    fs.ReadStream = ReadStream
  }
}))

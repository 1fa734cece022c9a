// FileHandles of trueaio/fs/promises beside Node's: each sequence of calls on both, in twin directories.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once, type EventEmitter } from 'node:events'
import fs from 'node:fs'
import nodePromises, { type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import ourPromises from 'trueaio/fs/promises'
import { same, type PromisesModule } from './twin.js'

const anything = (value: unknown): never => value as never
type Use = (handle: FileHandle, io: PromisesModule) => unknown

function cases(name: string, list: Readonly<Record<string, Use>>, file = 'text', flags = 'r+'): void {
  describe(name, () => {
    for (const [title, use] of Object.entries(list)) {
      test(title, () => same(async (io, at) => {
        const handle = await io.open(at(file), flags)
        try {
          return await use(handle, io)
        } finally {
          await handle.close()
        }
      }))
    }
  })
}

const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

cases('read', {
  'a range': (handle) => handle.read(Buffer.alloc(5), 0, 5, 1),
  'into the middle': (handle) => handle.read(Buffer.alloc(10, '.'), 2, 5, 1),
  'from the current position, twice': async (handle) => [await handle.read(Buffer.alloc(4), 0, 4), await handle.read(Buffer.alloc(4), 0, 4, null)],
  'all defaults': (handle) => handle.read(anything(undefined)),
  'options': (handle) => handle.read({ buffer: Buffer.alloc(6), offset: 1, length: 3, position: 2 }),
  'a buffer and options': (handle) => handle.read(Buffer.alloc(6), { offset: 1, length: 3, position: 2 }),
  'a buffer alone': (handle) => handle.read(Buffer.alloc(6)),
  'another view': (handle) => handle.read(new Uint16Array(3), 0, 6, 0),
  'beyond the end': (handle) => handle.read(Buffer.alloc(6), 0, 6, 1000),
  'nothing': (handle) => handle.read(Buffer.alloc(6), 0, 0, 0),
  'into nothing': (handle) => handle.read(Buffer.alloc(0), 0, 1, 0),
  'more than there is room': (handle) => handle.read(Buffer.alloc(6), 0, 7, 0),
  'a negative offset': (handle) => handle.read(Buffer.alloc(6), -1, 1, 0),
  'a negative length': (handle) => handle.read(Buffer.alloc(6), 0, -1, 0),
  'a fraction': (handle) => handle.read(Buffer.alloc(6), 0.5, 1, 0),
  'into text': (handle) => handle.read(anything('text')),
  'into null': (handle) => handle.read(anything(null)),
  'into options without a buffer that is one': (handle) => handle.read({ buffer: anything({}) }),
  'into an array of options': (handle) => handle.read(anything(['buffer'])),
  'an offset that is a BigInt': (handle) => handle.read(Buffer.alloc(6), anything(1n), 1, 0),
  'a position that is a BigInt': (handle) => handle.read(Buffer.alloc(6), 0, 6, 2n as never),
  'readv': (handle) => handle.readv([Buffer.alloc(3), Buffer.alloc(4)], 1),
  'readv at the current position': async (handle) => [await handle.readv([Buffer.alloc(3)]), await handle.readv([Buffer.alloc(3)], null as never)],
  'readv of nothing': (handle) => outcome(handle.readv([])),
  'readv into a hole': (handle) => handle.readv([Buffer.alloc(1), , Buffer.alloc(1)] as never), // eslint-disable-line no-sparse-arrays
  'readv into text': (handle) => handle.readv(anything(['x'])),
})

cases('write', {
  'null for options: length and position go for nothing': (handle) => handle.write(Buffer.from('0123456789'), anything(null), 3, 6),
  'a range': (handle) => handle.write(Buffer.from('ABCDE'), 1, 3, 2),
  'all of a buffer': (handle) => handle.write(Buffer.from('ABCDE')),
  'at the current position, twice': async (handle) => [await handle.write(Buffer.from('AB')), await handle.write(Buffer.from('CD'), 0, 2, null)],
  'options': (handle) => handle.write(Buffer.from('ABCDE'), { offset: 1, length: 3, position: 2 } as never),
  'another view': (handle) => handle.write(new Uint16Array([0x4142, 0x4344])),
  'text': (handle) => handle.write('äöü'),
  'text at a position': (handle) => handle.write('AB', 3),
  'text in latin1': (handle) => handle.write('äöü', 0, 'latin1'),
  'text in hex': (handle) => handle.write('414243', 0, 'hex'),
  'text in half a byte of hex': (handle) => handle.write('414', 0, 'hex'),
  'text in an unknown encoding': (handle) => handle.write('ABC', 0, anything('klingon')),
  'no text': (handle) => handle.write(''),
  'no bytes': (handle) => handle.write(Buffer.alloc(0)),
  'a number': (handle) => handle.write(anything(5)),
  'more than there is': (handle) => handle.write(Buffer.from('AB'), 0, 3),
  'an offset beyond': (handle) => handle.write(Buffer.from('AB'), 3),
  'a negative offset': (handle) => handle.write(Buffer.from('AB'), -1),
  'an offset that is a BigInt': (handle) => handle.write(Buffer.from('AB'), anything(1n)),
  'writev': (handle) => handle.writev([Buffer.from('AB'), Buffer.from('CDE')], 1),
  'writev at the current position': async (handle) => [await handle.writev([Buffer.from('AB')]), await handle.writev([Buffer.from('CD')])],
  'writev of nothing': (handle) => handle.writev([]),
  'writev of a hole': (handle) => handle.writev([Buffer.from('A'), , Buffer.from('B')] as never), // eslint-disable-line no-sparse-arrays
  'writev of text': (handle) => handle.writev(anything(['x'])),
})

cases('whole files', {
  'readFile': (handle) => handle.readFile(),
  'readFile as text, then again': async (handle) => [await handle.readFile('utf8'), await handle.readFile({ encoding: 'utf8' })],
  'readFile in an unknown encoding': (handle) => outcome(handle.readFile(anything('klingon'))),
  'readFile into a buffer of the caller\'s, where Node takes one': async (handle) => {
    const buffer = Buffer.alloc(100)
    const content: unknown = await handle.readFile({ buffer } as object)
    return [content, (content as Buffer).buffer === buffer.buffer]
  },
  'readFile into a buffer that is none': (handle) => outcome(handle.readFile({ buffer: 5 } as object)),
  'module.readFile of a handle into a buffer': async (handle, io) => {
    const buffer = Buffer.alloc(100)
    const content: unknown = await io.readFile(handle, { buffer } as object)
    return [content, (content as Buffer).buffer === buffer.buffer]
  },
  'readFile, aborted': (handle) => outcome(handle.readFile({ signal: AbortSignal.abort() })),
  'writeFile': (handle) => handle.writeFile('new'),
  'writeFile from the current position': async (handle) => {
    await handle.read(Buffer.alloc(2), 0, 2)
    await handle.writeFile('new')
  },
  'writeFile of an iterable': (handle) => handle.writeFile(['a', 'b'] as never),
  'writeFile of a number': (handle) => outcome(handle.writeFile(anything(5))),
  'appendFile': (handle) => handle.appendFile('new'),
  'module.readFile of a handle': (handle, io) => io.readFile(handle, 'utf8'),
  'module.writeFile to a handle': (handle, io) => io.writeFile(handle, 'other'),
  'truncate': (handle) => handle.truncate(3),
  'truncate to more': (handle) => handle.truncate(30),
  'truncate by nothing': (handle) => handle.truncate(),
  'truncate below nothing': (handle) => handle.truncate(-1),
  'truncate by text': (handle) => handle.truncate(anything('3')),
  'stat': (handle) => handle.stat(),
  'stat with an array of options': async (handle) => typeof (await handle.stat(anything([]))).size,
  'stat with a signal that is none': async (handle) => typeof (await handle.stat({ signal: 5 } as never)).size,
  'stat, bigint': async (handle) => typeof (await handle.stat({ bigint: true })).size,
  'sync and datasync': async (handle) => [await handle.sync(), await handle.datasync()],
  'chmod': (handle) => handle.chmod(0o640),
  'chmod with a bad mode': (handle) => handle.chmod(anything('rwx')),
  'chown': (handle) => handle.chown(-1, -1),
  'chown to a bad id': (handle) => handle.chown(-2, 0),
  'utimes': async (handle) => {
    await handle.utimes(1000, new Date(2_000_500))
    const { atimeMs, mtimeMs } = await handle.stat()
    return [atimeMs, mtimeMs]
  },
  'utimes with a bad time': (handle) => handle.utimes(anything({}), 1),
})

cases('errors of the system', {
  'write to what is open for reading': (handle) => handle.write(Buffer.from('x')),
  'writeFile to it': (handle) => handle.writeFile('x'),
  'truncate it': (handle) => handle.truncate(1),
}, 'text', 'r')

cases('a directory', {
  'read': (handle) => handle.read(Buffer.alloc(4)),
  'readFile': (handle) => handle.readFile(),
  'stat': (handle) => handle.stat(),
}, 'directory', 'r')

cases('life', {
  'close, twice, and everything afterwards': async (handle) => {
    const descriptor = handle.fd
    await Promise.all([handle.close(), handle.close()])
    await handle.close()
    const calls = [
      handle.read(Buffer.alloc(1)), handle.write('x'), handle.write(Buffer.alloc(1)), handle.readv([Buffer.alloc(1)]), handle.writev([Buffer.alloc(1)]), handle.readFile(),
      handle.writeFile('x'), handle.appendFile('x'), handle.stat(), handle.truncate(), handle.sync(), handle.datasync(), handle.chmod(0o600), handle.chown(1, 1), handle.utimes(1, 1),
    ]
    return [typeof descriptor, handle.fd, await Promise.all(calls.map(outcome))]
  },
  'close waits for what is in flight': async (handle) => {
    const events: string[] = []
    const reading = handle.read(Buffer.alloc(5), 0, 5, 0).then(({ bytesRead }) => events.push(`read ${String(bytesRead)}`))
    const closing = handle.close().then(() => events.push('closed'))
    await Promise.all([reading, closing])
    return events
  },
  'the close event': async (handle) => {
    const closed = once(handle as unknown as EventEmitter, 'close')
    await handle.close()
    return (await closed).length
  },
  'kind and properties': (handle) => [handle.constructor.name, typeof handle.fd, Object.keys(handle), typeof (handle as { getAsyncId?: () => number }).getAsyncId?.()],
  'how many arguments its methods name': (handle) => {
    const methods = handle as unknown as Readonly<Record<string, { readonly length: number }>>
    const names = ['read', 'write', 'readv', 'writev', 'readFile', 'writeFile', 'appendFile', 'stat', 'truncate', 'sync', 'datasync', 'chmod', 'chown', 'utimes', 'readableWebStream']
    return names.map((name) => [name, methods[name]?.length])
  },
  'asyncDispose': async (handle) => {
    await (handle as unknown as AsyncDisposable)[Symbol.asyncDispose]()
    return handle.fd
  },
  'readLines': async (handle) => {
    const lines: string[] = []
    for await (const line of handle.readLines()) lines.push(line)
    return lines
  },
  'createReadStream': async (handle) => [await text(handle.createReadStream({ start: 2, end: 5 })), handle.fd],
  'createReadStream that does not close': async (handle) => [await text(handle.createReadStream({ autoClose: false })), handle.fd > 0],
  'createWriteStream': async (handle) => {
    await pipeline(Readable.from(['one', 'two']), handle.createWriteStream())
    return handle.fd
  },
})

describe('methods on a receiver that is no handle', () => {
  const METHODS = ['read', 'write', 'readv', 'writev', 'readFile', 'writeFile', 'appendFile', 'stat', 'truncate', 'sync', 'datasync', 'chmod', 'chown', 'utimes', 'readableWebStream'] as const
  const RECEIVERS: Readonly<Record<string, (handle: FileHandle) => unknown>> = {
    'an object': () => ({}), 'nothing': () => undefined, 'null': () => null, 'a number': () => 1,
    'an object with a number': ({ fd }) => ({ fd }), 'an object of the class': (handle) => Object.create(Object.getPrototypeOf(handle) as object) as unknown,
  }
  for (const method of METHODS) {
    for (const [title, receiverOf] of Object.entries(RECEIVERS)) {
      test(`${method}: ${title}`, () => same(async (io, at) => {
        const handle = await io.open(at('text'), 'r+')
        try {
          const receiver = receiverOf(handle)
          let promise: unknown
          try {
            promise = Reflect.apply(Reflect.get(handle, method) as (...given: unknown[]) => unknown, receiver, method === 'readableWebStream' ? [] : [Buffer.alloc(3)])
          } catch (error) {
            return ['at the call', error]
          }
          return [await outcome(promise as Promise<unknown>)]
        } finally {
          await handle.close()
        }
      }))
    }
  }
})

test('it is one of Node\'s FileHandles, on a descriptor that is a real one', async () => {
  const theirs = await nodePromises.open('/dev/null')
  const ours = await ourPromises.open('/dev/null')
  assert.ok(ours instanceof (theirs.constructor as never))
  assert.notEqual(ours.constructor, theirs.constructor, 'otherwise nothing of this was ever tested')
  assert.equal(fs.readlinkSync(`/proc/self/fd/${String(ours.fd)}`), '/dev/null')
  const { fd } = ours
  await ours.close()
  await theirs.close()
  assert.ok(!fs.existsSync(`/proc/self/fd/${String(fd)}`))
})

test('a handle that was dropped is closed, and Node\'s word about it is heard', async () => {
  const program = (module: string): string => `
    import { existsSync } from 'node:fs'
    import { open } from '${module}'
    const fd = await (async () => (await open('/dev/null')).fd)()
    const heard = []
    const hear = ({ name, code, message }) => heard.push(name + ' ' + code + ' ' + message.replaceAll(String(fd), 'N'))
    process.on('warning', hear)
    process.on('uncaughtException', hear)
    const isDone = () => !existsSync('/proc/self/fd/' + fd) && (heard.length === 2 || heard[0]?.includes('ERR_INVALID_STATE'))
    while (!isDone()) {
      globalThis.gc()
      await new Promise((resolve) => setImmediate(resolve))
    }
    console.log(heard.join(' / '))
  `
  const run = async (module: string): Promise<string> =>
    (await promisify(execFile)(process.execPath, ['--expose-gc', '--no-warnings', '--input-type=module', '-e', program(module)], { timeout: 20_000 })).stdout
  assert.equal(await run('trueaio/fs/promises'), await run('node:fs/promises'))
})

test('a timeout that is none does not hold the handle open', async () => {
  const handle = await ourPromises.open('/dev/zero')
  const none = { timeout: -1 } as object
  const calls: Promise<unknown>[] = [handle.read(Buffer.alloc(1), none), (handle.readv as (...given: unknown[]) => Promise<unknown>)([Buffer.alloc(1)], null, none), handle.stat(none)]
  for (const call of calls) await assert.rejects(call, { code: 'ERR_INVALID_ARG_TYPE' })
  await handle.close()
  assert.equal(handle.fd, -1)
})

const ITERATORS = '--experimental-stream-iter' // of Node 24 on
test('iterators that read and write without waiting close it as they do Node\'s', { skip: process.allowedNodeEnvironmentFlags.has(ITERATORS) ? false : 'this Node has none' }, async () => {
  const program = (module: string): string => `
    import { open } from '${module}'
    const handle = await open('/proc/self/status')
    const sizes = []
    handle.on('close', () => sizes.push('close'))
    for (const chunks of handle.pullSync({ autoClose: true })) sizes.push(chunks.length)
    const writer = (await open('/dev/null', 'w')).writer({ autoClose: true })
    writer.writeSync(new Uint8Array(3))
    console.log(JSON.stringify([handle.fd, sizes, writer.endSync()]))
  `
  const run = async (module: string): Promise<string> =>
    (await promisify(execFile)(process.execPath, [ITERATORS, '--no-warnings', '--input-type=module', '-e', program(module)], { timeout: 20_000 })).stdout
  assert.equal(await run('trueaio/fs/promises'), await run('node:fs/promises'))
})

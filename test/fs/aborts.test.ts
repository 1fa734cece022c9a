// An abort in the tick, or the turn of the loop, of its call wins, however soon the work is done: as with Node.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import nodePromises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import ourFs from 'trueaio/fs'
import ourPromises from 'trueaio/fs/promises'
import { same, type FsModule, type PromisesModule } from './twin.js'

const moments: Readonly<Record<string, (abort: () => void) => void>> = {
  'at once': (abort) => abort(),
  'in a tick': (abort) => process.nextTick(abort),
  'in an immediate': (abort) => void setImmediate(abort),
}

type Use = (io: PromisesModule, path: string, options: { signal: AbortSignal }) => Promise<unknown>

const uses: Readonly<Record<string, Use>> = {
  'readFile': (io, path, options) => io.readFile(path, options),
  'readFile as text': (io, path, options) => io.readFile(path, { ...options, encoding: 'utf8' }),
  'writeFile': (io, path, options) => io.writeFile(path, 'new', options),
  'writeFile of pieces': (io, path, options) => io.writeFile(path, ['n', 'e', 'w'], options),
  'writeFile, flushed': (io, path, options) => io.writeFile(path, 'new', { ...options, flush: true }),
  'appendFile': (io, path, options) => io.appendFile(path, 'new', options as object),
  'readFile of a handle': (io, path, options) => withHandle(io, path, (handle) => handle.readFile(options)),
  'module.readFile of a handle': (io, path, options) => withHandle(io, path, (handle) => io.readFile(handle, options)),
}

async function withHandle(io: PromisesModule, path: string, use: (handle: nodePromises.FileHandle) => Promise<unknown>): Promise<unknown> {
  const handle = await io.open(path)
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

function signalAborted(when: (abort: () => void) => void): AbortSignal {
  const controller = new AbortController()
  when(() => controller.abort(new Error('the reason')))
  return controller.signal
}

const isAbort = { name: 'AbortError', code: 'ABORT_ERR', cause: new Error('the reason') }

let root = ''
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-aborts-'))
})
after(() => fs.rmSync(root, { recursive: true }))

for (const [moment, when] of Object.entries(moments)) {
  describe(`aborted ${moment}`, () => {
    for (const [title, use] of Object.entries(uses)) {
      test(title, async () => {
        // Node's own work may be done before an immediate; here it must not be told even then.
        for (const io of moment === 'in an immediate' ? [ourPromises] : [ourPromises, nodePromises] as PromisesModule[]) {
          const path = join(root, 'text')
          fs.writeFileSync(path, 'text')
          await assert.rejects(use(io, path, { signal: signalAborted(when) }), isAbort)
        }
      })
    }
  })
}

test('an abort when all was written tells how much that was', async () => {
  const controller = new AbortController()
  const pieces = function* (): Generator<string> {
    yield 'abc'
    controller.abort()
  }
  await assert.rejects(ourPromises.writeFile('/dev/null', pieces(), { signal: controller.signal }), { name: 'AbortError', bytesWritten: 3 })
})

test('no abort: with a signal everything is as without', () => same(async (io, at) => {
  const { signal } = new AbortController()
  await io.writeFile(at('text'), 'content', { signal })
  return io.readFile(at('text'), { encoding: 'utf8', signal })
}))

const callbacks: Readonly<Record<string, (io: FsModule, path: string, signal: AbortSignal, callback: (error: Error | null) => void) => void>> = {
  readFile: (io, path, signal, callback) => io.readFile(path, { signal }, callback),
  writeFile: (io, path, signal, callback) => io.writeFile(path, 'x', { signal }, callback),
  appendFile: (io, path, signal, callback) => io.appendFile(path, 'x', { signal } as object, callback),
}

for (const [title, call] of Object.entries(callbacks)) {
  test(`${title} with a callback: of an aborted signal it is told before the call returns`, () => {
    for (const io of [fs, ourFs]) {
      const order: string[] = []
      call(io, '/dev/null', AbortSignal.abort(), (error) => order.push(error?.name ?? 'none'))
      order.push('returned')
      assert.deepEqual(order, ['AbortError', 'returned'])
    }
  })

  test(`${title} with a callback, aborted in a tick`, async () => {
    const error = await new Promise<Error | null>((resolve) => {
      call(ourFs, '/dev/null', signalAborted((abort) => process.nextTick(abort)), resolve)
    })
    assert.equal(error?.name, 'AbortError')
  })
}

// Chains: in order, ended by the first failure or short transfer, and the same whether linked in a ring or run one by one.
import assert from 'node:assert/strict'
import { chain, close, fdatasync, hardLink, nop, open, read, rename, statx, timer, write, type ChainError } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O, type World } from './world.js'

const ENOENT = process.platform === 'win32' ? -4058 : -2

async function failureOf(promise: Promise<unknown>): Promise<ChainError & { code: string }> {
  return promise.then(() => assert.fail('the chain succeeded'), (error: unknown) => error as ChainError & { code: string })
}

function outcomes(error: ChainError): unknown[] {
  return error.results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as { code: string }).code))
}

export function chains(subject: Subject): void {
  family('chains', () => {
    behaviour(subject, 'resolve to every result, in order', [], async (world) => {
      await world.put('file', 'abcdef')
      const fd = await world.open('file', O.O_RDWR)
      const buffer = Buffer.alloc(3)
      const results = await world.io.submit(chain(write(fd, Buffer.from('XYZ'), 0), fdatasync(fd), read(fd, buffer, 0), statx(world.path('file'))))
      assert.deepEqual(results.slice(0, 3), [3, undefined, 3])
      assert.equal(results[3].size, 6)
      assert.equal(buffer.toString(), 'XYZ')
    })

    behaviour(subject, 'open, read and close a file that has no name outside', [], async (world) => {
      await world.put('file', 'abcdef')
      const buffer = Buffer.alloc(6)
      const [, bytes, closed] = await world.io.submit(chain(open(world.path('file')), read(chain.opened, buffer, 0), close(chain.opened)))
      assert.equal(bytes, 6)
      assert.equal(closed, undefined)
      assert.equal(buffer.toString(), 'abcdef')
    })

    behaviour(subject, 'a short read before the close of the opened file does not leave it open', [], async (world) => {
      await world.put('file', 'abc')
      const buffer = Buffer.alloc(100)
      const [, bytes] = await world.io.submit(chain(open(world.path('file')), read(chain.opened, buffer, 0), close(chain.opened)))
      assert.equal(bytes, 3)
    })

    behaviour(subject, 'the opened file is closed with the chain, asked or not, failed or not', [], async (world) => {
      await world.put('file', 'abc')
      const buffer = Buffer.alloc(3)
      await world.io.submit(chain(open(world.path('file')), read(chain.opened, buffer, 0)))
      await failureOf(world.io.submit(chain(open(world.path('file')), write(chain.opened, buffer, 0), close(chain.opened))))
      await failureOf(world.io.submit(chain(open(world.path('file')), read(chain.opened, Buffer.alloc(9), 0), nop())))
      // behaviour() compares the descriptors.
    })

    behaviour(subject, 'the first failure ends them: its error, its index, and what came of each', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const error = await failureOf(world.io.submit(chain(read(fd, Buffer.alloc(3), 0), statx(world.path('nothing')), read(fd, Buffer.alloc(3), 0), nop())))
      assert.equal(error.code, 'ENOENT')
      assert.equal(error.index, 1)
      assert.equal((error as unknown as { path: string }).path, world.path('nothing'))
      assert.deepEqual(outcomes(error), [3, 'ENOENT', 'ECANCELED', 'ECANCELED'])
    })

    behaviour(subject, 'a short read or write ends them: what follows is not started', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file', O.O_RDWR)
      const error = await failureOf(world.io.submit(chain(read(fd, Buffer.alloc(10), 0), write(fd, Buffer.from('no'), 0))))
      assert.equal(error.code, 'ECANCELED')
      assert.equal(error.index, 1)
      assert.deepEqual(outcomes(error), [3, 'ECANCELED'])
      assert.equal((await world.content('file')).toString(), 'abc')
    })

    behaviour(subject, 'behind the close of the opened file nothing is started that was not to be before it', [], async (world) => {
      await world.put('file', 'abc')
      const [file, other] = [world.path('file'), world.path('other')]
      const failed = await failureOf(world.io.submit(chain(open(file), write(chain.opened, Buffer.from('no'), 0), close(chain.opened), rename(file, other), nop())))
      assert.deepEqual([failed.index, ...outcomes(failed).slice(1)], [1, 'EBADF', undefined, 'ECANCELED', 'ECANCELED'])
      const short = await failureOf(world.io.submit(chain(open(file), read(chain.opened, Buffer.alloc(9), 0), close(chain.opened), rename(file, other))))
      assert.deepEqual(outcomes(short).slice(1), [3, undefined, 'ECANCELED'])
      assert.equal((await world.content('file')).toString(), 'abc')
      await world.io.submit(chain(open(file), hardLink(read(chain.opened, Buffer.alloc(9), 0)), close(chain.opened), rename(file, other)))
      assert.equal((await world.content('other')).toString(), 'abc')
    })

    behaviour(subject, 'a hard link goes on after a failure and after a short read', [], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file', O.O_RDWR)
      const results = await world.io.submit(chain(hardLink(statx(world.path('nothing'))), hardLink(read(fd, Buffer.alloc(10), 0)), write(fd, Buffer.from('yes'), 0)))
      assert.deepEqual(results, [ENOENT, 3, 3])
      assert.equal((await world.content('file')).toString(), 'yes')
    })

    behaviour(subject, 'a path too long in the middle is that member\'s failure', ['posix names'], async (world) => {
      await world.put('file', 'abc')
      const fd = await world.open('file')
      const error = await failureOf(world.io.submit(chain(read(fd, Buffer.alloc(3), 0), statx('/'.repeat(5000)), nop())))
      assert.deepEqual(outcomes(error), [3, 'ENAMETOOLONG', 'ECANCELED'])
    })

    behaviour(subject, 'a path of more than a thousand characters is as good as another', [], async (world) => {
      await world.put('file', 'abc')
      const long = `${world.root}${'/.'.repeat(1000)}/file`
      const buffer = Buffer.alloc(3)
      const [, bytes] = await world.io.submit(chain(open(long), read(chain.opened, buffer, 0), close(chain.opened)))
      assert.equal(bytes, 3)
    })

    behaviour(subject, 'members run one after the other', ['timer', 'real time'], async (world) => {
      const start = performance.now()
      await world.io.submit(chain(timer(10), timer(10), timer(10)))
      assert.ok(performance.now() - start >= 29)
    })

    behaviour(subject, 'as many members as allowed', [], async (world) => {
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      const members = Array.from({ length: 64 }, (_, index) => write(fd, Buffer.from([index]), index))
      assert.deepEqual(await world.io.submit(chain(...members)), members.map(() => 1))
      assert.equal((await world.content('file')).length, 64)
    })

    behaviour(subject, 'abort ends what runs and starts no more', ['timer', 'stops what runs', 'real time'], async (world) => {
      const fd = await world.open('file', O.O_CREAT | O.O_RDWR)
      const controller = new AbortController()
      const promise = world.io.submit(chain(timer(10_000), write(fd, Buffer.from('no'), 0)), { signal: controller.signal })
      await world.io.submit(timer(1))
      controller.abort()
      const error = await failureOf(promise)
      assert.equal(error.code, 'ABORT_ERR')
      assert.equal((await world.content('file')).length, 0)
    })

    behaviour(subject, 'a deadline ends them as ETIMEDOUT', ['timer', 'stops what runs', 'real time'], async (world) => {
      const error = await failureOf(world.io.submit(chain(timer(10_000), nop()), { timeout: 5 }))
      assert.equal(error.code, 'ETIMEDOUT')
    })

    behaviour(subject, 'hundreds at once, each with a file of its own', [], async (world) => {
      await Promise.all(Array.from({ length: 50 }, (_, index) => world.put(`file-${String(index)}`, String(index).padStart(4, '0'))))
      await Promise.all(Array.from({ length: 400 }, (_, index) => readWhole(world, `file-${String(index % 50)}`, String(index % 50).padStart(4, '0'))))
    })
  })
}

async function readWhole(world: World, name: string, expected: string): Promise<void> {
  const buffer = Buffer.alloc(16)
  const [, bytes] = await world.io.submit(chain(open(world.path(name)), read(chain.opened, buffer, 0), close(chain.opened)))
  assert.equal(buffer.toString('latin1', 0, bytes), expected)
}

// What throws has not begun: everything about a submission is checked, and each option read once, before anything of it begins.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { nop, timer, unlink, type Operation, type Proactor, type SubmitOptions } from 'trueaio'
import { CANDIDATES } from './drivers.js'

const directory = mkdtempSync(join(tmpdir(), 'trueaio-begun-'))
after(() => rmSync(directory, { recursive: true, force: true }))

class Thrown extends Error {}

const throwing = (name: keyof SubmitOptions): SubmitOptions => Object.defineProperty({}, name, { enumerable: true, get() { throw new Thrown(name) } })

/** Options that are wrong, and what is thrown for them. */
const WRONG: readonly (readonly [string, unknown, object])[] = [
  ['null', null, { code: 'ERR_INVALID_ARG_TYPE' }],
  ['a number', 7, { code: 'ERR_INVALID_ARG_TYPE' }],
  ['a timeout of 0', { timeout: 0 }, { code: 'ERR_INVALID_ARG_TYPE' }],
  ['a signal that is none', { signal: {} }, { code: 'ERR_INVALID_ARG_TYPE' }],
  ['a priority that is none', { priority: 1.5 }, { code: 'ERR_OUT_OF_RANGE' }],
  ['a lane that is none', { lane: 256 }, { code: 'ERR_OUT_OF_RANGE' }],
  ...(['signal', 'timeout', 'priority', 'lane', 'ordered', 'barrier'] as const).map((name) => [`a ${name} that throws`, throwing(name), { message: name }] as const),
]

/** Every way to submit. */
const WAYS: readonly (readonly [string, (io: Proactor, operation: Operation, options: SubmitOptions) => unknown])[] = [
  ['a promise', (io, operation, options) => io.submit(operation, options)],
  ['a callback', (io, operation, options) => io.submit(operation, options, () => assert.fail('begun'))],
  ['an iteration', (io, operation, options) => io.iterate(operation, options)],
  ['a blocking wait', (io, operation, options) => io.runSync([operation, operation], options)],
  ['a completion queue', (io, operation, options) => io.completionQueue().submit(operation, 1, options)],
  ['a completion queue without room', (io, operation, options) => {
    const queue = io.completionQueue({ capacity: 1 })
    queue.submit(nop(), 0)
    try {
      queue.submit(operation, 1, options)
    } finally {
      queue.close()
    }
  }],
]

for (const candidate of CANDIDATES) {
  const { name, skip, storage } = candidate
  const make = (): Proactor => candidate.make()
  test(`${name}: options that are wrong throw, and leave nothing behind`, { skip }, async () => {
    const file = join(directory, `kept-${name}`)
    writeFileSync(file, '')
    const io = make()
    for (const [what, options, error] of WRONG) {
      for (const [way, submit] of WAYS) {
        assert.throws(() => submit(io, unlink(file), options as SubmitOptions), error, `${what}, with ${way}`)
      }
    }
    await io.submit(nop())
    for (let turn = 0; io.statistics.inFlight > 0 && turn < 200; turn++) await delay(5)
    const { bytesLent, inFlight, queued } = io.statistics
    assert.deepEqual([bytesLent, inFlight, queued], [0, 0, 0])
    assert.equal(storage === 'memory' || existsSync(file), true)
    await io.close()
  })

  test(`${name}: a list with something that is no operation runs none of it`, { skip }, async () => {
    const file = join(directory, `listed-${name}`)
    writeFileSync(file, '')
    const io = make()
    const lists: readonly unknown[] = [[unlink(file), 'x'], [unlink(file), undefined], [unlink(file), , nop()], 'x', { length: 1, 0: unlink(file) }, undefined] // eslint-disable-line no-sparse-arrays
    for (const list of lists) assert.throws(() => io.runSync(list as Operation[]), { code: 'ERR_INVALID_ARG_TYPE' })
    for (const [, submit] of WAYS.slice(0, 3)) assert.throws(() => submit(io, 'x' as unknown as Operation, {}), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => io.submit(unlink(file), {}, 7 as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await delay(5)
    assert.equal(existsSync(file), true)
    assert.equal(io.statistics.inFlight, 0)
    await io.close()
  })

  test(`${name}: each option is read once, and what changes it later changes nothing`, { skip }, async () => {
    const io = make()
    const reads: string[] = []
    const options = new Proxy<SubmitOptions>({ timeout: 50_000, priority: 0, lane: 0 }, { get: (target, key, receiver) => {
      reads.push(String(key))
      return Reflect.get(target, key, receiver) as unknown
    } })
    for (const [way, submit] of WAYS) {
      reads.length = 0
      if (way !== 'a callback') await submit(io, nop(), options)
      assert.equal(new Set(reads).size, reads.length, `${way}: ${reads.join(' ')}`)
    }
    const changed: { timeout: number } = { timeout: 50_000 }
    const queue = io.completionQueue({ capacity: 1 })
    queue.submit(nop(), 0)
    queue.submit(timer(5), 1, changed)
    changed.timeout = -1
    const cookies = [...await queue.wait(), ...await queue.wait()].map(({ cookie, error }) => [cookie, error])
    assert.deepEqual(cookies, [[0, undefined], [1, undefined]])
    await io.close()
  })
}

// RFC 8305: the order of addresses, and one attempt beside the other.
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { firstSuccess } from '#src/net/attempts.js'
import { inTurn, resolveHost, type HostIp, type LookupFunction } from '#src/net/resolve.js'

const ip = (address: string): HostIp => ({ address, family: address.includes(':') ? 6 : 4 })

test('both families in turn, the first choice of the system first', () => {
  const order = (...addresses: string[]): string => inTurn(addresses.map(ip)).map(({ address }) => address).join(' ')
  assert.equal(order('::1', '::2', '::3', '1.1.1.1', '2.2.2.2'), '::1 1.1.1.1 ::2 2.2.2.2 ::3')
  assert.equal(order('1.1.1.1', '::1', '::2'), '1.1.1.1 ::1 ::2')
  assert.equal(order('1.1.1.1', '2.2.2.2'), '1.1.1.1 2.2.2.2')
  assert.equal(order(), '')
})

test('a look-up may be the caller’s; one that finds nothing is ENOTFOUND', async () => {
  const asked: unknown[] = []
  const lookup: LookupFunction = (name, options, done) => {
    asked.push(name, options.all, options.family)
    done(null, name === 'none' ? [] : [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }])
  }
  assert.deepEqual(await resolveHost('name', 0, lookup), [ip('::1'), ip('127.0.0.1')])
  assert.deepEqual(asked, ['name', true, 0])
  await assert.rejects(resolveHost('none', 0, lookup), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'none' })
  await assert.rejects(resolveHost('127.0.0.1', 6, lookup), { code: 'ENOTFOUND' })
  assert.deepEqual(await resolveHost('127.0.0.1', 0, lookup), [ip('127.0.0.1')])
})

/** Attempts whose ends the test decides. */
function attempts(count: number): { readonly begun: number[], readonly ended: number[], readonly discarded: number[], succeed: (index: number) => void, fail: (index: number) => void, all: Promise<number>, stop: AbortController } {
  const begun: number[] = []
  const ended: number[] = []
  const discarded: number[] = []
  const deciders: { resolve: (value: number) => void, reject: (error: Error) => void }[] = []
  const stop = new AbortController()
  const all = firstSuccess<number, number>({
    targets: Array.from({ length: count }, (_, index) => index), delay: 250, signal: stop.signal, discard: (index) => discarded.push(index),
    attempt: (index, signal) => new Promise((resolve, reject) => {
      begun.push(index)
      deciders[index] = { resolve, reject }
      signal.addEventListener('abort', () => ended.push(index))
    }),
  })
  return {
    begun, ended, discarded, all, stop,
    succeed: (index) => deciders[index]?.resolve(index),
    fail: (index) => deciders[index]?.reject(Object.assign(new Error(String(index)), { code: `E${String(index)}` })),
  }
}

const turn = async (): Promise<void> => {
  for (let microtask = 0; microtask < 8; microtask++) await Promise.resolve()
}

test('the next begins after the delay, or at once when one fails; the first success ends the others', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const { begun, ended, discarded, all, succeed, fail } = attempts(4)
    assert.deepEqual(begun, [0])
    mock.timers.tick(249)
    assert.deepEqual(begun, [0])
    mock.timers.tick(1)
    assert.deepEqual(begun, [0, 1])
    fail(1)
    await turn()
    assert.deepEqual(begun, [0, 1, 2])
    succeed(2)
    assert.equal(await all, 2)
    assert.ok(ended.includes(0))
    succeed(0)
    await turn()
    assert.deepEqual(discarded, [0])
    mock.timers.tick(1000)
    assert.deepEqual(begun, [0, 1, 2])
  } finally {
    mock.timers.reset()
  }
})

test('when all fail: the only error, or all of them with the first one’s code', async () => {
  const one = attempts(1)
  one.fail(0)
  await assert.rejects(one.all, { message: '0', code: 'E0' })
  const two = attempts(2)
  two.fail(0)
  await turn()
  two.fail(1)
  await assert.rejects(two.all, (error: AggregateError & { code: string }) => error.errors.length === 2 && error.code === 'E0')
})

test('an abort ends all attempts', async () => {
  const { all, ended, stop, discarded, succeed } = attempts(2)
  stop.abort(new Error('enough'))
  await assert.rejects(all, { message: 'enough' })
  assert.deepEqual(ended, [0])
  succeed(0)
  await turn()
  assert.deepEqual(discarded, [0])
})

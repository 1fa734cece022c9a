// The choice among devices: by what is measured, with the failing and the lying left, and what they had said kept.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations, Registry, type Device, type OperationKind, type Work } from 'trueaio/transfer'

const sum: OperationKind = {
  name: 'sum', options: { start: { type: 'integer', least: 0 } },
  sample: (_work, bytes) => [new Uint8Array(bytes).fill(1)],
  check: (_work, result, [bytes]) => (result === bytes?.length ? undefined : `${String(result)} is not the sum`),
}

function sumOf(bytes: Uint8Array): number {
  let total = 0
  for (const byte of bytes) total += byte
  return total
}

function device(name: string, run: (bytes: Uint8Array) => unknown, more: Partial<Device> = {}): Device {
  return { operation: 'sum', name, capabilities: { where: 'calling thread' }, run: (_work, bytes) => run(bytes), ...more }
}

function registryOf(...devices: readonly Device[]): Registry {
  const registry = new Registry()
  registry.define(sum)
  for (const one of devices) registry.register(one)
  return registry
}

/** Works, and then for some milliseconds for nothing. */
function slow(bytes: Uint8Array): number {
  const end = performance.now() + 4
  while (performance.now() < end);
  return sumOf(bytes)
}

test('the cheapest is taken, and the others say what they cost', async () => {
  const registry = registryOf(device('slow', slow), device('fast', sumOf))
  const choice = await registry.select({ operation: 'sum', size: 4096 })
  assert.equal(choice.device.name, 'fast')
  assert.match(choice.reason, /^fast: the cheapest \(.* MB for each second of processor time, measured\)$/)
  assert.match(choice.others[0]?.whyNot ?? '', /measured/)
  assert.equal(await registry.perform({ operation: 'sum' }, new Uint8Array(100).fill(2)), 200)
  assert.ok(registry.table().every(({ measured }) => measured.length > 0))
})

test('a device that lies is left for good, and one that throws for a while', async () => {
  const registry = registryOf(device('liar', () => 1), device('thrower', () => { throw new Error('out of order') }), device('honest', sumOf))
  const choice = await registry.select({ operation: 'sum', size: 4096 })
  assert.equal(choice.device.name, 'honest')
  const why = Object.fromEntries(choice.others.map(({ name, whyNot }) => [name, whyNot]))
  assert.match(why['liar'] ?? '', /gave a wrong result: 1 is not the sum$/)
  assert.match(why['thrower'] ?? '', /failed: out of order \(tried again in \d s\)$/)
  const [liar] = registry.table()
  assert.equal(liar?.failures[0]?.untilMilliseconds, Infinity)
})

test('one that fails at work is left for the next; an error of the data ends it', async () => {
  const broken = device('broken', () => { throw new Error('worn out') })
  const registry = registryOf(broken, device('spare', slow))
  registry.learn(broken, { operation: 'sum' }, 1e9, 1e-6, 1e-6)
  registry.learn(registry.devices('sum')[1] as Device, { operation: 'sum' }, 100, 1, 1)
  assert.equal(await registry.perform({ operation: 'sum' }, new Uint8Array(2000).fill(1)), 2000)
  const strict = registryOf(device('strict', () => { throw new Error('bad data') }, { blamesData: () => true }))
  await assert.rejects(strict.perform({ operation: 'sum' }, new Uint8Array(1)), /bad data/)
  assert.equal(strict.table()[0]?.failures.length, 0)
})

test('figures learned later turn the choice, by a margin', () => {
  const [one, other] = [device('one', sumOf), device('other', sumOf)] as const
  const registry = registryOf(one, other)
  const work: Work = { operation: 'sum', size: 4096 }
  registry.learn(one, work, 4096, 4.096e-6, 8e-6)
  registry.learn(other, work, 4096, 4.2e-6, 2e-6)
  assert.equal(registry.choose(work).device, one)
  assert.equal(registry.choose({ ...work, prefer: 'wall' }).device, other)
  registry.learn(one, work, 4096, 4.6e-6, 8e-6) // now a little dearer than the other, by less than the margin
  assert.equal(registry.explain(work).device, one)
  for (let round = 0; round < 20; round++) registry.learn(one, work, 4096, 40e-6, 8e-6)
  assert.equal(registry.explain(work).device, other)
})

test('a sample that was disturbed does not turn the choice, however often one comes between others', () => {
  const [one, other] = [device('one', sumOf), device('other', sumOf)] as const
  const registry = registryOf(one, other)
  const work: Work = { operation: 'sum', size: 4096 }
  registry.learn(other, work, 4096, 4.4e-6, 4.4e-6)
  for (let round = 0; round < 20; round++) {
    registry.learn(one, work, 4096, 4e-6, 4e-6)
    registry.learn(one, work, 4096, 40e-3, 40e-3)
    assert.equal(registry.explain(work).device, one)
  }
})

test('the choice holds on a busy machine: what disturbs one round in three is not counted', async () => {
  let rounds = 0
  /** As `slow`, now and then. */
  const disturbed = (bytes: Uint8Array): number => (rounds++ % 3 === 0 ? slow(bytes) : sumOf(bytes))
  const registry = registryOf(device('always slower', (bytes) => sumOf(bytes) + 0 * sumOf(bytes) + 0 * sumOf(bytes)), device('disturbed', disturbed))
  assert.equal((await registry.select({ operation: 'sum', size: 65536 })).device.name, 'disturbed')
})

test('others are tried now and then, for a hundredth of the cost', () => {
  const [best, near, far] = [device('best', sumOf), device('near', sumOf), device('far', sumOf)] as const
  const registry = registryOf(best, near, far)
  const work: Work = { operation: 'sum', size: 4096 }
  for (const [one, cost] of [[best, 1], [near, 1.1], [far, 50]] as const) registry.learn(one, work, 4096, cost, cost)
  const taken = Array.from({ length: 1000 }, () => registry.choose(work).device.name)
  const count = (name: string): number => taken.filter((one) => one === name).length
  assert.ok(count('near') > 5 && count('near') < 110, String(count('near')))
  assert.equal(count('far'), 0)
})

test('what cannot be done says why of each device', () => {
  const registry = registryOf(
    device('small', sumOf, { capabilities: { where: 'calling thread', sizes: { most: 10 } } }),
    device('files', sumOf, { capabilities: { where: 'kernel', from: ['file'], to: ['file'] } }), device('picky', sumOf, { can: () => 'does not like it' }),
  )
  assert.throws(() => registry.choose({ operation: 'sum', size: 100 }), ({ code, message }: NodeJS.ErrnoException) => code === 'ERR_TRUEAIO_NO_DEVICE' &&
    message.includes('small takes 0 to 10 bytes, not 100; files does not take from a memory; picky does not like it'))
  assert.throws(() => registry.choose({ operation: 'sum', options: { stop: 1 } }), { code: 'ERR_TRUEAIO_NO_OPTION', message: "Operation 'sum' has no option 'stop'. It has: start." })
  assert.throws(() => registry.choose({ operation: 'sum', options: { start: -1 } }), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => registry.choose({ operation: 'nothing' }), /none is registered\. There are: sum/)
  assert.throws(() => registry.register(device('small', sumOf)), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => registry.register({ ...device('x', sumOf), run: 1 } as unknown as Device), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('somebody’s own device joins the others, and leaves again', async () => {
  const unregister = operations.register({
    operation: 'checksum', name: 'mine', capabilities: { where: 'calling thread', options: { algorithm: ['crc32c'] } }, run: () => Buffer.alloc(4),
  })
  const work: Work = { operation: 'checksum', options: { algorithm: 'crc32c' }, size: 4096 }
  const { others } = await operations.select(work)
  assert.match(others.find(({ name }) => name === 'mine')?.whyNot ?? '', /gave a wrong result: 00000000, where [0-9a-f]{8} is right/)
  unregister()
  assert.ok(!operations.devices('checksum').some(({ name }) => name === 'mine'))
})

test('after calibration each of this package’s operations is done by a device that was measured', async () => {
  const works: readonly Work[] = [
    { operation: 'copy' }, { operation: 'fill' }, { operation: 'compare' }, { operation: 'xor' }, { operation: 'hash', options: { algorithm: 'sha256' } },
    { operation: 'checksum', options: { algorithm: 'crc32c' } }, { operation: 'compress', options: { format: 'gzip', level: 1 } },
  ]
  for (const work of works) {
    for (const size of [4096, 1024 * 1024]) {
      const { device: { name }, measured, others } = await operations.select({ ...work, size })
      assert.ok(others.every(({ whyNot }) => !whyNot.includes('failed')), `${work.operation}: ${JSON.stringify(others)}`)
      if (others.length > 0) assert.ok((measured?.cpuSecondsPerByte ?? 0) > 0, `${work.operation} by ${name}`)
    }
  }
})

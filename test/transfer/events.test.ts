// Ways to wait for a transfer: progress, the event queue, a descriptor, blocking; and its rate and its plan.
import assert from 'node:assert/strict'
import { closeSync, readFileSync, writeFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { EventQueue } from 'trueaio/event-queue'
import { close, defaultProactor, poll } from 'trueaio'
import { checksum, compress, decompress, hash, operations, transfer, transferSync, type Progress, type TransferError, type TransferEvent } from 'trueaio/transfer'
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { bytesOf, folderOf } from './subjects.js'

const folder = folderOf('transfer-events')
after(() => folder.remove())
const bytes = bytesOf(1_500_001)
writeFileSync(folder.at('source'), bytes)

describe('waiting', () => {
  test('progress: bytes, total, rates, the time left; and once more at the end', async () => {
    const job = transfer(folder.at('source'), folder.at('target'), { rate: '5MB/s' })
    const seen: Progress[] = []
    for await (const progress of job.progress({ every: 20 })) seen.push(progress)
    await job
    assert.ok(seen.length > 3)
    assert.deepEqual([seen.at(-1)?.bytes, seen.at(-1)?.total], [bytes.length, bytes.length])
    for (let index = 1; index < seen.length; index++) assert.ok((seen[index] as Progress).bytes >= (seen[index - 1] as Progress).bytes)
    const middle = seen.find(({ bytes: done }) => done > 0 && done < bytes.length)
    assert.ok(middle !== undefined && middle.rate > 0 && middle.rateNow >= 0 && (middle.eta ?? 0) > 0)
    assert.equal(job.bytes, bytes.length)
  })

  test('a rate is held within 3 %', async () => {
    const start = performance.now()
    await transfer({ file: '/dev/zero', length: 4_000_000 }, '/dev/null', { rate: '2MB/s' })
    const rate = 4_000_000 / (performance.now() - start) * 1000
    assert.ok(rate < 2_060_000, String(rate)) // a loaded machine may be slower, and never faster
    assert.ok(rate > 1_000_000, String(rate))
  })

  test('in an event queue, with the cookie; each step if asked', async () => {
    const queue = new EventQueue<string>()
    transfer(folder.at('source'), folder.at('target')).submitTo(queue, 'copy', { steps: true })
    transfer(folder.at('none'), folder.at('target')).submitTo(queue, 'fails')
    const steps: string[] = []
    const ends = new Map<string, TransferEvent>()
    for await (const event of queue) {
      const told = event.result as TransferEvent
      if (told.kind === 'steps') steps.push(...told.steps.map((step) => step.split(' ', 2).join(' ')))
      else ends.set(event.cookie, told)
      if (ends.size === 2) await queue.close()
    }
    assert.deepEqual(steps, ['open source', 'open target', `move ${folder.at('source')}`, `finish ${folder.at('target')}`])
    const [copy, fails] = [ends.get('copy'), ends.get('fails')]
    assert.ok(copy?.kind === 'end' && copy.result?.bytes === bytes.length && copy.error === undefined)
    assert.ok(fails?.kind === 'end' && (fails.error as NodeJS.ErrnoException).code === 'ENOENT')
  })

  test('a descriptor that becomes readable', async () => {
    const job = transfer(folder.at('source'), folder.at('target'), { rate: '10MB/s' })
    const fd = await job.descriptor()
    await defaultProactor().submit(poll(fd, 1), { timeout: 60_000 })
    assert.equal(job.bytes, bytes.length)
    await defaultProactor().submit(close(fd))
    await job
  })

  test('blocking', () => {
    const memory = Buffer.alloc(bytes.length)
    assert.equal(transferSync(folder.at('source'), { memory }).bytes, bytes.length)
    assert.ok(memory.equals(bytes))
    transferSync({ memory }, folder.at('target'), { through: [hash('md5')] })
    assert.ok(readFileSync(folder.at('target')).equals(bytes))
    assert.throws(() => transferSync(folder.at('none'), folder.at('target')), (error: TransferError) => error.code === 'ENOENT' && error.step === 'open')
  })
})

/** Why a test of an operation cannot run; false: it can. */
function without(operation: string): string | false {
  return operations.devices(operation).length === 0 ? `no device of '${operation}'` : false
}

describe('stages', () => {
  test('a hash and a checksum on the way, in one pass', { skip: without('checksum') }, async () => {
    const job = transfer(folder.at('source'), folder.at('target'), { through: [hash('sha256'), checksum('crc32', { name: 'sum' })] })
    const { digests, devices } = await job
    assert.ok(digests['sha256']?.equals(createHash('sha256').update(bytes).digest()))
    assert.equal(digests['sum']?.length, 4)
    assert.equal(devices.length, 2)
    assert.match(job.explain(), /through hash sha256: .+/)
    assert.match(job.explain(), /not copy_file_range: the bytes are needed here/)
    assert.ok(readFileSync(folder.at('target')).equals(bytes))
  })

  test('pack and unpack, with the hash of what went in and of what came out', { skip: without('compress') }, async () => {
    const text = Buffer.from('some text, again and again. '.repeat(50_000))
    const { bytes: count, written, digests } = await transfer({ memory: text }, folder.at('packed'), { through: [hash('sha1', { name: 'in' }), compress('gzip', { level: 1 }), hash('sha1', { name: 'out' })] })
    const packed = readFileSync(folder.at('packed'))
    assert.deepEqual([count, written], [text.length, packed.length])
    assert.ok(gunzipSync(packed).equals(text))
    assert.ok(digests['in']?.equals(createHash('sha1').update(text).digest()) && digests['out']?.equals(createHash('sha1').update(packed).digest()))
    await transfer(folder.at('packed'), folder.at('unpacked'), { through: [decompress('gzip')] })
    assert.ok(readFileSync(folder.at('unpacked')).equals(text))
    writeFileSync(folder.at('broken'), packed.subarray(0, packed.length / 2))
    await assert.rejects(transfer(folder.at('broken'), folder.at('never'), { through: [decompress('gzip')] }).then(), (error: TransferError) => error.end === 'transfer' && error.step === 'gzip')
    assert.deepEqual(folder.others().filter((name) => name.includes('partial') || name === 'never'), [])
  })

  test('a device of one\'s own joins', async () => {
    const unregister = operations.register({
      operation: 'rot', name: 'mine', capabilities: { where: 'calling thread' },
      start: () => ({ update: (piece) => [piece.map((byte) => byte ^ 1)], end: () => ({ output: [Buffer.from('!')] }), close: () => undefined }),
    })
    await transfer({ memory: Buffer.from('abc') }, folder.at('rotated'), { through: [{ operation: 'rot' }] })
    assert.equal(readFileSync(folder.at('rotated'), 'utf8'), '`cb!')
    unregister()
    await assert.rejects(transfer({ memory: bytes }, folder.at('rotated'), { through: [{ operation: 'rot' }] }).then(), { code: 'ERR_TRUEAIO_NO_DEVICE' })
    assert.equal(readFileSync(folder.at('rotated'), 'utf8'), '`cb!')
  })
})

test('nothing is left open', () => {
  assert.throws(() => closeSync(1023), { code: 'EBADF' })
  assert.deepEqual(folder.others().filter((name) => name.endsWith('.partial')), [])
})

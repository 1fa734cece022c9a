// verify: what is there is read again; a device that lies about its result is found, and is not taken again.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { hash, operations, transfer, type Stage } from 'trueaio/transfer'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const folder = folderOf('transfer-verify')
after(() => folder.remove())
const bytes = bytesOf(1_000_003)
writeFileSync(folder.at('source'), bytes)

test('a target and a source that are what they should be', async () => {
  for (const verify of ['target', 'source'] as const) {
    const { digests } = await transfer(folder.at('source'), folder.at('target'), { verify, through: [hash('sha256')] })
    assert.equal(digests['sha256']?.length, 32)
    await transfer(folder.at('source'), { memory: Buffer.alloc(bytes.length) }, { verify })
  }
  await transfer([bytes], folder.at('target'), { verify: 'target' })
  await transfer([bytes], { file: folder.at('target'), offset: 0 }, { verify: 'target' })
  assert.ok(readFileSync(folder.at('target')).equals(bytes))
})

test('a hole at the end, which is there only when the length is set', async () => {
  writeFileSync(folder.at('sparse'), 'begins')
  truncateSync(folder.at('sparse'), 3_000_000)
  const { written } = await transfer(folder.at('sparse'), folder.at('target'), { verify: 'target' })
  assert.ok(readFileSync(folder.at('target')).equals(readFileSync(folder.at('sparse'))))
  assert.ok(written <= 3_000_000)
  rmSync(folder.at('sparse'))
})

/** A device is asked for a right result once. From then on this one does nothing, at no cost. */
function liesLater(honest: Stage, lying: Stage): () => Stage {
  let begun = 0
  return () => (begun++ === 0 ? honest : lying)
}

test('a hash that lies from the first is not taken', async () => {
  const unregister = operations.register({
    operation: 'hash', name: 'liar', capabilities: { where: 'calling thread', bytesPerCpuSecond: 1e12 },
    start: () => ({ update: () => undefined, end: () => ({ digest: Buffer.alloc(16) }), close: () => undefined }),
  })
  const job = transfer(folder.at('source'), folder.at('target'), { through: [hash('sha224')] })
  assert.notDeepEqual((await job).digests['sha224'], Buffer.alloc(16))
  assert.match(job.explain(), /not liar: failed: .*wrong result/)
  unregister()
})

test('a hash that lies', async () => {
  const md5 = createHash('md5')
  const unregister = operations.register({
    operation: 'hash', name: 'liar', capabilities: { where: 'calling thread', bytesPerCpuSecond: 1e12 },
    start: liesLater(
      { update: (piece) => void md5.update(piece), end: () => ({ digest: md5.digest() }), close: () => undefined },
      { update: () => undefined, end: () => ({ digest: Buffer.alloc(16) }), close: () => undefined },
    ),
  })
  await assert.rejects(transfer(folder.at('source'), folder.at('lied'), { verify: 'target', through: [hash('md5')] }).then(), { code: 'ERR_TRUEAIO_VERIFY', device: 'liar', step: 'md5' })
  assert.ok(!existsSync(folder.at('lied')))
  const { digests, devices } = await transfer(folder.at('source'), folder.at('lied'), { verify: 'target', through: [hash('md5')] })
  assert.notDeepEqual(digests['md5'], Buffer.alloc(16))
  assert.ok(!devices.includes('liar'))
  unregister()
})

test('a compressor that loses bytes', { skip: operations.devices('decompress').length === 0 ? 'no device that unpacks' : false }, async () => {
  const held: Buffer[] = []
  const unregister = operations.register({
    operation: 'compress', name: 'liar', capabilities: { where: 'calling thread', bytesPerCpuSecond: 1e12 },
    start: liesLater(
      { update: (piece) => (held.push(Buffer.from(piece)), []), end: () => ({ output: [gzipSync(Buffer.concat(held))] }), close: () => undefined },
      { update: () => [], end: () => ({ output: [gzipSync('')] }), close: () => undefined },
    ),
  })
  await assert.rejects(transfer(folder.at('source'), folder.at('packed'), { verify: 'target', through: [{ operation: 'compress', options: { format: 'gzip' } }] }).then(), { code: 'ERR_TRUEAIO_VERIFY', device: 'liar' })
  assert.ok(!existsSync(folder.at('packed')))
  unregister()
})

test('what cannot be read again is refused, and so are wrong words', async () => {
  await assert.rejects(transfer(folder.at('source'), '/dev/null', { verify: 'target' }).then(), { code: 'ERR_INVALID_ARG_VALUE' })
  await assert.rejects(transfer([bytes], folder.at('never'), { verify: 'source' }).then(), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => transfer(folder.at('source'), 'x', { verify: 'both' as never }), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => transfer(folder.at('source'), 'x', { verify: 'target', resume: 'y' }), { code: 'ERR_INVALID_ARG_VALUE' })
  assertClean(folder, 'source', 'target', 'lied')
})

// S3 by the maintained client s3mini, against a server of the test's own that speaks the wire format.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { after, afterEach, before, describe, test } from 'node:test'
import { transfer, type S3Options } from 'trueaio/transfer'
import { startS3Server, type S3Server } from './s3-server.js'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const folder = folderOf('transfer-s3')
const bytes = bytesOf(12_000_001)
const PART_BYTES = 5 * 2 ** 20
let server: S3Server
let s3: S3Options
before(async () => {
  server = await startS3Server()
  s3 = { endpoint: server.endpoint, accessKeyId: 'key', secretAccessKey: 'secret', partBytes: PART_BYTES }
})
after(() => {
  server.close()
  folder.remove()
})
afterEach(() => server.refused.clear())

describe('s3', () => {
  test('memory to s3 and back: in one, and in parts', async () => {
    for (const content of [bytes.subarray(0, 1000), bytes]) {
      await transfer({ memory: content }, 's3://bucket/a/object', { s3 })
      assert.ok(server.objects.get('/bucket/a/object')?.equals(content))
      const memory = Buffer.alloc(content.length)
      assert.equal((await transfer('s3://bucket/a/object', { memory }, { s3 })).bytes, content.length)
      assert.ok(memory.equals(content))
    }
    assert.equal(server.uploads.size, 0)
  })

  test('file to s3 and back, resumed', async () => {
    writeFileSync(folder.at('source'), bytes)
    await transfer(folder.at('source'), 's3://bucket/file', { s3 })
    const options = { s3, resume: folder.at('journal'), pieces: { size: '1MiB' } }
    await assert.rejects(transfer('s3://bucket/file', folder.at('target'), { ...options, rate: '20MB/s', timeout: 250 }).then(), { code: 'ETIMEDOUT' })
    const { resumed, written } = await transfer('s3://bucket/file', folder.at('target'), options)
    assert.equal(resumed + written, bytes.length)
    assert.ok(readFileSync(folder.at('target')).equals(bytes))
    assertClean(folder, 'source', 'target')
  })

  test('what fails leaves no parts, and no file', async () => {
    await assert.rejects(transfer('s3://bucket/none', folder.at('none'), { s3 }).then(), { end: 'source s3://bucket/none' })
    assert.ok(!existsSync(folder.at('none')))
    await assert.rejects(transfer((async function* () {
      yield await Promise.resolve(bytes)
      throw new Error('no more')
    })(), 's3://bucket/cut', { s3 }).then(), /no more/)
    assert.equal(server.objects.get('/bucket/cut'), undefined)
    assert.equal(server.uploads.size, 0)
    server.refused.add('PUT')
    await assert.rejects(transfer({ memory: bytes.subarray(0, 10) }, 's3://bucket/refused', { s3 }).then(), { end: 'target s3://bucket/refused' })
    assert.throws(() => transfer('s3://bucket', 'x', { s3 }), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})

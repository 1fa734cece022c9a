// Resume: after any end a second run goes on, and what has changed in between is noticed.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { appendFileSync, existsSync, openSync, closeSync, readdirSync, readFileSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { transfer, type Transfer } from 'trueaio/transfer'
import { killAndResume } from './kills.js'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const folder = folderOf('transfer-resume')
after(() => folder.remove())
const bytes = bytesOf(2_000_003)
const pieces = { size: 65536, inFlight: 2 }
const resume = folder.at('journal')
const source = folder.at('source')
const target = folder.at('target')

/** Ends a transfer when about so many bytes are there. */
async function ended(begin: (signal: AbortSignal) => Transfer, at: number): Promise<number> {
  const controller = new AbortController()
  const job = begin(controller.signal)
  for await (const { bytes: done } of job.progress({ every: 1 })) if (done >= at) controller.abort()
  await assert.rejects(job.then(), { name: 'AbortError' })
  await job.closed
  return job.bytes
}

describe('a file', () => {
  beforeEach(() => writeFileSync(source, bytes))

  const half = (): Promise<number> => ended((signal) => transfer(source, target, { resume, pieces, signal, rate: '4MB/s' }), 500_000)

  test('goes on where it was ended, and leaves nothing but the target', async () => {
    const done = await half()
    assert.ok(!existsSync(target))
    const job = transfer(source, target, { resume, pieces })
    const result = await job
    assert.ok(result.resumed >= done && result.resumed < bytes.length, `${String(result.resumed)} of ${String(done)}`)
    assert.equal(result.written, bytes.length - result.resumed)
    assert.equal(result.changed, 0)
    assert.match(job.explain(), /resumed behind \d+ bytes/)
    assert.ok(readFileSync(target).equals(bytes))
    assertClean(folder, 'source', 'target')
  })

  test('a source that has changed begins anew', async () => {
    await half()
    const other = bytesOf(2_000_003, 5)
    writeFileSync(source, other)
    utimesSync(source, 1, 1)
    const job = transfer(source, target, { resume, pieces })
    assert.equal((await job).resumed, 0)
    assert.match(job.explain(), /begun anew/)
    assert.ok(readFileSync(target).equals(other))
    assertClean(folder, 'source', 'target')
  })

  test('a source that changes while it is read begins anew', async () => {
    const job = transfer(source, target, { resume, pieces, rate: '10MB/s' })
    for await (const { bytes: done } of job.progress({ every: 1 })) {
      if (done > 100_000 && readFileSync(source)[0] === bytes[0]) {
        const fd = openSync(source, 'r+')
        writeSync(fd, Buffer.from([(bytes[0] as number) ^ 1]), 0, 1, 0)
        closeSync(fd)
      }
    }
    await job
    assert.ok(readFileSync(target).equals(readFileSync(source)))
    assertClean(folder, 'source', 'target')
  })

  test('a target that has changed is mended', async () => {
    await half()
    const [partial = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.partial'))
    const fd = openSync(folder.at(partial), 'r+')
    writeSync(fd, 'changed', 10)
    closeSync(fd)
    await transfer(source, target, { resume, pieces })
    assert.ok(readFileSync(target).equals(bytes))
    assertClean(folder, 'source', 'target')
  })

  test('a journal that was cut off counts as far as it is whole; another file is none', async () => {
    await half()
    appendFileSync(resume, 'p 0 2000003 dead')
    await transfer(source, target, { resume, pieces })
    assert.ok(readFileSync(target).equals(bytes))
    writeFileSync(resume, 'something else\n')
    assert.equal((await transfer(source, target, { resume, pieces })).resumed, 0)
    assertClean(folder, 'source', 'target')
  })

  test('two at once: the second waits a second, and is refused', async () => {
    const first = transfer(source, target, { resume, pieces, rate: '500kB/s' })
    for await (const { bytes: done } of first.progress({ every: 1 })) if (done > 0) break
    await assert.rejects(transfer(source, target, { resume, pieces }).then(), { code: 'ERR_TRUEAIO_RESUME_BUSY' })
    await first
    assert.ok(readFileSync(target).equals(bytes))
    assertClean(folder, 'source', 'target')
  })

  test('only of files, and without stages', () => {
    assert.throws(() => transfer(source, { memory: Buffer.alloc(1) }, { resume }), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => transfer(source, target, { resume, through: [{ operation: 'hash', options: { algorithm: 'md5' } }] }), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('SIGKILL at random points', () => killAndResume(10, 20261128))
})

describe('http', () => {
  let place: string
  let content = bytes
  let etag: string | undefined = '"one"'
  let givesRanges = true
  const asked: (string | undefined)[] = []
  const web = http.createServer((request, response) => {
    const { range } = request.headers
    asked.push(range)
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
    const headers = etag === undefined ? {} : { etag }
    if (from === undefined || to === undefined || !givesRanges || request.headers['if-range'] !== etag) {
      response.writeHead(200, { ...headers, 'content-length': content.length }).end(content)
      return
    }
    response.writeHead(206, headers).end(content.subarray(Number(from), Number(to) + 1))
  })
  before(async () => {
    web.listen(0, '127.0.0.1')
    await once(web, 'listening')
    place = `http://127.0.0.1:${String((web.address() as AddressInfo).port)}/file`
  })
  after(() => {
    web.closeAllConnections()
    web.close()
  })
  beforeEach(() => {
    content = bytes
    etag = '"one"'
    givesRanges = true
    asked.length = 0
  })
  const half = (): Promise<number> => ended((signal) => transfer(place, target, { resume, pieces, signal, rate: '4MB/s' }), 500_000)

  test('asks for the rest by ranges', async () => {
    await half()
    asked.length = 0
    const result = await transfer(place, target, { resume, pieces })
    assert.ok(result.resumed > 400_000)
    assert.equal(asked.filter((range) => range !== undefined).length, Math.ceil(result.written / pieces.size))
    assert.ok(readFileSync(target).equals(bytes))
    assertClean(folder, 'source', 'target')
  })

  test('another ETag, none, and a server without ranges: from the beginning', async () => {
    for (const change of [() => { etag = '"two"' }, () => { etag = undefined }, () => { givesRanges = false }]) {
      etag = '"one"'
      await half()
      content = bytesOf(bytes.length, 7)
      change()
      const result = await transfer(place, target, { resume, pieces })
      assert.equal(result.resumed, 0)
      assert.ok(readFileSync(target).equals(content))
      assertClean(folder, 'source', 'target')
      content = bytes
      givesRanges = true
    }
  })
})

// Resume: after any end a second run goes on, and what has changed in between is noticed.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  appendFileSync, chmodSync, existsSync, linkSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync, writeSync,
} from 'node:fs'
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

  test('of a file that may only be read: what the first run has made the second may open', async () => {
    rmSync(target, { force: true })
    chmodSync(source, 0o444)
    await half()
    const [partial = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.partial'))
    assert.equal(statSync(folder.at(partial)).mode & 0o600, 0o600)
    assert.ok((await transfer(source, target, { resume, pieces })).resumed > 0)
    assert.equal(statSync(target).mode & 0o777, 0o444)
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

  test('a journal that was cut off counts as far as it is whole; another file is refused, and stays', async () => {
    await half()
    appendFileSync(resume, 'p 0 2000003 dead')
    await transfer(source, target, { resume, pieces })
    assert.ok(readFileSync(target).equals(bytes))
    for (const journal of [source, target]) {
      await assert.rejects(transfer(source, target, { resume: journal, pieces }).then(), { code: 'ERR_INVALID_ARG_VALUE', end: 'journal' })
      assert.ok(readFileSync(journal).equals(bytes))
    }
    rmSync(target)
    await transfer(source, target, { resume: target, pieces })
    assert.ok(readFileSync(target).equals(bytes))
    await assert.rejects(transfer(folder.at('none'), target, { resume }).then(), { code: 'ENOENT' })
    assertClean(folder, 'source', 'target')
  })

  test('a target behind a link to another directory, and one that was written into behind the rename', async () => {
    mkdirSync(folder.at('elsewhere'))
    writeFileSync(folder.at('elsewhere/file'), 'old')
    symlinkSync('elsewhere/file', folder.at('link'))
    const job = transfer(source, folder.at('link'), { resume, pieces, rate: '20MB/s' })
    for await (const { bytes: done } of job.progress({ every: 1 })) if (done > 0) assert.deepEqual(folder.others('source', 'target', 'elsewhere', 'link', 'journal'), [])
    assert.ok(readFileSync(folder.at('elsewhere/file')).equals(bytes))
    const again = transfer(source, target, { resume, pieces, rate: '20MB/s' })
    for await (const { bytes: done } of again.progress({ every: 1 })) if (done > 0 && !existsSync(folder.at('kept'))) linkSync(resume, folder.at('kept'))
    await again
    renameSync(folder.at('kept'), resume) // as a kill leaves it between the rename and its removal
    const file = openSync(target, 'r+')
    writeSync(file, 'changed', 1000)
    closeSync(file)
    await transfer(source, target, { resume, pieces })
    assert.ok(readFileSync(target).equals(bytes))
    rmSync(folder.at('link'))
    rmSync(folder.at('elsewhere'), { recursive: true })
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
  let shift = 0
  let refusal = 0
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
    if (refusal > 0) {
      response.writeHead(refusal, headers).end()
      return
    }
    const given = `bytes ${String(Number(from) + shift)}-${String(Number(to) + shift)}/${String(content.length)}`
    response.writeHead(206, { ...headers, 'content-range': given }).end(content.subarray(Number(from), Number(to) + 1))
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
    shift = 0
    refusal = 0
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

  test('another ETag, none, a server without ranges, of other ranges, and one that refuses them: from the beginning', async () => {
    for (const change of [() => { etag = '"two"' }, () => { etag = undefined }, () => { givesRanges = false }, () => { shift = 1 }, () => { refusal = 416 }]) {
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
      shift = 0
    }
  })
})

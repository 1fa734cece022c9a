// `trueaio serve`, as clients see it: files, ranges, conditions, listings, compression; on the engine and without it.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { readWords, Refusal, UsageError } from '#src/cli/command.js'
import { serve } from '#src/cli/serve/serve.js'
import { makeCertificate } from '../net/certificate.js'
import { run } from './command.js'
import { Served, until } from './served.js'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trueaio-serve-')))
const root = join(folder, 'root')
const large = Buffer.alloc(700_001, 'all bytes of it have a place of their own, 0123456789\n')
const text = 'a line of text\n'.repeat(400)
mkdirSync(join(root, 'docs/deep'), { recursive: true })
mkdirSync(join(root, 'list/inner'), { recursive: true })
writeFileSync(join(folder, 'secret'), 'SECRET')
writeFileSync(join(root, 'large.bin'), large)
writeFileSync(join(root, 'page.txt'), text)
writeFileSync(join(root, 'empty'), '')
writeFileSync(join(root, 'docs/index.html'), '<p>index')
writeFileSync(join(root, '.hidden'), 'SECRET')
writeFileSync(Buffer.concat([Buffer.from(join(root, 'list/')), Buffer.from([0x66, 0xff])]), 'foreign')
writeFileSync(join(root, 'list/a & "b" <c>#?%.md'), 'odd')
writeFileSync(join(root, 'list/.dot'), 'SECRET')
writeFileSync(join(root, 'list/x.constructor'), 'x')
symlinkSync('../secret', join(root, 'out'))
symlinkSync(join(folder, 'secret'), join(root, 'out-absolute'))
symlinkSync('..', join(root, 'up'))
symlinkSync('page.txt', join(root, 'in'))
symlinkSync(join(root, 'page.txt'), join(root, 'in-absolute'))
symlinkSync('nothing', join(root, 'dangling'))
spawnSync('mkfifo', [join(root, 'fifo')])
utimesSync(join(root, 'page.txt'), 1_700_000_000, 1_700_000_000)
after(() => rmSync(folder, { recursive: true }))

for (const [name, words, environment] of [['the best driver', [], {}], ['the driver node, without the addon', [], { TRUEAIO_ADDON: 'off' }]] as const) {
  describe(`serve on ${name}`, () => {
    let served: Served
    before(async () => {
      served = await Served.start(root, words, environment)
      // The tag of a file that has changed within two seconds is a weak one, and a strong one afterwards. page.txt is the last that changed.
      const isOld = (): boolean => Date.now() - statSync(join(root, 'page.txt')).ctimeMs > 2_100
      assert.ok(await until(isOld))
    })
    after(async () => {
      assert.ok(await until(() => served.openBelow(root).length === 0), served.openBelow(root).join(' '))
      assert.equal(await served.stop(), 0)
      assert.match(served.stderr, /^serving [^\n]*\n$/)
    })

    test('a file, its head, its type', async () => {
      const { status, headers, body } = await served.get('/large.bin?query=1')
      assert.equal(status, 200)
      assert.ok(body.equals(large))
      assert.equal(headers['content-length'], String(large.length))
      assert.equal(headers['content-type'], 'application/octet-stream')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      const head = await served.get('/large.bin', {}, 'HEAD')
      assert.deepEqual([head.status, head.headers['content-length'], head.headers.etag, head.body.length], [200, String(large.length), headers.etag, 0])
      assert.equal((await served.get('/page.txt')).headers['content-type'], 'text/plain; charset=utf-8')
      assert.equal((await served.get('/list/x.constructor')).headers['content-type'], 'application/octet-stream')
      assert.deepEqual([(await served.get('/empty')).status, (await served.get('/empty')).body.length], [200, 0])
      assert.equal((await served.get('/list/f%FF')).body.toString(), 'foreign')
      assert.equal((await served.get('/list/a%20%26%20%22b%22%20%3Cc%3E%23%3F%25.md')).body.toString(), 'odd')
    })

    test('what is not there, and what may not be had', async () => {
      for (const path of ['/nothing', '/page.txt/', '/page.txt/x', '/.hidden', '/list/.dot', '/out', '/out-absolute', '/up/secret', '/dangling', '/fifo', `/${'x'.repeat(300)}`]) {
        const { status, body } = await served.get(path)
        assert.deepEqual([status, body.toString()], [404, '404 Not Found\n'], path)
      }
      for (const path of ['/../secret', '/docs/../../secret', '/%2e%2e/secret', '/..%2fsecret', '/docs%2findex.html', '/a%00b', '/%', '/%zz', '/./page.txt']) {
        assert.equal((await served.get(path)).status, 400, path)
      }
      for (const path of ['/in', '/up/root/page.txt', '/in-absolute', '//page.txt', '/docs//index.html']) assert.equal((await served.get(path)).status, 200, path)
      const posted = await served.get('/page.txt', {}, 'POST')
      assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD, OPTIONS'])
      assert.equal((await served.get('/page.txt', {}, 'OPTIONS')).status, 204)
    })

    test('ranges', async () => {
      const get = (range: string, more = {}) => served.get('/large.bin', { range, ...more })
      for (const [range, start, end] of [['bytes=0-0', 0, 1], ['bytes=5-9', 5, 10], ['bytes=700000-', 700_000, 700_001], ['bytes=-3', 699_998, 700_001], ['bytes=100-9999999999999999999', 100, 700_001], ['bytes=-999999999', 0, 700_001], ['bytes=100000-600000', 100_000, 600_001]] as const) {
        const { status, headers, body } = await get(range)
        assert.equal(status, 206, range)
        assert.equal(headers['content-range'], `bytes ${String(start)}-${String(end - 1)}/700001`)
        assert.ok(body.equals(large.subarray(start, end)), range)
      }
      for (const range of ['bytes=700001-', 'bytes=-0', 'bytes=800000-900000,900000-']) {
        const { status, headers } = await get(range)
        assert.deepEqual([status, headers['content-range']], [416, 'bytes */700001'])
      }
      for (const range of ['bytes=9-5', 'bytes=', 'lines=1-2', 'bytes=a-b', 'bytes=-', 'bytes=0-,0-', `bytes=${'0-1,'.repeat(20)}`]) assert.equal((await get(range)).status, 200, range)
      const { status, headers, body } = await get('bytes=0-4, 100000-299999,-2')
      assert.equal(status, 206)
      const [, boundary] = /^multipart\/byteranges; boundary=(\w+)$/.exec(headers['content-type'] ?? '') ?? []
      const parts = [[0, 5], [100_000, 300_000], [699_999, 700_001]].map(([start = 0, end = 0]) => Buffer.concat([
        Buffer.from(`\r\n--${String(boundary)}\r\ncontent-type: application/octet-stream\r\ncontent-range: bytes ${String(start)}-${String(end - 1)}/700001\r\n\r\n`), large.subarray(start, end),
      ]))
      assert.ok(body.equals(Buffer.concat([...parts, Buffer.from(`\r\n--${String(boundary)}--\r\n`)])))
      assert.equal((await served.get('/empty', { range: 'bytes=0-' })).status, 416)
    })

    test('conditions', async () => {
      const { headers } = await served.get('/page.txt')
      const { etag = '', 'last-modified': modified = '' } = headers
      assert.match(etag, /^"/)
      assert.equal(modified, 'Tue, 14 Nov 2023 22:13:20 GMT')
      const status = async (more: Record<string, string>): Promise<number> => (await served.get('/page.txt', more)).status
      assert.equal(await status({ 'if-none-match': etag }), 304)
      assert.equal(await status({ 'if-none-match': `"other", ${etag}` }), 304)
      assert.equal(await status({ 'if-none-match': '*' }), 304)
      assert.equal(await status({ 'if-none-match': '"other"', 'if-modified-since': modified }), 200)
      assert.equal(await status({ 'if-modified-since': modified }), 304)
      assert.equal(await status({ 'if-modified-since': 'Tue, 14 Nov 2023 22:13:19 GMT' }), 200)
      assert.equal(await status({ 'if-modified-since': 'yesterday' }), 200)
      assert.equal(await status({ 'if-match': '"other"' }), 412)
      assert.equal(await status({ 'if-match': '*' }), 200)
      assert.equal(await status({ 'if-unmodified-since': 'Tue, 14 Nov 2023 22:13:19 GMT' }), 412)
      const cached = await served.get('/page.txt', { 'if-none-match': etag })
      assert.deepEqual([cached.body.length, cached.headers.etag, cached.headers['content-type']], [0, etag, undefined])
      const range = 'bytes=0-4'
      assert.equal(await status({ range, 'if-range': etag }), 206)
      assert.equal(await status({ range, 'if-range': modified }), 206)
      assert.equal(await status({ range, 'if-range': '"other"' }), 200)
      assert.equal(await status({ range, 'if-range': `W/${etag}` }), 200)
      assert.equal(await status({ range, 'if-range': 'Tue, 14 Nov 2023 22:13:19 GMT' }), 200)
    })

    test('the tag of a file that has just changed is a weak one', async () => {
      let etag = ''
      // On a machine that takes two seconds for a request it would be a strong one.
      for (let tries = 0; tries < 5 && !etag.startsWith('W/'); tries++) {
        writeFileSync(join(root, 'docs/deep/fresh'), String(tries))
        etag = (await served.get('/docs/deep/fresh')).headers.etag ?? ''
      }
      assert.match(etag, /^W\/"/)
    })

    test('compression, each with a tag of its own', async () => {
      const tags = new Set<unknown>()
      for (const [accept, coding] of [['br, gzip', 'br'], ['gzip', 'gzip'], ['gzip;q=1, br;q=0.5', 'gzip'], ['br;q=0, gzip;q=0', undefined], ['*', 'br'], ['identity;q=1, br;q=0.1', undefined], ['deflate', undefined]] as const) {
        const { status, headers, body } = await served.get('/page.txt', { 'accept-encoding': accept })
        assert.deepEqual([status, headers['content-encoding'], headers.vary], [200, coding, 'Accept-Encoding'], accept)
        assert.equal((coding === 'br' ? brotliDecompressSync(body) : coding === 'gzip' ? gunzipSync(body) : body).toString(), text)
        tags.add(headers.etag)
        assert.equal((await served.get('/page.txt', { 'accept-encoding': accept, 'if-none-match': headers.etag })).status, 304)
        const head = await served.get('/page.txt', { 'accept-encoding': accept }, 'HEAD')
        assert.deepEqual([head.headers.etag, head.headers['content-encoding'], head.body.length], [headers.etag, coding, 0])
      }
      assert.equal(tags.size, 3)
      const part = await served.get('/page.txt', { 'accept-encoding': 'br', range: 'bytes=0-9' })
      assert.deepEqual([part.status, part.headers['content-encoding'], part.headers.vary, part.body.toString()], [206, undefined, 'Accept-Encoding', text.slice(0, 10)])
      assert.equal((await served.get('/large.bin', { 'accept-encoding': 'br' })).headers['content-encoding'], undefined)
    })

    test('listings, index files, redirects', async () => {
      const page = await served.get('/list/')
      assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
      const html = page.body.toString()
      assert.ok(html.includes('<a href="./a%20%26%20%22b%22%20%3Cc%3E%23%3F%25.md">a &#38; &#34;b&#34; &#60;c&#62;#?%.md</a>'), html)
      assert.ok(html.includes('./f%FF') && !html.includes('.dot') && !html.includes('fifo'))
      const json = await served.get('/list/', { accept: 'application/json, */*' })
      assert.equal(json.headers['content-type'], 'application/json')
      const entries = JSON.parse(json.body.toString()) as readonly { readonly name: string, readonly href: string, readonly type: string, readonly size?: number }[]
      assert.deepEqual(entries.map(({ href, type, size }) => [href, type, size]), [
        ['inner/', 'directory', undefined], ['a%20%26%20%22b%22%20%3Cc%3E%23%3F%25.md', 'file', 3], ['f%FF', 'file', 7], ['x.constructor', 'file', 1],
      ])
      assert.equal((await served.get('/docs/')).body.toString(), '<p>index')
      const moved = await served.get('//docs/deep?x=1')
      assert.deepEqual([moved.status, moved.headers.location], [301, '/docs/deep/?x=1'])
      assert.equal((await served.get('//evil.example/..')).status, 400)
      const packed = await served.get('/', { 'accept-encoding': 'gzip' })
      assert.ok((packed.headers['content-encoding'] === 'gzip' ? gunzipSync(packed.body) : packed.body).toString().includes('page.txt'))
    })
  })
}

describe('serve', () => {
  test('what is asked for by options', async () => {
    const served = await Served.start(root, ['--dot-files', '--follow-links', '--no-listing', '--no-compression', '--json'])
    assert.equal((await served.get('/.hidden')).body.toString(), 'SECRET')
    assert.equal((await served.get('/out')).body.toString(), 'SECRET')
    assert.equal((await served.get('/up/secret')).body.toString(), 'SECRET')
    assert.equal((await served.get('/list/')).status, 404)
    const plain = await served.get('/page.txt', { 'accept-encoding': 'br', 'user-agent': 'a "test"\\' })
    assert.deepEqual([plain.headers['content-encoding'], plain.headers.vary], [undefined, undefined])
    assert.equal(await served.stop('SIGINT'), 0)
    const lines = served.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(lines.map(({ url, status, bytes }) => [url, status, bytes]), [['/.hidden', 200, 6], ['/out', 200, 6], ['/up/secret', 200, 6], ['/list/', 404, 14], ['/page.txt', 200, text.length]])
    assert.equal(lines.at(-1)?.['userAgent'], 'a "test"\\')
  })

  test('on threads alone; curl gets the same bytes, whole, in ranges and resumed; the log has one line for each, whatever a client sends', async () => {
    const served = await Served.start(root, ['--driver', 'thread-pool'])
    for (const [path, status] of [['/out', 404], ['/out-absolute', 404], ['/in-absolute', 200], ['/up/secret', 404], ['/fifo', 404], ['/list/', 200]] as const) {
      assert.equal((await served.get(path)).status, status, path)
    }
    const url = `http://127.0.0.1:${String(served.port)}`
    const curl = async (...words: string[]): Promise<Buffer> => (await promisify(execFile)('curl', ['-sSf', ...words], { encoding: 'buffer', cwd: folder, maxBuffer: 2 ** 24 })).stdout
    assert.ok((await curl(`${url}/large.bin`)).equals(large))
    assert.ok((await curl('-r', '1000-200000', `${url}/large.bin`)).equals(large.subarray(1000, 200_001)))
    writeFileSync(join(folder, 'got'), large.subarray(0, 123_456))
    await curl('-C', '-', '-o', 'got', `${url}/large.bin`)
    assert.ok(readFileSync(join(folder, 'got')).equals(large))
    assert.equal((await curl('--compressed', `${url}/page.txt`)).toString(), text)
    assert.equal((await curl('--http1.0', `${url}/page.txt`)).toString(), text)
    assert.equal((await curl('-L', `${url}/docs`)).toString(), '<p>index')
    await served.get('/page.txt', { 'user-agent': 'x" 200 \\', referer: 'caf\xe9' })
    assert.equal(await served.stop(), 0)
    const lines = served.stdout.trimEnd().split('\n')
    assert.equal(lines.length, 14)
    assert.match(lines.at(-1) ?? '', /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/page\.txt HTTP\/1\.1" 200 6000 "caf\\xe9" "x\\" 200 \\\\"$/)
  })

  const certificate = makeCertificate()
  test('https', { skip: certificate === undefined ? 'there is no openssl here' : false }, async () => {
    writeFileSync(join(folder, 'cert.pem'), certificate?.cert ?? '')
    writeFileSync(join(folder, 'key.pem'), certificate?.key ?? '')
    const served = await Served.start(root, ['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem'), '-q'])
    const body = await new Promise<Buffer>((resolve, reject) => {
      https.get({ host: '127.0.0.1', port: served.port, path: '/large.bin', rejectUnauthorized: false, agent: false }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)))
      }).on('error', reject)
    })
    assert.ok(body.equals(large))
    assert.equal(await served.stop(), 0)
    assert.equal(served.stdout, '')
  })

  test('what is refused, and what to do', async () => {
    const taken = await Served.start(root)
    const { status, stderr } = run(['serve', '--port', String(taken.port), root])
    assert.match(stderr, /is in use: give another one with --port, or 0/)
    assert.equal(status, 1)
    for (const [words, kind, said] of [
      [[join(root, 'page.txt')], Refusal, /page\.txt cannot be served: .*Name a directory that can be read/],
      [[join(root, 'nothing')], Refusal, /ENOENT.*Name a directory/],
      [['--host', '203.0.113.1', root], Refusal, /cannot listen: .*EADDRNOTAVAIL/],
      [['--tls-cert', 'x', root], UsageError, /belong together/],
      [['--tls-cert', 'x', '--tls-key', 'y', root], Refusal, /certificate cannot be used: ENOENT/],
      [['--port', '65536'], UsageError, /--port must be a whole number from 0 to 65535/],
      [['--grace', 'soon'], UsageError, /--grace must be a time/],
      [['--driver', 'floppy'], UsageError, /--driver must be one of/],
      [[root, root], UsageError, /serve takes one directory/],
      [[''], UsageError, /DIRECTORY is empty/],
    ] as const) await assert.rejects(async () => serve.run(readWords(serve, words), words, { mainFile: '', version: '' }), (error: Error) => error instanceof kind && said.test(error.message), words.join(' '))
    assert.equal(await taken.stop(), 0)
  })
})

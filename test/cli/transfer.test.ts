// `trueaio transfer`, as a user runs it: every end that a shell can name, with and without the addon; what is refused.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { command, inFolder, run } from './command.js'

const BYTES = Buffer.alloc(300_000, 'bytes that can be told apart, ')

interface Moved {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** With servers of this process, which spawnSync would keep from answering. */
async function moved(words: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}, input?: Uint8Array): Promise<Moved> {
  const child = spawn(process.execPath, [command, 'transfer', ...words], { cwd, stdio: 'pipe', env: { ...process.env, NO_COLOR: '1', ...environment } })
  const pieces: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  child.stderr.on('data', (piece: Buffer) => { stderr += piece.toString() })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = await once(child, 'close') as [number | null]
  return { code, stdout: Buffer.concat(pieces), stderr }
}

async function received(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

for (const environment of [{}, { TRUEAIO_ADDON: 'off' }]) {
  describe(`transfer with ${JSON.stringify(environment)}`, () => {
    test('standard input and output, ranges, digests, packed and unpacked', () => inFolder(async (folder) => {
      const digest = createHash('sha256').update(BYTES).digest('hex')
      const into = await moved(['--hash', 'sha256', '-', 'file'], folder, environment, BYTES)
      assert.deepEqual([into.code, into.stdout.toString()], [0, `sha256 ${digest}\n`], into.stderr)
      assert.ok(readFileSync(join(folder, 'file')).equals(BYTES))
      const packed = await moved(['--compress', 'gzip', 'file', '-'], folder, environment)
      assert.ok(gunzipSync(packed.stdout).equals(BYTES), packed.stderr)
      const unpacked = await moved(['--decompress', 'gzip', '--hash', 'sha256', '-', '-'], folder, environment, packed.stdout)
      assert.ok(unpacked.stdout.equals(BYTES))
      assert.equal(unpacked.stderr, `sha256 ${digest}\n`)
      assert.ok((await moved(['--offset', '1k', '--length', '2k', 'file', '-'], folder, environment)).stdout.equals(BYTES.subarray(1024, 3072)))
      assert.equal((await moved(['--length', '4', '--at', '10', 'file', 'file2'], folder, environment)).code, 0)
      assert.equal(readFileSync(join(folder, 'file2'), 'latin1'), `${'\0'.repeat(10)}byte`)
    }))

    test('a standard output that is read late', () => inFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), Buffer.alloc(2_000_000, 'x'))
      const child = spawn(process.execPath, [command, 'transfer', 'file', '-'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } })
      await new Promise((resolve) => setTimeout(resolve, 1500)) // nobody reads: what is on its way is full by then
      let bytes = 0
      child.stdout.on('data', (piece: Buffer) => { bytes += piece.length })
      assert.deepEqual(await once(child, 'close'), [0, null])
      assert.equal(bytes, 2_000_000)
    }))

    test('TCP and Unix sockets, to and from', () => inFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), BYTES)
      for (const place of [{ port: 0, host: '127.0.0.1' }, { path: join(folder, 'socket') }]) {
        const sockets: Promise<Buffer>[] = []
        const server = createServer({ allowHalfOpen: false }, (socket) => {
          if (sockets.length === 0) sockets.push(received(socket))
          else socket.end(BYTES)
        }).listen(place)
        await once(server, 'listening')
        const end = 'path' in place ? `unix:${place.path}` : `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`
        const sent = await moved(['file', end], folder, environment)
        assert.equal(sent.code, 0, sent.stderr)
        assert.ok((await sockets[0])?.equals(BYTES))
        sockets.push(Promise.resolve(BYTES))
        assert.equal((await moved([end, 'copy'], folder, environment)).code, 0)
        assert.ok(readFileSync(join(folder, 'copy')).equals(BYTES))
        server.close()
      }
      assert.equal((await moved(['file', 'tcp://127.0.0.1:1'], folder, environment)).code, 1)
    }))

    test('http: GET with headers, PUT, and a status that is none of success', () => inFolder(async (folder) => {
      let put = Buffer.alloc(0)
      const server = createHttpServer((request, response) => {
        if (request.method === 'PUT') void received(request as unknown as Socket).then((bytes) => { put = Buffer.from(bytes); response.end() })
        else if (request.headers['x-key'] === 'right') response.end(BYTES)
        else response.writeHead(403).end('no')
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/x`
      const got = await moved(['--header', 'X-Key: right', '--json', url, 'file'], folder, environment)
      assert.equal(got.code, 0, got.stderr)
      assert.equal((JSON.parse(got.stdout.toString()) as { bytes: number }).bytes, BYTES.length)
      assert.equal((await moved(['file', url], folder, environment)).code, 0)
      assert.ok(put.equals(BYTES))
      const refused = await moved([url, 'other'], folder, environment)
      assert.deepEqual([refused.code, readdirSync(folder)], [1, ['file']])
      assert.match(refused.stderr, /the server answered 403/)
      server.close()
    }))
  })
}

test('a reader that has gone ends it quietly', () => inFolder(async (folder) => {
  writeFileSync(join(folder, 'file'), Buffer.alloc(4_000_000))
  const child = spawn(process.execPath, [command, 'transfer', 'file', '-'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => { stderr += piece.toString() })
  child.stdout.once('data', () => child.stdout.destroy())
  const [code] = await once(child, 'close') as [number | null]
  assert.deepEqual([code, stderr], [0, ''])
}))

test('what is refused', () => inFolder((folder) => {
  writeFileSync(join(folder, 'file'), 'x')
  for (const [words, code, said] of [
    [['file'], 2, /transfer needs FROM and TO, and got 'file'/],
    [['file', 'ftp://x/y'], 2, /has the scheme 'ftp', which is not supported: expected a path/],
    [['file', 'tcp://host'], 2, /has no port: expected tcp:\/\/host:port/],
    [['file', 'tcp://host:99999'], 2, /a port from 1 to 65535/],
    [['--offset', 'x', 'file', 'y'], 2, /--offset must be a number of bytes/],
    [['--hash', 'none', 'file', 'y'], 2, /--hash must be one of/],
    [['--resume', 'file', '-'], 2, /--resume needs a file as TO/],
    [['--header', 'x', 'file', 'y'], 2, /--header must be 'Name: value'/],
    [['file', 'file'], 1, /the same: name another target/],
    [['.', 'y'], 1, /is a directory: use 'trueaio copy'/],
    [['nothing', 'y'], 1, /open of source nothing failed: ENOENT/],
  ] as const) {
    const { status, stderr } = run(['transfer', ...words], folder)
    assert.match(stderr, said)
    assert.equal(status, code, stderr)
  }
  assert.deepEqual(readdirSync(folder), ['file'])
}))

// `trueaio serve` among clients and files that behave badly: cut requests, paths that would lead elsewhere, readers that stop, files that change
// under it. Nothing is left
// open afterwards.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import type net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Root } from '#src/cli/serve/root.js'
import { wantedOf } from '#src/cli/serve/request-path.js'
import { allOf, Served, until } from './served.js'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trueaio-serve-hostile-')))
const root = join(folder, 'root')
/** More than sockets hold on their way. */
const HUGE_BYTES = 2 ** 24 + 2 ** 23
mkdirSync(join(root, 'a/b'), { recursive: true })
writeFileSync(join(folder, 'secret'), 'SECRET')
writeFileSync(join(root, '.hidden'), 'SECRET')
writeFileSync(join(root, 'file'), 'content')
writeFileSync(join(root, 'a/b/file'), 'content')
symlinkSync('../secret', join(root, 'out'))
symlinkSync(folder, join(root, 'a/up'))
after(() => rmSync(folder, { recursive: true }))

function hugeFile(name: string): string {
  const path = join(root, name)
  writeFileSync(path, '')
  truncateSync(path, HUGE_BYTES)
  return path
}

const SEED = Number(process.env['TRUEAIO_SEED'] ?? 14)

/** xorshift32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const PARTS = ['..', '.', '%2e', '%2E%2e', '.%2e', '%2f', '%5c', '\\', '/', '//', '%00', '%0a', '%', '%c0%ae', '%c0%af', '%252e%252e', 'a', 'b', 'up', 'out', 'file', 'secret', '.hidden', '%2ehidden', 'root', ';', '?x=/../', '%ff', '~', 'proc', 'self', 'etc', 'passwd', '%20', ':', '*']

function chancePath(random: (below: number) => number): string {
  return `/${Array.from({ length: 1 + random(6) }, () => (PARTS[random(PARTS.length)] ?? '') + (random(3) === 0 ? '' : '/')).join('')}`
}

/** Begins a request for a file, and waits for its first bytes. */
async function begun(served: Served, path: string): Promise<net.Socket> {
  const socket = await served.raw()
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  await once(socket, 'readable')
  return socket
}

test('5000 paths by chance: none is more than a name below the root', async () => {
  const root_ = await Root.open(root, { followsLinks: false })
  const random = randomFrom(SEED)
  const found = new Map<string, boolean>()
  for (let count = 0; count < 5_000; count++) {
    const wanted = wantedOf(chancePath(random), false)
    if (typeof wanted === 'number') continue
    for (const name of wanted.names) assert.ok(name.length > 0 && !name.includes(0) && !name.includes('/') && name[0] !== 0x2e)
    const path = wanted.names.join('/')
    if (found.has(path)) continue
    const opened = await root_.find(wanted.names).catch(() => undefined)
    found.set(path, opened !== undefined)
    if (opened === undefined) continue
    assert.match(`${readlinkSync(`/proc/self/fd/${String(opened.fd)}`)}/`, new RegExp(`^${root}/`))
    closeSync(opened.fd)
  }
  assert.ok(found.size > 500 && [...found.values()].includes(true))
  await root_.close()
})

for (const [name, environment] of [['the best driver', {}], ['the driver node', { TRUEAIO_DRIVER: 'node' }]] as const) {
  describe(`serve among bad clients, on ${name}`, () => {
    let served: Served
    let silent: readonly Promise<Buffer>[]
    before(async () => {
      served = await Served.start(root, ['-q'], environment)
      // One sends nothing, one half a head.
      const sockets = [await served.raw(), await served.raw()]
      sockets[1]?.write('GET /file HTTP/1.1\r\nhost: ')
      silent = sockets.map((socket) => allOf(socket).finally(() => socket.destroy()))
    })
    after(async () => {
      assert.equal((await served.get('/file')).body.toString(), 'content')
      const endings = await Promise.all(silent)
      for (const ending of endings) assert.match(ending.toString(), /^(HTTP\/1\.1 408 [^]*)?$/)
      assert.ok(await until(() => served.openBelow(root).length === 0), served.openBelow(root).join(' '))
      assert.equal(await served.stop(), 0)
      assert.match(served.stderr, /^serving [^\n]*\n$/)
    })

    test('requests that are cut at every byte, by an end and by a reset', async () => {
      const request = 'GET /a/b/file HTTP/1.1\r\nhost: x\r\nrange: bytes=0-3\r\n\r\n'
      await Promise.all(Array.from({ length: request.length }, async (_, length) => {
        const ended = await served.raw()
        ended.end(request.slice(0, length))
        const answer = (await allOf(ended)).toString()
        assert.ok(answer === '' || answer.startsWith('HTTP/1.1 400 '), `${String(length)}: ${answer}`)
        ended.destroy()
        const reset = await served.raw()
        reset.write(request.slice(0, length), () => reset.resetAndDestroy())
      }))
      const split = await served.raw()
      split.setNoDelay(true)
      for (const character of request) await new Promise((resolve) => split.write(character, resolve))
      split.end()
      assert.match((await allOf(split)).toString(), /^HTTP\/1\.1 206 [^]*\r\n\r\ncont$/)
    })

    test(`1000 paths by chance lead nowhere else (TRUEAIO_SEED=${String(SEED)})`, async () => {
      const random = randomFrom(SEED)
      const counts = new Map<string, number>()
      for (let round = 0; round < 10; round++) {
        const paths = Array.from({ length: 100 }, () => chancePath(random))
        const socket = await served.raw()
        socket.write(`${paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`).join('')}GET /file HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
        const answer = (await allOf(socket)).toString('latin1')
        assert.ok(!answer.includes('SECRET') && !answer.includes('root:x'), paths.join('\n'))
        const statuses = answer.match(/HTTP\/1\.1 \d{3} /g) ?? []
        assert.equal(statuses.length, 101, `${paths.join('\n')}\n${answer}`)
        for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1)
        assert.ok(answer.endsWith('content'))
      }
      assert.deepEqual([...counts.keys()].sort(), ['HTTP/1.1 200 ', 'HTTP/1.1 301 ', 'HTTP/1.1 400 ', 'HTTP/1.1 404 '])
    })

    test('what is no http, or too much of it', async () => {
      for (const [sent, status] of [['hello\r\n\r\n', 400], ['GET http://x/file HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 200], ['GET * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400], [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431], ['GET /file HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello', 200], ['PUT /file HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 405]] as const) {
        const socket = await served.raw()
        socket.write(sent)
        const answer = (await allOf(socket)).toString()
        socket.destroy()
        assert.ok(answer.startsWith(`HTTP/1.1 ${String(status)} `), `${sent.slice(0, 50)}: ${answer}`)
      }
    })

    test('a client that goes in the middle leaves nothing open', async () => {
      hugeFile('left')
      for (const end of ['destroy', 'resetAndDestroy'] as const) {
        const sockets = await Promise.all([1, 2, 3].map(() => begun(served, '/left')))
        assert.ok(served.openBelow(root).length > 0)
        for (const socket of sockets) socket[end]()
        assert.ok(await until(() => served.openBelow(root).length === 0))
      }
    })

    test('a file that shrinks meanwhile breaks its connection; one that vanishes or is replaced is served as it was', async () => {
      const shrinking = await begun(served, (hugeFile('shrinks'), '/shrinks'))
      const vanishing = await begun(served, (hugeFile('vanishes'), '/vanishes'))
      const replaced = await begun(served, (hugeFile('replaced'), '/replaced'))
      truncateSync(join(root, 'shrinks'), 100)
      unlinkSync(join(root, 'vanishes'))
      writeFileSync(join(root, 'new'), 'x'.repeat(10))
      renameSync(join(root, 'new'), join(root, 'replaced'))
      const bytes = async (socket: net.Socket): Promise<number> => {
        const all = await allOf(socket)
        assert.ok(all.includes(`content-length: ${String(HUGE_BYTES)}\r\n`))
        return all.length - all.indexOf('\r\n\r\n') - 4
      }
      assert.ok(await bytes(shrinking) < HUGE_BYTES)
      assert.equal(await bytes(vanishing), HUGE_BYTES)
      assert.equal(await bytes(replaced), HUGE_BYTES)
      assert.equal((await served.get('/replaced')).body.length, 10)
    })
  })
}

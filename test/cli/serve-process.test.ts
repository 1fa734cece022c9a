// `trueaio serve` as a process: how it stops, with few descriptors, with 10,000 files in a directory, under wrk, and when nobody reads its log.
import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import type net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { command } from './command.js'
import { allOf, Served, until } from './served.js'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'trueaio-serve-process-')))
/** More than sockets hold on their way. */
const HUGE_BYTES = 2 ** 24 + 2 ** 23
writeFileSync(join(root, 'file'), 'content')
writeFileSync(join(root, 'huge'), '')
truncateSync(join(root, 'huge'), HUGE_BYTES)
after(() => rmSync(root, { recursive: true }))

/** Begins a request for the huge file, and waits for its first bytes. */
async function begun(served: Served): Promise<net.Socket> {
  const socket = await served.raw()
  socket.write('GET /huge HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await once(socket, 'readable')
  return socket
}

describe('serve', () => {
  test('stops: none is taken any more, what is under way ends, and then the exit is 0', async () => {
    const served = await Served.start(root)
    const idle = await served.raw()
    const socket = await begun(served)
    const exit = served.stop()
    assert.ok((await allOf(idle)).length === 0)
    // The kernel takes one more into its queue now and then, until the socket that listens is closed. Nobody answers it.
    let refusal: NodeJS.ErrnoException | undefined = undefined
    for (let tries = 0; tries < 100 && refusal === undefined; tries++) {
      await served.raw().then((late) => late.destroy(), (error: unknown) => (refusal = error as NodeJS.ErrnoException))
    }
    assert.equal((refusal as NodeJS.ErrnoException | undefined)?.code, 'ECONNREFUSED')
    const all = await allOf(socket)
    assert.ok(all.length > HUGE_BYTES)
    assert.equal(await exit, 0)
  })

  test('stops within --grace, whatever a reader does; the second signal ends it at once', async () => {
    const served = await Served.start(root, ['--grace', '300ms', '--json'])
    const socket = await begun(served)
    assert.equal(await served.stop('SIGINT'), 0)
    assert.deepEqual((JSON.parse(served.stdout) as Record<string, unknown>)['cut'], true)
    socket.destroy()
    const other = await Served.start(root, ['--grace', '1h'])
    const reader = await begun(other)
    const exit = other.stop()
    await until(() => false, 200)
    process.kill(other.pid, 'SIGTERM')
    assert.equal(await exit, 143)
    reader.destroy()
  })

  test('with 48 descriptors, 100 clients at once are served or asked to come again, and later ones are served', async (context) => {
    if (spawnSync('prlimit', ['--version']).status !== 0) return context.skip('there is no prlimit here')
    const served = await Served.start(root, ['-q'])
    assert.equal(spawnSync('prlimit', ['--nofile=48:48', '--pid', String(served.pid)]).status, 0)
    const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await served.get('/file', { connection: 'close' })).status))
    assert.deepEqual(statuses.filter((status) => status !== 200 && status !== 503), [])
    assert.equal(statuses.length, 100)
    assert.equal((await served.get('/file')).status, 200)
    assert.equal(await served.stop(), 0)
  })

  test('10,000 files in a directory; others are served meanwhile', async () => {
    const many = join(root, 'many')
    mkdirSync(many)
    for (let index = 0; index < 10_000; index++) writeFileSync(join(many, `f${String(index)}`), '')
    const served = await Served.start(root, ['-q'])
    const [page, file] = await Promise.all([served.get('/many/'), served.get('/file')])
    assert.equal(page.body.toString().match(/<a href=".\/f/g)?.length, 10_000)
    assert.equal(file.body.toString(), 'content')
    assert.equal(await served.stop(), 0)
  })

  test('wrk has no errors', async (context) => {
    if (spawnSync('wrk', ['-v']).error !== undefined) return context.skip('there is no wrk here')
    const served = await Served.start(root, ['-q'])
    const { stdout } = await promisify(execFile)('wrk', ['-d', '1', '-c', '32', '-t', '1', `http://127.0.0.1:${String(served.port)}/file`])
    assert.match(stdout, /\d+ requests in/)
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/)
    assert.equal(await served.stop(), 0)
  })

  test('whoever reads the log may go', async () => {
    const child = spawn('sh', ['-c', `"$0" "$1" serve --port 0 "$2" | head -n 1`, process.execPath, command, root], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (piece: Buffer) => { stderr += piece.toString() })
    const closed = once(child, 'close') as Promise<[number]>
    assert.ok(await until(() => /:(\d+)\/\n/.test(stderr)))
    const url = `http://127.0.0.1:${String(/:(\d+)\/\n/.exec(stderr)?.[1])}/file`
    for (let tries = 0; tries < 100; tries++) await fetch(url).then((answer) => answer.text(), () => undefined)
    assert.equal((await closed)[0], 0)
    assert.match(stderr, /^serving [^\n]*\n$/)
  })
})

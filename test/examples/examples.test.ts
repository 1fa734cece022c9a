// Every program in examples/ runs as its first lines say, and does what they say.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { threadPool, ioUring } from 'trueaio'
import { withoutRing } from '../harsh/ring-here.js'

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url))
const tried = new Set<string>()
let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueaio-examples-'))
})
after(() => {
  rmSync(folder, { recursive: true })
  assert.deepEqual([...tried].sort(), readdirSync(examples).sort(), 'every example is tried')
})

function run(name: string, ...given: readonly string[]): { readonly status: number | null; readonly lines: string[]; readonly stderr: string } {
  tried.add(name)
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(examples, name), ...given], { encoding: 'utf8', timeout: 30_000 })
  return { status, stderr, lines: stdout.trimEnd().split('\n') }
}

/** A tree with so many files of one line each. */
function makeTree(name: string, files: number): string {
  const tree = join(folder, name)
  mkdirSync(join(tree, 'below'), { recursive: true })
  for (let index = 0; index < files; index++) writeFileSync(join(tree, index % 2 === 0 ? 'below' : '', `${String(index)}.txt`), `${String(index)}\n`)
  return tree
}

test('count-lines', () => {
  const tree = makeTree('counted', 100)
  writeFileSync(join(tree, 'four.md'), 'a\n\nb\nc\n')
  assert.deepEqual(run('count-lines.mjs', tree), { status: 0, stderr: '', lines: ['       100 .txt', '         4 .md'] })
})

test('opentelemetry', () => {
  const { status, lines, stderr } = run('opentelemetry.mjs', fileURLToPath(new URL('opentelemetry.mjs', new URL('../../../examples/', import.meta.url))))
  assert.equal(status, 0, stderr)
  assert.deepEqual(lines.map((line) => line.replace(/^trueaio (\w+).* (\w+) [\d.]+ ms$/, '$1 $2')), ['open ok', 'read ok', 'close ok', 'open ENOENT'])
})

test('durable-log', () => {
  const log = join(folder, 'log')
  const { status, lines, stderr } = run('durable-log.mjs', log, '8', '10')
  assert.equal(status, 0, stderr)
  const [, count, syncs] = /^(\d+) lines, (\d+) syncs$/.exec(lines[0] ?? '') ?? []
  assert.equal(Number(count), 80)
  assert.ok(Number(syncs) >= 10 && Number(syncs) < 80, lines[0]) // each writer waits ten times; others share
  const written = readFileSync(log, 'utf8').trimEnd().split('\n')
  for (let writer = 0; writer < 8; writer++) {
    const own = written.filter((line) => line.startsWith(`writer ${String(writer)},`))
    assert.deepEqual(own, Array.from({ length: 10 }, (_, line) => `writer ${String(writer)}, line ${String(line)}`))
  }
})

test('copy-by-deadline', () => {
  const tree = makeTree('copied', 40)
  assert.deepEqual(run('copy-by-deadline.mjs', tree, join(folder, 'copy')), { status: 0, stderr: '', lines: ['copied'] })
  assert.deepEqual(readdirSync(join(folder, 'copy'), { recursive: true }).sort(), readdirSync(tree, { recursive: true }).sort())
  const large = makeTree('large', 3000)
  const late = run('copy-by-deadline.mjs', large, join(folder, 'late'), '2')
  assert.equal(late.status, 1, late.stderr)
  assert.match(late.lines[0] ?? '', /^out of time: at least \d+ entries are there$/)
  assert.equal(run('copy-by-deadline.mjs').status, 2)
})

test('follow', async () => {
  tried.add('follow.mjs')
  const file = join(folder, 'followed')
  writeFileSync(file, 'there before\n')
  const child = spawn(process.execPath, [join(examples, 'follow.mjs'), file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let seen = ''
  child.stdout.setEncoding('utf8')
  for await (const text of child.stdout) {
    seen += text as string
    if (seen === 'there before\n') appendFileSync(file, 'one\n')
    else if (seen.endsWith('one\n')) appendFileSync(file, 'two\n')
    else if (seen.endsWith('two\n')) child.kill('SIGINT')
  }
  assert.equal(seen, 'there before\none\ntwo\n')
  assert.deepEqual(await closed, [0, null])
})

test('random-reads', () => {
  const file = join(folder, 'blocks')
  writeFileSync(file, Buffer.alloc(64 * 4096))
  const { status, lines, stderr } = run('random-reads.mjs', file, '5000', '16')
  assert.equal(status, 0, stderr)
  assert.match(lines[0] ?? '', new RegExp(`^\\d+ reads/s by (${withoutRing === false ? ioUring.name : threadPool.name}|node)`))
  assert.match(lines[1] ?? '', /^latency: median [\d.]+ µs, p99 [\d.]+ µs, most [\d.]+ µs$/)
})

test('test-with-faults', () => {
  const { status, lines, stderr } = run('test-with-faults.mjs', '100')
  assert.equal(status, 0, stderr)
  const [, replaced, failed] = /^\{ replaced: (\d+), failed: (\d+) \}$/.exec(lines[0] ?? '') ?? []
  assert.equal(Number(replaced) + Number(failed), 100)
  assert.ok(Number(replaced) > 10 && Number(failed) > 10, lines[0])
})

/** Starts a server of the examples, and waits until it says its port. */
async function serving(name: string, ...given: readonly string[]): Promise<{ readonly port: number, readonly said: () => string, readonly end: (signal?: NodeJS.Signals) => Promise<void> }> {
  tried.add(name)
  const child = spawn(process.execPath, [join(examples, name), ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  while (!text.includes('\n')) await Promise.race([once(child.stdout, 'data'), closed.then(() => assert.fail(`${name} has ended`))])
  return {
    port: Number(/ port (\d+)/.exec(text)?.[1]),
    said: () => text,
    async end(signal = 'SIGINT'): Promise<void> {
      child.kill(signal)
      assert.deepEqual(await closed, [0, null])
    },
  }
}

/** What comes back over one connection for a text, to its end. */
async function exchange(port: number, text: string): Promise<string> {
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  client.end(text)
  let back = ''
  for await (const part of client.setEncoding('utf8')) back += part as string
  return back
}

describe('examples of trueaio/net', () => {
  test('echo-server, behind tcp-proxy', async () => {
    const echo = await serving('echo-server.mjs', '127.0.0.1:0')
    const proxy = await serving('tcp-proxy.mjs', '127.0.0.1:0', `127.0.0.1:${String(echo.port)}`)
    const text = 'x'.repeat(1_000_000)
    assert.equal(await exchange(echo.port, 'hello'), 'hello')
    assert.equal(await exchange(proxy.port, text), text)
    await echo.end()
    await proxy.end()
    assert.match(proxy.said(), /1000000 bytes up, 1000000 bytes down/)
  })

  test('http-server', async () => {
    const tree = makeTree('served', 4)
    const server = await serving('http-server.mjs', '127.0.0.1:0', tree)
    const at = `http://127.0.0.1:${String(server.port)}`
    assert.equal(await (await fetch(`${at}/1.txt`)).text(), '1\n')
    assert.equal(await (await fetch(`${at}/below/2.txt`)).text(), '2\n')
    assert.equal((await fetch(`${at}/none`)).status, 404)
    assert.equal((await fetch(`${at}/..%2f..%2fetc/passwd`)).status, 403)
    await server.end()
  })

  test('udp-exporter', async () => {
    const sink = createSocket('udp4').bind(0, '127.0.0.1')
    await once(sink, 'listening')
    const exporter = await serving('udp-exporter.mjs', '127.0.0.1:0', `127.0.0.1:${String(sink.address().port)}`, '0.05')
    const source = createSocket('udp4')
    const sums = new Map<string, number>()
    const complete = new Promise<void>((resolve) => {
      sink.on('message', (message) => {
        for (const [, name = '', number] of message.toString().matchAll(/^(\w+):(\d+)$/gm)) sums.set(name, (sums.get(name) ?? 0) + Number(number))
        if (sums.get('a') === 41 && sums.get('b') === 2) resolve()
      })
    })
    for (const line of ['a:1', 'b:2', 'a:40']) await new Promise((resolve) => source.send(line, exporter.port, '127.0.0.1', resolve))
    await complete
    await exporter.end()
    source.close()
    sink.close()
  })

  test('chat', async () => {
    const server = await serving('chat.mjs', '127.0.0.1:0')
    const members = await Promise.all(Array.from({ length: 20 }, async () => {
      const member = net.connect({ port: server.port, host: '127.0.0.1' })
      await once(member, 'connect')
      return member.setEncoding('utf8')
    }))
    const [first, ...others] = members
    // Who is connected is not yet accepted: the first line is said until all have heard one.
    const heard = Promise.all(others.map((member) => once(member, 'data')))
    const saying = setInterval(() => first?.write('hello\n'), 20)
    for (const [line] of await heard) assert.match(String(line), /^(hello\n)+$/)
    clearInterval(saying)
    await server.end()
    for (const member of members) member.destroy()
  })
})

describe('examples of trueaio/transfer', () => {
  test('transfer-tree', () => {
    const tree = makeTree('transferred', 40)
    const { status, lines, stderr } = run('transfer-tree.mjs', tree, join(folder, 'transferred-copy'))
    assert.equal(status, 0, stderr)
    assert.match(lines[0] ?? '', /^copied 40 files, \d+ bytes$/)
    assert.deepEqual(readdirSync(join(folder, 'transferred-copy'), { recursive: true }).sort(), readdirSync(tree, { recursive: true }).sort())
    const late = run('transfer-tree.mjs', makeTree('transferred-late', 3000), join(folder, 'late-copy'), '1')
    assert.equal(late.status, 1, late.stderr)
    assert.match(late.lines[0] ?? '', /^out of time after \d+ bytes$/)
  })

  test('send-file, both ways', async () => {
    const source = join(folder, 'sent')
    writeFileSync(source, 'x'.repeat(1_000_000))
    const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `127.0.0.1:${String((server.address() as net.AddressInfo).port)}:tcp`
    tried.add('send-file.mjs')
    const child = spawn(process.execPath, [join(examples, 'send-file.mjs'), source, address], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    for await (const text of child.stdout.setEncoding('utf8')) said += text as string
    server.close()
    assert.match(said, /^1000000 bytes by (sendfile|pool thread)$/m)
  })

  test('copy-with-hash', () => {
    const source = join(folder, 'hashed')
    writeFileSync(source, 'abc')
    const { status, lines, stderr } = run('copy-with-hash.mjs', source, join(folder, 'hashed-copy'))
    assert.equal(status, 0, stderr)
    assert.deepEqual(lines, [`ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  ${join(folder, 'hashed-copy')}`])
  })

  test('resume-copy', async () => {
    const [source, target] = [join(folder, 'resumed'), join(folder, 'resumed-copy')]
    writeFileSync(source, 'y'.repeat(4_000_000))
    const child = spawn(process.execPath, [join(examples, 'resume-copy.mjs'), source, target, '4MB/s'], { stdio: 'ignore' })
    const closed = once(child, 'close')
    while (!existsSync(`${target}.journal`) || statSync(`${target}.journal`).size < 200) await setImmediate()
    child.kill('SIGKILL')
    await closed
    const { status, lines, stderr } = run('resume-copy.mjs', source, target)
    assert.equal(status, 0, stderr)
    const [, bytes, before] = /^(\d+) bytes, (\d+) of them from before$/.exec(lines[0] ?? '') ?? []
    assert.ok(Number(bytes) === 4_000_000 && Number(before) > 0 && Number(before) < 4_000_000, lines[0])
    assert.ok(readFileSync(target).equals(readFileSync(source)))
  })

  test('own-device', () => {
    const source = join(folder, 'lines')
    writeFileSync(source, 'one\ntwo\nthree\n')
    const { status, lines, stderr } = run('own-device.mjs', source, join(folder, 'lines-copy'))
    assert.equal(status, 0, stderr)
    assert.deepEqual(lines, ['14 bytes, 3 lines'])
  })
})

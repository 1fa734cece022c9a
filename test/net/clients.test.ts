// Programs and packages of others, unchanged, on connections of trueaio/net: PostgreSQL's and Redis' clients from npm against their servers, the servers'
// own clients through a proxy, and wrk. What is not installed here is skipped.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { attach, connect, createConnection, listen } from 'trueaio/net'

interface PostgresClient {
  connect(): Promise<void>
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>
  on(event: 'error', listener: (error: Error) => void): void
  end(): Promise<void>
}
interface Postgres { readonly Client: new (options: object) => PostgresClient }
interface RedisClient {
  set(key: string, value: string | Buffer): Promise<string>
  getBuffer(key: string): Promise<Buffer>
  incr(key: string): Promise<number>
  ping(): Promise<string>
  quit(): Promise<string>
}
type Redis = new (options: object) => RedisClient

const require = createRequire(import.meta.url)
const run = promisify(execFile)
const WAIT_MILLISECONDS = 100_000
const POSTGRES_FOLDERS = '/usr/lib/postgresql'

function found(command: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => fs.existsSync(join(folder, command)))
}

/** The folder of the newest PostgreSQL that Debian has put here. */
function postgresFolder(): string | undefined {
  const [newest] = fs.existsSync(POSTGRES_FOLDERS) ? fs.readdirSync(POSTGRES_FOLDERS).sort((one, other) => Number(other) - Number(one)) : []
  const folder = newest === undefined ? undefined : join(POSTGRES_FOLDERS, newest, 'bin')
  return folder !== undefined && fs.existsSync(join(folder, 'initdb')) ? folder : undefined
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A server process that ends with the tests; resolves when it takes connections. */
async function serving(child: ChildProcess, port: number): Promise<void> {
  after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGINT')
    await once(child, 'exit')
  })
  for (const end = Date.now() + WAIT_MILLISECONDS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const socket = net.connect(port, '127.0.0.1')
    const isThere = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
    socket.destroy()
    if (isThere) return
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the server does not answer (exit code ${String(child.exitCode)})`)
  }
}

/** A proxy through pipes of the kernel's. */
async function proxyTo(port: number): Promise<number> {
  const server = await listen('127.0.0.1:0')
  after(() => server.close())
  void (async () => {
    for await (const near of server) {
      void (async () => {
        const far = await connect({ host: '127.0.0.1', port })
        await Promise.all([near.forwardTo(far), far.forwardTo(near)]).finally(() => Promise.all([near.close(), far.close()]))
      })().catch(() => near.close())
    }
  })()
  if (server.address.family === 'Unix') throw new Error('listening on a port')
  return server.address.port
}

describe('redis', { skip: found('redis-server') ? false : 'there is no redis-server' }, () => {
  const Client = require('ioredis') as Redis

  test('its client from npm, many commands at once and large values; redis-cli through a proxy', async () => {
    const port = await freePort()
    await serving(spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' }), port)
    class Connector {
      #stream: ReturnType<typeof createConnection> | undefined
      firstError: Error | undefined
      check(): boolean {
        return true
      }
      connect(): Promise<unknown> {
        this.#stream = createConnection({ port, host: '127.0.0.1' })
        return Promise.resolve(this.#stream)
      }
      disconnect(): void {
        this.#stream?.end()
      }
    }
    const client = new Client({ Connector })
    assert.equal(await client.ping(), 'PONG')
    const counted = await Promise.all(Array.from({ length: 1000 }, () => client.incr('count')))
    assert.deepEqual(counted, Array.from({ length: 1000 }, (_, index) => index + 1))
    const large = Buffer.alloc(5 * 2 ** 20, 'redis')
    await client.set('large', large)
    assert.ok((await client.getBuffer('large')).equals(large))
    await client.quit()
    const { stdout } = await run('redis-cli', ['-p', String(await proxyTo(port)), 'get', 'count'])
    assert.equal(stdout.trim(), '1000')
  })
})

const postgres = postgresFolder()

describe('PostgreSQL', { skip: postgres === undefined ? 'there is no PostgreSQL server' : false }, () => {
  const { Client } = require('pg') as Postgres

  test('its client from npm; psql through a proxy', async () => {
    const folder = postgres as string // the tests are skipped otherwise
    const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-postgres-'))
    after(() => fs.rmSync(root, { recursive: true, force: true }))
    // It refuses to run as root.
    const user = process.getuid?.() === 0 ? { uid: Number(execFileSync('id', ['-u', 'postgres'])), gid: Number(execFileSync('id', ['-g', 'postgres'])) } : {}
    if (user.uid !== undefined) fs.chownSync(root, user.uid, user.gid)
    const data = join(root, 'data')
    execFileSync(join(folder, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'tester', '--no-sync', '--no-locale', '-E', 'UTF8'], { ...user, cwd: root, stdio: 'ignore' })
    const port = await freePort()
    await serving(spawn(join(folder, 'postgres'), ['-D', data, '-F', '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${root}`], { ...user, cwd: root, stdio: 'ignore' }), port)

    const stream = (): unknown => {
      const socket = createConnection({ port, host: '127.0.0.1' })
      return Object.assign(socket, { connect: () => socket }) // it has begun already
    }
    for (const end = Date.now() + WAIT_MILLISECONDS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const early = new Client({ stream, user: 'tester', database: 'postgres' })
      early.on('error', () => undefined)
      // "The database system is starting up" is an answer as well.
      const isUp = await early.connect().then(() => true, () => false)
      await early.end().catch(() => undefined)
      if (isUp) break
      if (Date.now() > end) throw new Error('the database does not start up')
    }
    const client = new Client({ stream, user: 'tester', database: 'postgres' })
    await client.connect()
    await client.query('create table words (id serial, word text)')
    for (let index = 0; index < 300; index++) await client.query('insert into words (word) values ($1)', [`word ${String(index)}`])
    const { rows } = await client.query('select word from words order by id')
    assert.deepEqual(rows.map(({ word }) => word), Array.from({ length: 300 }, (_, index) => `word ${String(index)}`))
    const large = 'p'.repeat(3 * 2 ** 20)
    assert.equal((await client.query('select $1::text as back', [large])).rows[0]?.['back'], large)
    await assert.rejects(client.query('select nothing from nowhere'), { code: '42P01' })
    await client.end()
    const { stdout } = await run('psql', ['-h', '127.0.0.1', '-p', String(await proxyTo(port)), '-U', 'tester', '-d', 'postgres', '-Atc', 'select count(*), md5(repeat(\'x\', 1000000)) from words'])
    assert.match(stdout, /^300\|[\da-f]{32}\n$/)
  })
})

test('wrk: keep-alive on 32 connections, and each answer is one', { skip: found('wrk') ? false : 'there is no wrk' }, async () => {
  let count = 0
  const server = http.createServer((_, answer) => {
    count++
    answer.end('Hello, World!')
  })
  void attach(server, await listen('127.0.0.1:0'))
  await once(server, 'listening')
  const { stdout } = await run('wrk', ['-t', '1', '-c', '32', '-d', '1s', `http://127.0.0.1:${String((server.address() as net.AddressInfo).port)}/`])
  const answered = Number(/(\d+) requests in/.exec(stdout)?.[1])
  assert.ok(answered > 0 && answered <= count && count - answered <= 32, `${String(answered)} of ${String(count)}`)
  assert.doesNotMatch(stdout, /Socket errors|Non-2xx/)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

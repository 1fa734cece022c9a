// A program that uses every entry of the package, each for work of its own, and says which driver carried it out.

/** Runs as a module, and in bundles of both kinds: nothing awaits outside of a function. */
export const EVERYTHING = `
import { createHash } from 'node:crypto'
import { openSync, closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Proactor, defaultProactor, statx } from 'trueaio'
import { Acall } from 'trueaio/acall'
import { CompletionPort } from 'trueaio/completion-port'
import { EventQueue } from 'trueaio/event-queue'
import fs from 'trueaio/fs'
import { readFile, rm, stat, writeFile } from 'trueaio/fs/promises'
import { IOCB_CMD_PREAD, io_destroy, io_getevents, io_setup, io_submit } from 'trueaio/linux-aio'
import { connect, listen } from 'trueaio/net'
import { aio_read, aio_return, aio_suspend, aiocb } from 'trueaio/posix-aio'
import { simulated } from 'trueaio/simulated'
import { hash, transfer } from 'trueaio/transfer'
import { Semaphore, compute } from 'trueaio/work'

function expect(actual, expected, what) {
  if (actual !== expected) throw new Error(what + ': ' + String(actual) + ' instead of ' + String(expected))
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'trueaio-everything-'))
  const path = join(folder, 'file')
  await writeFile(path, 'content')
  expect(await readFile(path, 'utf8'), 'content', 'fs/promises')
  expect((await stat(path)).size, 7, 'stat')
  expect(await new Promise((resolve) => fs.readFile(path, 'utf8', (error, text) => resolve(error ?? text))), 'content', 'fs')
  const stream = await new Promise((resolve, reject) => {
    let text = ''
    fs.createReadStream(path, 'utf8').on('data', (chunk) => { text += chunk }).on('error', reject).on('end', () => resolve(text))
  })
  expect(stream, 'content', 'stream')

  const io = new Proactor()
  expect((await io.submit(statx(path))).size, 7, 'proactor')
  await io.close()

  const fd = openSync(path, 'r')
  const queue = new EventQueue()
  queue.timer(1, 'tick')
  for await (const { cookie } of queue) {
    expect(cookie, 'tick', 'event-queue')
    break
  }
  await queue.close()

  const port = new CompletionPort()
  port.post({ key: 'hello', bytes: 5 })
  expect((await port.getMany())[0].key, 'hello', 'completion-port')
  port.close()

  const block = new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(7), aio_offset: 0 })
  aio_read(block)
  await aio_suspend([block], { timeout: 10000 })
  expect(aio_return(block), 7, 'posix-aio')

  const context = io_setup(4)
  io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: Buffer.alloc(3), aio_offset: 0 }])
  expect((await io_getevents(context, 1, 1))[0].res, 3, 'linux-aio')
  await io_destroy(context)

  const driver = simulated({ seed: 1 })
  driver.files.write('/file', 'simulated')
  const simulation = new Proactor({ driver })
  expect((await simulation.submit(statx('/file'))).size, 9, 'simulated')
  await simulation.close()

  const permits = new Semaphore(1)
  await permits.down()
  permits.up()
  writeFileSync(join(folder, 'task.mjs'), 'export const double = (value) => value * 2')
  expect(await compute({ module: new URL('file://' + join(folder, 'task.mjs')), name: 'double', argument: 21 }), 42, 'work')

  const { bytes, digests } = await transfer(path, path + '.copy', { through: [hash('sha256')] })
  expect(bytes, 7, 'transfer')
  expect(digests.sha256.toString('hex'), createHash('sha256').update('content').digest('hex'), 'transfer hash')
  expect(readFileSync(path + '.copy', 'utf8'), 'content', 'transfer copy')

  const used = defaultProactor().explain().find(({ state }) => state === 'in use').name
  if (used !== 'node') {
    const acall = new Acall()
    const { taken } = acall.submit([{ nr: 'getpid', args: [], cookie: 1 }])
    expect(taken, 1, 'acall')
    await acall.close()

    const server = await listen('127.0.0.1:0')
    const [peer, client] = await Promise.all([server.accept(), connect({ host: '127.0.0.1', port: server.address.port })])
    await client.send('hello')
    expect((await peer.receive({ copy: true })).bytes.toString(), 'hello', 'net')
    await Promise.all([client.close(), peer.close(), server.close()])
  } else {
    expect(await listen('127.0.0.1:0').catch(({ code }) => code), 'ENOTSUP', 'net without the addon')
  }
  closeSync(fd)
  expect(readFileSync(path, 'utf8'), 'content', 'node:fs')
  await rm(folder, { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  console.log('used ' + used)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
`

/** The entries that change the process, or are no module: node:fs on the engine, and the manifest. */
export const REGISTERED = `
import 'trueaio/register'
import { readFile } from 'node:fs/promises'
import { defaultProactor } from 'trueaio'
import manifest from 'trueaio/package.json' with { type: 'json' }
const count = () => Object.values(defaultProactor().statistics.operations).reduce((sum, operation) => sum + operation.count, 0)
const before = count()
const text = await readFile('package.json', 'utf8')
console.log(manifest.name + ' ' + String(text.length > 0 && count() > before))
`

/** The entries that a program of this file names, as package.json does. */
export function entriesIn(program: string): string[] {
  return [...program.matchAll(/^import (?:.* from )?'trueaio(\/[^']*)?'/gm)].map(([, entry = '']) => `.${entry}`)
}

/** As CommonJS, for tools that have no modules. */
export const EVERYTHING_REQUIRED: string = EVERYTHING.replaceAll(/^import (\w+) from ('[^']+')$/gm, 'const { default: $1 } = require($2)')
  .replaceAll(/^import (\{[^}]*\}) from ('[^']+')$/gm, 'const $1 = require($2)')

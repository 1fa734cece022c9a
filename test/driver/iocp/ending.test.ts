// Ends with much in flight: of the process, of a worker, of a proactor; aborts that race with completions.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { close, open, read } from 'trueaio'
import { inFolder, makePipe, makeProactor, skip } from './subject.js'

/** A program with a file and a pipe, and thousands of reads of both under way. */
const BUSY = `
  import { createServer } from 'node:net'
  import { once } from 'node:events'
  import { Proactor, open, read } from 'trueaio'
  const io = new Proactor({ driver: 'iocp' })
  const path = '\\\\\\\\.\\\\pipe\\\\trueaio-busy-' + process.pid + '-' + Math.random()
  const server = createServer().listen(path)
  await once(server, 'listening')
  const pipe = await io.submit(open(path, { flags: 2 }))
  const file = await io.submit(open(process.execPath))
  for (let index = 0; index < 2000; index++) {
    void io.submit(read(file, Buffer.alloc(4096), index * 4096)).catch(() => undefined)
    if (index < 300) void io.submit(read(pipe, Buffer.alloc(16))).catch(() => undefined) // Wine cancels each in a time that grows with their number
  }
`

test('a process ends with thousands in flight', { skip }, async () => {
  await inFolder(async (folder) => {
    for (const end of ['process.exit(7)', 'setImmediate(() => process.exit(7))', 'queueMicrotask(() => setImmediate(() => setImmediate(() => process.exit(7))))']) {
      const streams = ['ignore', fs.openSync(join(folder, 'out'), 'w'), fs.openSync(join(folder, 'err'), 'w')] as const
      const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', `${BUSY};${end}`], { stdio: [...streams], timeout: 40_000 })
      fs.closeSync(streams[1])
      fs.closeSync(streams[2])
      assert.equal(status, 7, fs.readFileSync(join(folder, 'err'), 'utf8'))
    }
    await Promise.resolve()
  })
})

test('a worker is terminated with thousands in flight', { skip }, async () => {
  for (let round = 0; round < 5; round++) {
    const program = `${BUSY}; const { parentPort } = await import('node:worker_threads'); parentPort.postMessage('busy')`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program.replaceAll('\'trueaio\'', JSON.stringify(import.meta.resolve('trueaio'))))}`))
    worker.on('error', (error) => assert.fail(error))
    await once(worker, 'message')
    await worker.terminate()
  }
})

test('aborts race with completions: each settles once, and nothing stays in flight', { skip }, async () => {
  const io = makeProactor()
  const { fd: pipe, other, server } = await makePipe(io)
  const file = await io.submit(open(process.execPath))
  const settled: Promise<unknown>[] = []
  for (let round = 0; round < 2000; round++) {
    const controller = new AbortController()
    const { signal } = controller
    const target = round % 3 === 0 ? read(pipe, Buffer.alloc(8)) : read(file, Buffer.alloc(512), round * 16)
    settled.push(io.submit(target, { signal }).then((bytes) => bytes, (error: unknown) => (error as Error).name))
    const when = round % 5
    if (when === 0) controller.abort()
    else if (when === 1) queueMicrotask(() => controller.abort())
    else if (when === 2) setImmediate(() => controller.abort())
    else if (round % 3 === 0) setTimeout(() => controller.abort(), when).unref()
    if (round % 50 === 0) {
      other.write('12345678')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  for (const outcome of await Promise.all(settled)) assert.ok(outcome === 'AbortError' || typeof outcome === 'number', String(outcome))
  while (io.statistics.inFlight > 0) await new Promise((resolve) => setImmediate(resolve))
  await io.submit(close(pipe))
  await io.submit(close(file))
  other.destroy()
  server.close()
  await io.close()
})

// ① interface — answers `trueaio top` inside a program that was started with TRUEAIO_TOP=1: each connection gets the figures of the
// main thread's proactor as one JSON document. It keeps nothing alive, and costs nothing between two questions.
import { chmodSync, readdirSync, unlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Proactor } from '../../proactor/proactor.js'
import { figuresOf } from '../watch/figures.js'
import { socketFolder, socketOf } from './place.js'

const started = Date.now()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Sockets of programs that were killed. */
function removeLeft(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^(\d+)\.sock$/.exec(name)?.[1])
    if (pid > 0 && pid !== process.pid && !isAlive(pid)) remove(join(folder, name))
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // it has gone by itself
  }
}

export function serveTop(proactorOf: () => Proactor | undefined): void {
  const folder = socketFolder()
  removeLeft(folder)
  const path = socketOf(folder, process.pid)
  remove(path)
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    const proactor = proactorOf()
    const { rss, heapUsed } = process.memoryUsage()
    socket.end(JSON.stringify({ pid: process.pid, title: process.argv.slice(1).join(' '), started, at: Date.now(), cpu: process.cpuUsage(), rss, heapUsed, proactors: proactor === undefined ? [] : [figuresOf(proactor, 0)] }))
    socket.unref()
  })
  server.on('error', (error) => process.emitWarning(`trueaio top cannot be answered: ${error.message}`))
  // The folder keeps others out until the socket's own mode does.
  server.listen(path, () => chmodSync(path, 0o600))
  server.unref()
  process.on('exit', () => remove(path))
}

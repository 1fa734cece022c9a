// ① interface — the blocking form: a thread carries the transfer out, and this one sleeps until it has ended.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { fileOf, isBundled } from '../native/own-package.js'
import { invalidArgType, withCode } from '../operation/arguments.js'
import { asBuffer } from '../operation/view.js'
import type { View } from '../operation/file-reference.js'
import { flushPending } from '../waiting/pending.js'
import type { DescriptorEnd, FileEnd, MemoryEnd } from './ends/parse.js'
import type { HttpEnd } from './ends/http.js'
import type { TransferResult } from './job.js'
import type { TransferOptions } from './options.js'

/** Ends that another thread can use. Streams, iterables and connections belong to this thread. */
export type SyncEnd = string | Uint8Array | URL | MemoryEnd | DescriptorEnd | FileEnd | Omit<HttpEnd, 'agent'>

/** Options without the caller's code, because no code of this thread runs meanwhile. Only `timeout` can end it. */
export type TransferSyncOptions = Omit<TransferOptions, 'signal' | 'proactor' | 'filter' | 'report'>

interface SyncAnswer {
  readonly result?: TransferResult | undefined
  readonly error?: Error | undefined
  /** What a clone of an error loses. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** What the thread runs. As text, since no bundler would take a file along. Whatever happens, it wakes who waits. */
const PROGRAM = `
const { workerData: { module, source, target, options, port, done } } = require('node:worker_threads')
const FIELDS = ['code', 'errno', 'syscall', 'path', 'dest', 'address', 'port', 'status', 'end', 'step', 'offset', 'device', 'bytes']
import(module).then(({ transfer }) => transfer(source, target, options)).then((result) => ({ result }), (error) => ({
  error: new Error(error.message),
  fields: Object.fromEntries(FIELDS.filter((name) => error[name] !== undefined).map((name) => [name, error[name]])),
})).then((answer) => {
  port.postMessage(answer)
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
})`

/**
 * What the thread imports: this folder's index, also when all of it was joined into one file. A bundle has no file of it, and
 * a file of that name beside the bundle is another's; then it is the package, where the program can reach it.
 * @throws ERR_TRUEAIO_NO_PACKAGE
 */
function moduleForThread(): string {
  const file = fileOf(import.meta.url)
  if (!isBundled(file)) return pathToFileURL(join(dirname(file), 'index.js')).href
  for (const base of [file, process.argv[1], join(process.cwd(), 'package.json')]) {
    if (base === undefined) continue
    try {
      return pathToFileURL(createRequire(base).resolve('trueaio/transfer')).href
    } catch {
      // Not above that file.
    }
  }
  throw withCode(new Error('transferSync works in a thread of its own, which cannot be part of a bundle: keep trueaio external, and install it beside the bundle'), 'ERR_TRUEAIO_NO_PACKAGE')
}

/**
 * Moves all bytes of a source to a target, and returns when that is done. Earlier submissions of this thread go first.
 * @throws TransferError, as `transfer` rejects; ERR_INVALID_ARG_TYPE; ERR_TRUEAIO_NO_PACKAGE: a bundle without the package beside it
 */
export function transferSync(source: SyncEnd, target: SyncEnd, options: TransferSyncOptions = {}): TransferResult {
  flushPending()
  const [from, to] = [sendable(source, 'source'), sendable(target, 'target')]
  const { port1, port2 } = new MessageChannel()
  const done = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(PROGRAM, { eval: true, workerData: { module: moduleForThread(), source: from, target: to, options, port: port2, done }, transferList: [port2], execArgv: [] })
  worker.unref()
  try {
    Atomics.wait(done, 0, 0)
    const { message } = receiveMessageOnPort(port1) as { readonly message: SyncAnswer } // it was sent before the word was set
    if (message.error !== undefined) throw Object.assign(message.error, message.fields)
    const memory = memoryOf(target)
    const written = memoryOf(to)
    if (memory !== undefined && written !== undefined && memory !== written) asBuffer(memory).set(asBuffer(written))
    const result = message.result as TransferResult // there is no error
    // A clone of a Buffer is a Uint8Array.
    const digests = Object.fromEntries(Object.entries(result.digests).map(([name, digest]) => [name, asBuffer(digest)]))
    return { ...result, digests }
  } finally {
    port1.close()
    void worker.terminate()
  }
}

function memoryOf(end: SyncEnd): View | undefined {
  return typeof end === 'object' && 'memory' in end ? end.memory : undefined
}

/** Memory of one thread is a copy in the other. */
function sendable(end: SyncEnd, name: string): SyncEnd {
  if (end instanceof URL) return end.href
  const memory = memoryOf(end)
  if (memory !== undefined) {
    if (!ArrayBuffer.isView(memory)) throw invalidArgType(`${name}.memory`, 'an instance of Buffer, TypedArray or DataView', memory)
    const bytes = asBuffer(memory)
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    return { memory: shared }
  }
  if (typeof end === 'object' && 'fd' in end) {
    const { fd, offset, length } = end
    return { fd, offset, length }
  }
  return end
}

// ① interface — the thread of `transferSync`: one transfer, its answer, and a word that wakes who waits.
import { workerData, type MessagePort } from 'node:worker_threads'
import type { TransferSource, TransferTarget } from './ends/parse.js'
import type { TransferResult } from './job.js'
import type { TransferOptions } from './options.js'
import { transfer } from './transfer.js'

export interface SyncAnswer {
  readonly result?: TransferResult | undefined
  readonly error?: Error | undefined
  /** What a clone of an error loses. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

interface Given {
  readonly source: TransferSource
  readonly target: TransferTarget
  readonly options: TransferOptions
  readonly port: MessagePort
  readonly done: Int32Array
}

async function answered({ source, target, options }: Given): Promise<SyncAnswer> {
  try {
    return { result: await transfer(source, target, options) }
  } catch (error) {
    const { code, errno, syscall, path, end, step, offset, device, bytes, status } = error as Record<string, unknown>
    const fields = Object.fromEntries(Object.entries({ code, errno, syscall, path, end, step, offset, device, bytes, status }).filter(([, value]) => value !== undefined))
    return { error: new Error((error as Error).message), fields }
  }
}

const given = workerData as Given
given.port.postMessage(await answered(given))
Atomics.store(given.done, 0, 1)
Atomics.notify(given.done, 0)

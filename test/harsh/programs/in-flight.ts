// Puts operations of many kinds into flight on one proactor, none of which can end by itself for a long time, and some
// that keep ending: what close(), a worker's termination and an exit must cope with.
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chain, close, open, poll, PollEvent, Proactor, read, readv, statx, timer } from 'trueaio'
import { makePipe } from '../system-calls.js'

export interface InFlight {
  readonly io: Proactor
  /** One for each operation. */
  readonly promises: Promise<unknown>[]
  readonly descriptors: number[]
}

export function putInFlight(count: number): InFlight {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-in-flight-'))
  const path = join(directory, 'data')
  writeFileSync(path, Buffer.alloc(1 << 20, 3))
  const file = openSync(path, 'r')
  rmSync(directory, { recursive: true })
  const { readEnd, writeEnd } = makePipe()
  const io = new Proactor()
  const promises: Promise<unknown>[] = []
  for (let index = 0; index < count; index++) {
    switch (index % 8) {
      case 0: promises.push(io.submit(timer(3_600_000))); break
      case 1: promises.push(io.submit(poll(readEnd, PollEvent.POLLIN))); break
      case 2: promises.push(io.submit(readv(readEnd, [Buffer.alloc(100), Buffer.alloc(100)]))); break
      case 3: promises.push(io.submit(read(file, Buffer.alloc(70_000), 0))); break
      case 4: promises.push(io.submit(statx('/'))); break
      case 5: promises.push(io.submit(chain(open('/'), statx('/'), close(chain.opened)))); break
      default: promises.push(io.submit(read(readEnd, Buffer.alloc(100))))
    }
  }
  for (const promise of promises) promise.catch(() => undefined)
  return { io, promises, descriptors: [file, readEnd, writeEnd] }
}

/** Reads a file again and again, so that some completion is always on its way. */
export async function keepBusy(io: Proactor): Promise<never> {
  const fd = openSync(process.execPath, 'r')
  const buffer = Buffer.alloc(100_000)
  for (let offset = 0; ; offset = (offset + 1) % 1000) {
    await Promise.all([io.submit(read(fd, buffer, offset)), io.submit(statx('/')), io.submit(read(fd, buffer, offset))])
  }
}

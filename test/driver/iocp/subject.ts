// The driver under test, where it can run: on Windows, or under Wine (scripts/test-windows.mjs).
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { loadBinding } from '#src/native/load.js'
import { open, Proactor, type ProactorOptions } from 'trueaio'
import { constants } from 'node:fs'

export const skip: string | false = process.platform === 'win32' ? (loadBinding().reason ?? false) : 'completion ports are Windows\''

export function makeProactor(options: ProactorOptions = {}): Proactor {
  return new Proactor({ driver: 'iocp', ...options })
}

/** Runs with a folder that is gone afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'trueaio-iocp-'))
  try {
    await body(folder)
  } catch (error) {
    try {
      rmSync(folder, { recursive: true })
    } catch {
      // What is open because of the error has its name still.
    }
    throw error
  }
  rmSync(folder, { recursive: true }) // a file that is still open keeps its name on Windows
}

export interface NamedPipe {
  /** The engine's end. */
  readonly fd: number
  /** Node's end. */
  readonly other: Socket
  readonly server: Server
}

let pipes = 0

/** A named pipe between Node's net and a descriptor of the engine's. */
export async function makePipe(io: Proactor, flags: number = constants.O_RDWR): Promise<NamedPipe> {
  const path = `\\\\.\\pipe\\trueaio-${String(process.pid)}-${String(pipes++)}`
  const server = createServer().listen(path)
  await once(server, 'listening')
  const connected = once(server, 'connection')
  const fd = await io.submit(open(path, { flags }))
  const [other] = await connected as [Socket]
  return { fd, other, server }
}

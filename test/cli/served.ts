// A server as a user starts it, and requests as they are on the wire.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { command } from './command.js'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

export class Served {
  readonly #child: ChildProcess
  readonly port: number
  stdout = ''
  stderr = ''

  private constructor(child: ChildProcess, port: number, stderr: string) {
    this.#child = child
    this.port = port
    this.stderr = stderr
    // A test that failed has not stopped it.
    process.on('exit', () => child.kill('SIGKILL'))
    for (const one of [child, child.stdout as net.Socket | null, child.stderr as net.Socket | null]) one?.unref()
    child.stdout?.on('data', (piece: Buffer) => { this.stdout += piece.toString() })
    child.stderr?.on('data', (piece: Buffer) => { this.stderr += piece.toString() })
  }

  static async start(directory: string, words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<Served> {
    const child = spawn(process.execPath, [command, 'serve', '--port', '0', ...words, directory], { env: { ...process.env, NO_COLOR: '1', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    for await (const piece of child.stderr.iterator({ destroyOnReturn: false })) {
      stderr += String(piece)
      const [, port] = /^serving .* at https?:\/\/\S+:(\d+)\/$/m.exec(stderr) ?? []
      if (port !== undefined) return new Served(child, Number(port), stderr)
    }
    throw new Error(`it does not serve: ${stderr}`)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get(path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: this.port, path, method, headers, agent: false }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }))
        response.on('error', reject)
      })
      request.on('error', reject)
      request.end()
    })
  }

  /** A connection on which one may write anything. */
  async raw(): Promise<net.Socket> {
    const socket = net.connect({ host: '127.0.0.1', port: this.port, allowHalfOpen: true })
    socket.on('error', () => undefined) // what ends it is asked for otherwise
    await once(socket, 'connect')
    return socket
  }

  /** Files that it has open below a folder. */
  openBelow(folder: string): string[] {
    return readdirSync(`/proc/${String(this.pid)}/fd`).flatMap((fd) => {
      try {
        const path = readlinkSync(`/proc/${String(this.pid)}/fd/${fd}`)
        return path.startsWith(`${folder}/`) ? [path] : []
      } catch {
        return [] // closed meanwhile
      }
    })
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const closed = once(this.#child, 'close') as Promise<[number | null]>
    for (const one of [this.#child, this.#child.stdout as net.Socket, this.#child.stderr as net.Socket]) one.ref()
    this.#child.kill(signal)
    return (await closed)[0]
  }
}

/** All that comes until the end. */
export async function allOf(socket: net.Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  try {
    for await (const part of socket) parts.push(part as Buffer)
  } catch {
    // A reset is an end, too.
  }
  return Buffer.concat(parts)
}

/** Asks until it is so. */
export async function until(isSo: () => boolean, milliseconds: number = 20_000): Promise<boolean> {
  const end = performance.now() + milliseconds
  while (!isSo() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  return isSo()
}

// A FUSE file system of the tests' own (fuse/daemon.c): files in memory, and faults on command.
//
//   await using mount = await fuse({ hang: ['lookup'] })
//   const stat = stat(join(mount.path, 'file'))     // never answered …
//   await mount.held(1)                             // … the request has reached the file system
//   await mount.release()                           // nothing hangs any more, the held requests are answered
//
// Node's own fs is right for preparing files, before `set` makes something hang: the daemon is another process.
// The mount is gone when it is disposed of, and also when the test's process dies in whatever way.
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { program } from '../launcher/compile.js'
import { PATIENCE } from '../launcher/patience.js'

/** A request of the kernel's to a file system. 'all': each of them. */
export type FuseOperation =
  | 'all' | 'lookup' | 'getattr' | 'setattr' | 'readlink' | 'symlink' | 'mknod' | 'mkdir' | 'unlink' | 'rmdir' | 'rename' | 'open' | 'read'
  | 'write' | 'statfs' | 'release' | 'fsync' | 'flush' | 'opendir' | 'readdir' | 'releasedir' | 'fsyncdir' | 'access' | 'create' | 'fallocate'
  | 'getxattr' | 'lseek' | 'copy'

export interface FailingRequests {
  readonly code: keyof typeof constants.errno
  /** So many requests from now on succeed first; default 0. */
  readonly after?: number
  /** So many fail, then they succeed again; default: all. */
  readonly times?: number
}

export interface FuseFaults {
  /** Files opened from now on bypass the page cache: the kernel asks for what each read(2) wants. */
  readonly directIo?: boolean
  /** An answer to a read has at most so many bytes: with directIo a short read. */
  readonly readBytesMax?: number
  /** So many bytes of a write request are taken at most. */
  readonly writeBytesMax?: number
  /** All files together hold so many bytes; ENOSPC beyond, after as much as fits. */
  readonly spaceBytes?: number
  /** Requests that are not answered until `release()`. */
  readonly hang?: readonly FuseOperation[]
  /** Milliseconds before a request is answered. */
  readonly slow?: Readonly<Partial<Record<FuseOperation, number>>>
  readonly fail?: Readonly<Partial<Record<FuseOperation, FailingRequests>>>
  /** One request, whatever it asks, after so many others: it fails, or hangs until `release()`. */
  readonly step?: { readonly after: number, readonly code?: keyof typeof constants.errno }
  /** A signal ends a request that hangs, with EINTR. Default: nothing but `release()` does, as with a dead server. */
  readonly interruptible?: boolean
}

/** Milliseconds that the daemon gets to answer a command, or to end. */
const ANSWER = 10_000 * PATIENCE

let refusal: string | false | undefined

/** Why there can be no FUSE file system here; false: there can. For `skip`. */
export function withoutFuse(): string | false {
  refusal ??= tryOnce()
  return refusal
}

function tryOnce(): string | false {
  if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse'
  const { path, missing } = program('fuse-daemon')
  if (path === undefined) return missing
  const mountPoint = mkdtempSync(join(tmpdir(), 'trueaio-fuse-'))
  const tried = spawnSync(path, [mountPoint], { input: '', encoding: 'utf8', timeout: ANSWER })
  if (tried.status === 0) return false
  rmdirSync(mountPoint)
  return tried.stderr.trim() === '' ? `the FUSE daemon ended with ${String(tried.status ?? tried.signal)}` : tried.stderr.trim()
}

/** Mounts a new, empty one. */
export async function fuse(faults: FuseFaults = {}): Promise<FuseMount> {
  const { path, missing } = program('fuse-daemon')
  if (path === undefined) throw new Error(missing)
  const mountPoint = mkdtempSync(join(tmpdir(), 'trueaio-fuse-'))
  const mount = new FuseMount(mountPoint, spawn(path, [mountPoint], { stdio: ['pipe', 'pipe', 'inherit'] }))
  await mount.ready
  await mount.set(faults)
  return mount
}

export class FuseMount implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string
  readonly #daemon: ChildProcessByStdio<Writable, Readable, null>
  readonly #ended: Promise<void>
  readonly #answers: ((line: string | undefined) => void)[] = []
  readonly ready: Promise<string>

  constructor(path: string, daemon: ChildProcessByStdio<Writable, Readable, null>) {
    this.path = path
    this.#daemon = daemon
    this.ready = this.#answer('the mount')
    createInterface(daemon.stdout).on('line', (line) => this.#answers.shift()?.(line))
    daemon.stdin.on('error', () => undefined) // the daemon has died: its end is told below
    this.#ended = new Promise((ended) => {
      daemon.once('close', () => {
        for (const answer of this.#answers.splice(0)) answer(undefined)
        ended()
      })
    })
  }

  /** Replaces all faults. What is held stays held. */
  async set(faults: FuseFaults): Promise<void> {
    await this.#command(`set ${words(faults).join(' ')}`)
  }

  /** Nothing hangs any more, and what was held is answered. */
  async release(): Promise<void> {
    await this.#command('release')
  }

  /** Resolves when so many requests are held at once. */
  async held(count: number): Promise<void> {
    await this.#command(`wait ${String(count)}`)
  }

  /** How many requests are held now. */
  async heldNow(): Promise<number> {
    return Number(await this.#command('held'))
  }

  /** How many requests of this kind have come so far. */
  async count(operation: FuseOperation): Promise<number> {
    return Number(await this.#command(`count ${operation}`))
  }

  /** Unmounts. What still hangs fails with ECONNABORTED or ENOTCONN. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon.stdin.end()
    const late = setTimeout(() => this.#daemon.kill('SIGKILL'), ANSWER)
    await this.#ended
    clearTimeout(late)
    if (this.#daemon.exitCode === 0) return
    // It died without unmounting; the kernel aborted the connection as its descriptor was closed.
    spawnSync('umount', ['--lazy', this.path])
    if (existsSync(this.path)) rmdirSync(this.path)
  }

  #command(line: string): Promise<string> {
    const answer = this.#answer(line)
    this.#daemon.stdin.write(`${line}\n`)
    return answer
  }

  #answer(to: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the FUSE daemon did not answer '${to}' within ${String(ANSWER)} ms`)), ANSWER)
      this.#answers.push((line) => {
        clearTimeout(late)
        if (line === undefined) reject(new Error(`the FUSE daemon ended before it answered '${to}'`))
        else resolve(line)
      })
    })
  }
}

function words(faults: FuseFaults): string[] {
  const { readBytesMax, writeBytesMax, spaceBytes, step } = faults
  return [
    ...(faults.directIo === true ? ['direct-io'] : []),
    ...(faults.interruptible === true ? ['interruptible'] : []),
    ...(readBytesMax === undefined ? [] : [`read-max=${String(readBytesMax)}`]),
    ...(writeBytesMax === undefined ? [] : [`write-max=${String(writeBytesMax)}`]),
    ...(spaceBytes === undefined ? [] : [`space=${String(spaceBytes)}`]),
    ...(step === undefined ? [] : [`step=${String(step.after)}:${String(step.code === undefined ? 0 : constants.errno[step.code])}`]),
    ...(faults.hang ?? []).map((operation) => `hang=${operation}`),
    ...Object.entries(faults.slow ?? {}).map(([operation, milliseconds]) => `slow=${operation}:${String(milliseconds)}`),
    ...Object.entries(faults.fail ?? {}).map(([operation, { code, after = 0, times = 2 ** 40 }]) =>
      `fail=${operation}:${String(after)}:${String(times)}:${String(constants.errno[code])}`),
  ]
}

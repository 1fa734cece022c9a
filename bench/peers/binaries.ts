// Benchmark of peers — where the other runtimes come from: their npm packages hold the binary itself. They are kept in
// a cache folder, so that a second run needs no network. What cannot be had is skipped with the reason.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../contenders/command-process.js'
import { Unavailable } from '../suite.js'

export const CACHE_FOLDER = '.trueaio-peers'

const ARCHITECTURE = process.arch === 'arm64' ? { node: 'arm64', bun: 'aarch64', deno: 'arm64' } : { node: 'x64', bun: 'x64', deno: 'x64' }

/** npm's name of the package, and the path of what is used inside it. */
const PACKAGES = {
  node: { name: `node-linux-${ARCHITECTURE.node}`, path: 'bin/node' },
  bun: { name: `@oven/bun-linux-${ARCHITECTURE.bun}`, path: 'bin/bun' },
  deno: { name: `@deno/linux-${ARCHITECTURE.deno}-glibc`, path: 'deno' },
  fdir: { name: 'fdir', path: 'dist/index.mjs' },
} as const

export type Peer = keyof typeof PACKAGES

/** A file of a peer's newest package, out of the cache or from npm. @throws Unavailable */
export class PeerCache {
  readonly #folder: string
  readonly #found = new Map<Peer, Promise<string>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  find(peer: Peer): Promise<string> {
    let found = this.#found.get(peer)
    if (found === undefined) this.#found.set(peer, (found = this.#fetch(peer)))
    return found
  }

  async #fetch(peer: Peer): Promise<string> {
    const { name, path } = PACKAGES[peer]
    const kept = join(this.#folder, peer)
    const file = join(kept, 'package', path)
    if (existsSync(file)) return file
    if (process.platform !== 'linux') throw new Unavailable(`the package ${name} is for Linux`)
    mkdirSync(this.#folder, { recursive: true })
    // Unpacked beside its place and renamed: a run that was stopped leaves nothing that looks whole.
    const making = mkdtempSync(join(this.#folder, 'unpacking-'))
    try {
      await runCommand('npm', ['pack', '--silent', `${name}@latest`], { directory: making })
      const archive = readdirSync(making).find((entry) => entry.endsWith('.tgz')) ?? ''
      await runCommand('tar', ['xzf', archive], { directory: making })
      rmSync(join(making, archive))
      if (!existsSync(join(making, 'package', path))) throw new Unavailable(`the package ${name} has no ${path}`)
      renameSync(making, kept)
    } catch (error) {
      rmSync(making, { recursive: true, force: true })
      if (error instanceof Unavailable) throw error
      throw new Unavailable(`npm pack ${name} failed: ${(error as Error).message.split('\n').find((line) => line.includes('npm error')) ?? (error as Error).message.split('\n')[0] ?? ''}`)
    }
    return file
  }
}

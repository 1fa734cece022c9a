// What scripts/test-installed.mjs made (the tarballs, and a project that has them installed), and the tools that users have, from npm.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

export const checkout: string = fileURLToPath(new URL('../../../', import.meta.url))
const folder = join(checkout, 'build', 'installed')
const PLATFORM = `${process.platform}-${process.arch}`
export const addonFile: string = join(folder, 'project', 'node_modules', '@trueaio', PLATFORM, 'trueaio.node')

/** Bundling and installing take long on a loaded machine. */
const TOOL_MILLISECONDS_MAX = 170_000
/** What npm says of a registry that cannot be reached. */
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|network/i

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; rejects with what it printed where that is not 0. */
export async function run(program: string, parameters: readonly string[], options: { readonly cwd: string, readonly env?: NodeJS.ProcessEnv }): Promise<Output> {
  try {
    return await promisify(execFile)(program, parameters, { cwd: options.cwd, env: { ...process.env, ...options.env }, timeout: TOOL_MILLISECONDS_MAX, maxBuffer: 64 << 20 })
  } catch (error) {
    const { message, stdout, stderr } = error as Error & Output
    throw new Error(`${message}\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** The paths of the tarballs: the main package and this machine's platform, or another C library's. */
export function tarballs(platform: string = PLATFORM): string[] {
  assert.ok(existsSync(join(folder, 'tarballs')), 'run "npm run test:installed"')
  const all = readdirSync(join(folder, 'tarballs'))
  return [...all.filter((name) => /^trueaio-\d/.test(name)), ...all.filter((name) => new RegExp(`^trueaio-${platform}-\\d`).test(name))].map((name) => join(folder, 'tarballs', name))
}

/** An empty project with the tarballs installed. It is gone at the end of the test. */
export function project(t: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'trueaio-project-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  assert.ok(existsSync(join(folder, 'project')), 'run "npm run test:installed"')
  cpSync(join(folder, 'project'), path, { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  return path
}

/** Packages from npm, in a folder of their own that later runs find again. */
export class Tools {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Those tools; undefined where npm's registry cannot be reached, and then the test is skipped. @param packages with versions: 'esbuild@0.28.2' */
  static async get(t: TestContext, ...packages: readonly string[]): Promise<Tools | undefined> {
    const path = join(folder, 'tools', packages.join('+').replaceAll(/[@/]/g, '_'))
    if (existsSync(join(path, 'complete'))) return new Tools(path)
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'package.json'), '{ "private": true }')
    try {
      await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', ...packages], { cwd: path })
    } catch (error) {
      if (!NO_REGISTRY.test(String(error))) throw error
      t.skip(`no ${packages.join(', ')} from npm`)
      return undefined
    }
    writeFileSync(join(path, 'complete'), '')
    return new Tools(path)
  }

  /** The path of a command. */
  bin(name: string): string {
    return join(this.path, 'node_modules', '.bin', name)
  }

  /** A module of theirs. */
  async import(name: string): Promise<unknown> {
    return import(pathToFileURL(createRequire(join(this.path, 'package.json')).resolve(name)).href)
  }

  /** The version that was installed. */
  version(name: string): string {
    return (JSON.parse(readFileSync(join(this.path, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version
  }
}

/** Node as it runs these tests. */
export async function node(cwd: string, parameters: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Output> {
  return run(process.execPath, parameters, { cwd, env })
}

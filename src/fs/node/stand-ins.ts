// ① interface — what trueaio/register puts into node:fs: a function for each of the drop-in's, which loads the drop-in at its
// first call. The drop-in is a hundred modules; many programs only ever use what ends in Sync, and load none of them.
import { createRequire } from 'node:module'
import { node, nodeFs } from './node-functions.js'

type Callable = (...given: unknown[]) => unknown
type Functions = Readonly<Record<string, unknown>>

/** The functions of node:fs that the drop-in has of its own. Listed, as asking the drop-in would load it. */
const CALLBACK_NAMES = [
  'access', 'appendFile', 'chmod', 'chown', 'close', 'copyFile', 'cp', 'createReadStream', 'createWriteStream', 'exists', 'fchmod', 'fchown', 'fdatasync',
  'fstat', 'fsync', 'ftruncate', 'futimes', 'lchown', 'link', 'lstat', 'lutimes', 'mkdir', 'mkdtemp', 'open', 'opendir', 'read', 'readdir', 'readFile',
  'readlink', 'readv', 'rename', 'rm', 'rmdir', 'stat', 'statfs', 'symlink', 'truncate', 'unlink', 'utimes', 'write', 'writeFile', 'writev',
] as const

/** Those of node:fs/promises. */
const PROMISE_NAMES = [
  'access', 'appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchown', 'link', 'lstat', 'lutimes', 'mkdir', 'mkdtemp', 'open', 'opendir', 'readdir', 'readFile',
  'readlink', 'realpath', 'rename', 'rm', 'rmdir', 'stat', 'statfs', 'symlink', 'truncate', 'unlink', 'utimes', 'writeFile',
] as const

/**
 * Node's loader of ES modules reads each by `readFile(url)`. As long as nothing else has called the drop-in, so many such calls
 * stay Node's: a small program then starts without loading a hundred modules for the sake of its own one or two.
 */
const LOADER_READS_MAX = 64

/** One module of the drop-in. */
class Later {
  readonly #name: string
  #module: Functions | undefined = undefined
  #isComing = false

  constructor(name: string) {
    this.#name = name
  }

  get isLoaded(): boolean {
    return this.#module !== undefined
  }

  /** Its functions; undefined while they can't be had: those are Node's calls. */
  functions(): Functions | undefined {
    if (this.#module === undefined && !this.#isComing) this.#load()
    return this.#module
  }

  #load(): void {
    try {
      const { default: functions } = createRequire(import.meta.url)(this.#name) as { default: Functions }
      this.#module = functions
    } catch {
      // A Node that was told not to require ES modules, or an import of the same module that is half done at this moment.
      this.#isComing = true
      import(this.#name).then((loaded: { default: Functions }) => {
        this.#module = loaded.default
      }, (error: unknown) => process.emitWarning(error as Error))
    }
  }
}

/** Of the same name, length, prototype and properties as Node's (what util.promisify looks for is among them). */
function standIn(name: string, theirs: Callable, later: Later): Callable {
  let ours: Callable | undefined
  let loaderReads = name === 'readFile' ? LOADER_READS_MAX : 0
  const call = (given: unknown[]): unknown => {
    if (ours === undefined && loaderReads > 0 && given.length === 1 && given[0] instanceof URL && !later.isLoaded) {
      loaderReads--
      return theirs(...given)
    }
    ours ??= later.functions()?.[name] as Callable | undefined
    return (ours ?? theirs)(...given)
  }
  // Whoever writes `new fs.createReadStream(…)` can, as Node's is a function of the old kind; an async one is not.
  const either = Object.hasOwn(theirs, 'prototype') ? function (...given: unknown[]): unknown {
    return call(given)
  } : (...given: unknown[]): unknown => call(given)
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  return Object.setPrototypeOf(either, Object.getPrototypeOf(theirs) as object) as Callable
}

function standInsFor(names: readonly string[], theirs: Functions, later: Later): Functions {
  return Object.fromEntries(names.filter((name) => typeof theirs[name] === 'function').map((name) => [name, standIn(name, theirs[name] as Callable, later)]))
}

/** For node:fs. */
export function callbackStandIns(): Functions {
  return standInsFor(CALLBACK_NAMES, nodeFs, new Later('trueaio/fs'))
}

/** For node:fs/promises. */
export function promiseStandIns(): Functions {
  return standInsFor(PROMISE_NAMES, node, new Later('trueaio/fs/promises'))
}

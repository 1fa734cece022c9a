// ① interface — functions that block this thread, or change the process, with one thing added: what was asked for before them is
// handed to the system first. A piece of JavaScript that goes on to block would hold back its own work, and what is
// synchronous would overtake what was asked before it.
import { flushCounter, flushNames, flushNumbers, flushPending } from '../waiting/pending.js'

type Callable = (this: unknown, ...given: unknown[]) => unknown
type Functions = Record<string, unknown>

/** They may read a counter that this thread counts up. */
const READS: readonly string[] = ['readSync', 'readvSync', 'readFileSync']
/** They change where names begin. */
const MOVES = ['chdir'] as const
/** It changes with which rights files are made. */
const MASKS = ['umask'] as const
/** They change what may be reached. */
const RIGHTS = ['setuid', 'seteuid', 'setgid', 'setegid', 'setgroups', 'initgroups'] as const
/** They end the process, perhaps at once, or make another of it. */
const ENDS = ['abort', 'kill', 'execve', 'reallyExit'] as const
/** All three end in one function of Node's binding, see `replaceBlockingChildren`. */
const BLOCKING_CHILDREN = ['execSync', 'execFileSync', 'spawnSync'] as const

function flush(): void {
  flushPending()
}

/** Of the same name, length, prototype and properties as the original. */
function after(first: (given: readonly unknown[]) => void, theirs: Callable): Callable {
  const either = function (this: unknown, ...given: unknown[]): unknown {
    first(given)
    return Reflect.apply(theirs, this, given)
  }
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  return Object.setPrototypeOf(either, Object.getPrototypeOf(theirs) as object) as Callable
}

function replace(module: Functions, names: readonly string[], first: (given: readonly unknown[]) => void): void {
  for (const name of names) {
    const theirs = module[name]
    if (typeof theirs === 'function') module[name] = after(first, theirs as Callable)
  }
}

const PENDING_DEPRECATIONS = '--pending-deprecation'

/** Whether `process.binding` would print a warning: it is deprecated in Node's documentation, and by a flag. */
function bindingWarns(): boolean {
  const { NODE_OPTIONS = '', NODE_PENDING_DEPRECATION } = process.env
  return NODE_PENDING_DEPRECATION === '1' || process.execArgv.includes(PENDING_DEPRECATIONS) || NODE_OPTIONS.includes(PENDING_DEPRECATIONS)
}

/**
 * What `execSync` and its kind block in: Node's binding has it in Node 20 to 26. Undefined: not available, or not without a warning. It refuses
 * under the permission model.
 */
function spawnBinding(): Functions | undefined {
  const { binding } = process as unknown as { readonly binding?: (name: string) => unknown }
  if (typeof binding !== 'function' || 'permission' in process || bindingWarns()) return undefined
  try {
    const found = binding('spawn_sync') as Functions
    return typeof found['spawn'] === 'function' ? found : undefined
  } catch {
    return undefined
  }
}

/**
 * Below node:child_process where that can be: to load it for its three functions costs a program that starts no child a tenth of its
 * own processor time (it brings sockets and streams along).
 */
function replaceBlockingChildren(): void {
  const binding = spawnBinding()
  if (binding === undefined) replace(process.getBuiltinModule('node:child_process'), BLOCKING_CHILDREN, flush)
  else replace(binding, ['spawn'], flush)
}

/**
 * Everything in this process that blocks, or changes it.
 * @param beforeRights is called as well before rights change
 */
export function flushBeforeAll(fs: object, beforeRights: () => void): void {
  const functions = fs as Functions
  replace(functions, Object.keys(functions).filter((name) => name.endsWith('Sync') && name !== 'openSync' && !READS.includes(name)), flush)
  replace(functions, ['openSync'], flushNumbers)
  replace(functions, READS, ([fd]) => flushCounter(fd))
  const { realpathSync } = functions
  if (typeof realpathSync === 'function') replace(realpathSync as unknown as Functions, ['native'], flush)
  const { Dir } = fs as { Dir?: { prototype: Functions } }
  if (Dir !== undefined) replace(Dir.prototype, ['readSync', 'closeSync'], flush)
  replaceBlockingChildren()
  replace(Atomics as unknown as Functions, ['wait'], flush)
  const own = process as unknown as Functions
  replace(own, MOVES, () => flushNames(true))
  replace(own, MASKS, () => flushNames(false))
  replace(own, RIGHTS, () => {
    flushNames(false)
    beforeRights()
  })
  replace(own, ENDS, flush)
}

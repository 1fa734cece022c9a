// ① interface — steps that cost CPU, on one pool of worker threads: as many as there are cores, started when they are needed,
// gone when nothing has needed them for a while, and no reason for a process to stay alive while they are idle.
import { availableParallelism } from 'node:os'
import { Worker, type Transferable } from 'node:worker_threads'
import { invalidArgType } from '../operation/arguments.js'
import { heed } from '../waiting/heed.js'
import { checkPatience, tooLate, type Patience } from '../waiting/patience.js'
import { Semaphore } from '../waiting/semaphore.js'
import type { ComputeAnswer, ComputeRequest } from './compute-thread.js'

/** A function to run on another thread. It is loaded there with its dependencies, so it is named rather than passed. */
export interface Task {
  /** URL of the module that exports it ('file:…', 'data:…', 'node:…'); `import.meta.resolve` makes one of a package's name. */
  readonly module: string | URL
  /** Its name among the exports. Default: 'default'. */
  readonly name?: string | undefined
  /** Its one argument, copied by structured clone. */
  readonly argument?: unknown
  /** The parts of the argument that are transferred instead of copied. */
  readonly transfer?: readonly Transferable[] | undefined
}

/** `signal` and `timeout` also end a running task: its thread is stopped at any point. */
export type ComputeOptions = Patience

/** State of the pool for CPU work. */
export interface ComputeStatistics {
  /** Number of threads, including idle ones. */
  readonly threads: number
  /** Number of functions that run now. */
  readonly running: number
  /** Number of tasks that wait for a thread. */
  readonly queued: number
}

/** An idle thread leaves after this long: starting one costs some 20 ms and 5 MB. */
const IDLE_MILLISECONDS_MAX = 1000

/** Threads have the flags of the process, but one that is for a program given as text would not let them start. */
const FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {}

const permits = new Semaphore(availableParallelism())
const idle: Thread[] = []
const all = new Set<Thread>()

/**
 * Runs an exported function on a thread of the pool: this thread's one pool, which all its `Work` shares. At most as many run
 * at once as there are cores; the rest waits in order. The function may be async.
 * @throws (rejects) what the function throws, with its `code`; AbortError; ETIMEDOUT; ERR_TRUEAIO_NO_FUNCTION; ERR_TRUEAIO_THREAD_ENDED:
 *   the thread ended instead of answering (process.exit, out of memory); DataCloneError: argument or result cannot be copied
 * @throws ERR_INVALID_ARG_TYPE
 */
export function compute<Value = unknown>(task: Task, options: ComputeOptions = {}): Promise<Value> {
  const request = checkTask(task)
  checkPatience(options)
  return run(request, task.transfer ?? [], options) as Promise<Value>
}

/** The state of the pool. */
export function computeStatistics(): ComputeStatistics {
  return { threads: all.size, running: all.size - idle.length, queued: permits.waiting }
}

function checkTask(task: Task): ComputeRequest {
  if (typeof task !== 'object' || (task as unknown) === null) throw invalidArgType('task', 'of type object', task)
  const { module, name = 'default', argument } = task
  if (typeof module !== 'string' && !(module instanceof URL)) throw invalidArgType('task.module', 'of type string or an instance of URL', module)
  if (typeof name !== 'string') throw invalidArgType('task.name', 'of type string', name)
  if (task.transfer !== undefined && !Array.isArray(task.transfer)) throw invalidArgType('task.transfer', 'an instance of Array', task.transfer)
  return { module: String(module), name, argument }
}

async function run(request: ComputeRequest, transfer: readonly Transferable[], { signal, timeout = Infinity }: ComputeOptions): Promise<unknown> {
  const end = performance.now() + timeout
  await permits.down(1, { signal, timeout })
  try {
    const thread = idle.pop() ?? new Thread()
    return await thread.run(request, transfer, signal, end - performance.now())
  } finally {
    permits.up()
  }
}

class Thread {
  readonly #worker: Worker
  #answer: ((answer: ComputeAnswer) => void) | undefined = undefined
  #refuse: ((error: Error) => void) | undefined = undefined
  #leaving: NodeJS.Timeout | undefined = undefined

  constructor() {
    this.#worker = new Worker(new URL('./compute-thread.js', import.meta.url), FLAGS)
    all.add(this)
    this.#worker.on('message', (answer: ComputeAnswer) => this.#answer?.(answer))
    this.#worker.on('messageerror', (error) => this.#refuse?.(error))
    this.#worker.on('error', (error) => this.#refuse?.(error))
    this.#worker.on('exit', (code) => {
      this.#gone()
      this.#refuse?.(Object.assign(new Error(`The thread of a compute step ended with code ${String(code)} before it answered`), { code: 'ERR_TRUEAIO_THREAD_ENDED' }))
    })
  }

  async run(request: ComputeRequest, transfer: readonly Transferable[], signal: AbortSignal | undefined, milliseconds: number): Promise<unknown> {
    clearTimeout(this.#leaving)
    this.#worker.ref()
    let unheed: (() => void) | undefined
    const progress = { sent: false, answered: false }
    try {
      const answer = await new Promise<ComputeAnswer>((resolve, reject) => {
        this.#answer = resolve
        this.#refuse = reject
        unheed = heed({ signal, timeout: milliseconds }, () => tooLate('compute', 'the function did not end'), reject)
        this.#worker.postMessage(request, transfer)
        progress.sent = true
      })
      progress.answered = true
      if (answer.state === 'returned') return answer.value
      throw answer.error instanceof Error ? Object.assign(answer.error, answer.properties) : answer.error
    } finally {
      unheed?.()
      this.#answer = undefined
      this.#refuse = undefined
      if (progress.answered || !progress.sent) this.#rest() // what cannot be cloned was not sent
      else this.#stop()
    }
  }

  #rest(): void {
    if (!all.has(this)) return
    this.#worker.unref()
    idle.push(this)
    this.#leaving = setTimeout(() => this.#stop(), IDLE_MILLISECONDS_MAX).unref()
  }

  /** A function that runs can only be stopped together with its thread. The next task gets another. */
  #stop(): void {
    this.#gone()
    this.#worker.unref()
    void this.#worker.terminate()
  }

  #gone(): void {
    clearTimeout(this.#leaving)
    all.delete(this)
    const at = idle.indexOf(this)
    if (at >= 0) idle.splice(at, 1)
  }
}

// Benchmark — the main process's end of a contender's process (contender-main.ts).
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { MeasureAnswer, MeasureRequest } from './messages.js'
import type { ProcessContender } from '../suite.js'

const ENTRY = fileURLToPath(new URL('./contender-main.js', import.meta.url))
/** Longer than anything measured takes: an operation that never ends is found out, not waited for. */
const PATIENCE_MILLISECONDS = 30_000

export class ContenderProcess {
  static readonly #running = new Set<ChildProcess>()
  readonly #child: ChildProcess
  #errors = ''

  constructor(contender: ProcessContender) {
    const environment = { ...process.env }
    delete environment['UV_THREADPOOL_SIZE']
    if (contender.poolThreads !== undefined) environment['UV_THREADPOOL_SIZE'] = String(contender.poolThreads)
    this.#child = fork(ENTRY, [], { env: environment, execArgv: [...(contender.nodeOptions ?? [])], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text))
    ContenderProcess.#running.add(this.#child)
    this.#child.once('exit', () => ContenderProcess.#running.delete(this.#child))
  }

  /** Ends all of them at once, without a word. */
  static killAll(): void {
    for (const child of ContenderProcess.#running) child.kill('SIGKILL')
  }

  measure(request: MeasureRequest): Promise<MeasureAnswer> {
    const child = this.#child
    return new Promise((resolve) => {
      const end = (result: MeasureAnswer): void => {
        clearTimeout(patience)
        child.off('message', end as (message: unknown) => void)
        child.off('exit', onExit)
        resolve(result)
      }
      const onExit = (code: number | null, signal: string | null): void => {
        end({ state: 'failed', reason: `its process ended (${signal ?? `exit code ${String(code)}`}): ${this.#errors.slice(-2000)}` })
      }
      const patience = setTimeout(() => {
        end({ state: 'failed', reason: `no answer within ${String(PATIENCE_MILLISECONDS / 1000 + request.milliseconds / 1000)} s` })
        child.kill('SIGKILL')
      }, PATIENCE_MILLISECONDS + request.milliseconds)
      if (child.exitCode !== null || child.signalCode !== null) {
        onExit(child.exitCode, child.signalCode)
        return
      }
      child.on('message', end as (message: unknown) => void)
      child.once('exit', onExit)
      child.send(request, (error) => {
        if (error !== null) end({ state: 'failed', reason: error.message })
      })
    })
  }

  /** Lets the process close its workloads and end. */
  async close(): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    if (child.connected) child.disconnect()
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(patience)
  }
}

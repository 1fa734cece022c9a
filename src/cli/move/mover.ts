// ① interface — carries out what copy, sync and transfer have decided on: one transfer behind the other, under one signal, one deadline and
// one progress line; and tells what was done, what could not be, and by which exit code.
import { mkdir, rename } from 'node:fs/promises'
import type { Transfer, TransferOptions, TransferSource, TransferTarget, TreeAction } from '../../transfer/index.js'
import { ExitCode } from '../command.js'
import { printable } from '../terminal.js'
import { interruption } from './interruption.js'
import { ProgressLine, sizeText, timeText } from './progress-line.js'
import type { Settings } from './settings.js'

/** One transfer. */
export interface Task {
  readonly from: TransferSource
  readonly to: TransferTarget
  /** As messages name them. */
  readonly fromText: string
  readonly toText: string
  /** It is made first, so that what is whole in it stays when the rest does not come. */
  readonly makeFirst?: string | Buffer | undefined
  /** The name it gets when it is whole. */
  readonly renameTo?: string | Buffer | undefined
  readonly options: TransferOptions
  readonly isTree: boolean
  /** Only reports what would be done. */
  readonly isDry?: boolean | undefined
  /** Bytes that are to come; undefined: not known. */
  readonly bytes?: number | undefined
}

/** How it is reported. */
export interface Telling {
  /** Each action is a line. */
  readonly isVerbose: boolean
  /** Where lines go: the standard output may be the target. */
  readonly lines: 'stdout' | 'stderr'
}

/** Beside those of all commands. */
const MoveExit = {
  /** Some of it could not be copied; the rest was. As rsync has it. */
  PARTIAL: 23,
  /** The same, and all of that had vanished before it could be read. */
  VANISHED: 24,
  /** `--timeout` has passed, as timeout(1) has it. */
  TIMEOUT: 124,
} as const

const VERBS: Readonly<Record<TreeAction['action'], string>> = {
  copy: 'copied', link: 'links', 'make directory': 'directories made', attributes: 'attributes set', delete: 'deleted', unchanged: 'unchanged', 'passed over': 'passed over',
}

export class Mover {
  readonly #settings: Settings
  readonly #telling: Telling
  readonly #interruption = interruption()
  readonly #began = performance.now()
  readonly #counts = new Map<TreeAction['action'], number>()
  readonly #digests: Record<string, string> = {}
  readonly #total: number | undefined
  #progress: ProgressLine | undefined
  #job: Transfer | undefined
  /** Bytes of transfers that have ended. */
  #bytes = 0
  #written = 0
  #resumed = 0
  #failures = 0
  #vanished = 0

  /** @param total bytes of all tasks; undefined: not known */
  constructor(settings: Settings, telling: Telling, total: number | undefined) {
    this.#settings = settings
    this.#telling = telling
    this.#total = total
  }

  /** Whether somebody looks at a progress line that is drawn again and again. */
  static isWatched({ isQuiet, isJson }: Settings): boolean {
    return process.stderr.isTTY && !isQuiet && !isJson
  }

  async run(tasks: readonly Task[]): Promise<number> {
    const { transfer } = await import('../../transfer/index.js')
    const { isQuiet, isJson, timeout } = this.#settings
    this.#progress = isQuiet || isJson ? undefined : new ProgressLine(() => ({
      bytes: this.#bytes + (this.#job?.bytes ?? 0), total: this.#total ?? (tasks.length === 1 ? this.#job?.total : undefined), files: this.#counts.get('copy'),
    }))
    let ending: unknown
    try {
      for (const task of tasks) {
        const left = timeout === undefined ? undefined : Math.max(1, timeout - (performance.now() - this.#began))
        if (this.#interruption.signal.aborted) break
        await this.#carryOut(transfer, task, left)
      }
    } catch (error) {
      ending = error
    } finally {
      this.#progress?.end()
      this.#interruption.stopListening()
    }
    const code = this.#codeOf(ending)
    this.#summary(code)
    return code
  }

  async #carryOut(transfer: typeof import('../../transfer/index.js').transfer, task: Task, timeout: number | undefined): Promise<void> {
    const { rate, isDurable } = this.#settings
    const { from, to, fromText, toText, isTree, isDry = false } = task
    if (isDry && !isTree) {
      this.#action({ action: 'copy', path: `${fromText} → ${toText}`, bytes: task.bytes ?? 0 })
      return
    }
    if (task.makeFirst !== undefined && !isDry) {
      await mkdir(task.makeFirst).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      })
    }
    const job = transfer(from, to, {
      ...task.options, signal: this.#interruption.signal, ...timeout === undefined ? {} : { timeout }, ...rate === undefined ? {} : { rate }, sync: isDurable,
      ...isTree ? {
        dryRun: isDry,
        ...task.options.report === undefined ? {} : { report: (action) => this.#action(action) },
        failed: ({ path, error }) => this.#failed(path === '' ? fromText : `${fromText}: ${path}`, error),
      } : {},
    })
    this.#job = job
    try {
      const result = await job
      if (task.makeFirst !== undefined && task.renameTo !== undefined && !isDry) await rename(task.makeFirst, task.renameTo)
      this.#written += result.written
      this.#resumed += result.resumed
      for (const [name, digest] of Object.entries(result.digests)) this.#digests[name] = digest.toString('hex')
      if (!isTree) this.#action({ action: 'copy', path: `${fromText} → ${toText}`, bytes: result.bytes })
    } finally {
      await job.closed
      this.#bytes += job.bytes
      this.#job = undefined
      if (this.#settings.explains) this.#line(this.#settings.isJson ? { explain: job.explain().split('\n') } : job.explain())
    }
  }

  #action(done: TreeAction): void {
    const { action, path, bytes } = done
    this.#counts.set(action, (this.#counts.get(action) ?? 0) + 1)
    if (!this.#telling.isVerbose || action === 'unchanged') return
    this.#line(this.#settings.isJson ? done : printable(`${action} ${path === '' ? '.' : path}${action === 'copy' ? ` (${sizeText(bytes)})` : ''}`))
  }

  #failed(where: string, error: Error): void {
    this.#failures++
    const { code, step } = error as NodeJS.ErrnoException & { readonly step?: string }
    const hasVanished = code === 'ENOENT' && step === 'open' && (error as { readonly end?: string }).end?.startsWith('source ') === true
    if (hasVanished) this.#vanished++
    const message = hasVanished ? 'has vanished before it was read' : messageOf(error)
    if (this.#settings.isJson) this.#line({ failed: where, code, message })
    else this.#tell(`${where}: ${message}`)
  }

  #line(line: string | object): void {
    this.#progress?.clear()
    const text = `${typeof line === 'string' ? line : JSON.stringify(line)}\n`
    if (this.#telling.lines === 'stdout') process.stdout.write(text)
    else process.stderr.write(text)
  }

  #tell(message: string): void {
    this.#progress?.clear()
    process.stderr.write(`trueaio: ${printable(message)}\n`)
  }

  #codeOf(ending: unknown): number {
    const { code: interrupted } = this.#interruption
    if (interrupted !== undefined) {
      this.#tell(`stopped; ${sizeText(this.#bytes)} were copied`)
      return interrupted
    }
    if (ending !== undefined) {
      const error = ending as NodeJS.ErrnoException
      // A reader that has gone, as `| head` does, ends it quietly.
      if (error.code === 'EPIPE' && (error as { readonly end?: string }).end === 'target standard output') return ExitCode.DONE
      if (error.code === 'ETIMEDOUT' && error.syscall === 'transfer') {
        this.#tell(`--timeout has passed; ${sizeText(this.#bytes)} were copied`)
        return MoveExit.TIMEOUT
      }
      if (this.#settings.isJson) this.#line({ failed: '', code: error.code, message: messageOf(error) })
      this.#tell(messageOf(error))
      return ExitCode.FAILED
    }
    if (this.#failures > 0) return this.#failures === this.#vanished ? MoveExit.VANISHED : MoveExit.PARTIAL
    return ExitCode.DONE
  }

  #summary(code: number): void {
    const milliseconds = performance.now() - this.#began
    const { isJson } = this.#settings
    if (isJson) {
      this.#line({
        done: code === ExitCode.DONE, exitCode: code, bytes: this.#bytes, written: this.#written, resumed: this.#resumed, actions: Object.fromEntries(this.#counts),
        failures: this.#failures, ...Object.keys(this.#digests).length === 0 ? {} : { digests: this.#digests }, milliseconds: Math.round(milliseconds * 100) / 100,
      })
      return
    }
    for (const [name, digest] of Object.entries(this.#digests)) this.#line(`${name} ${digest}`)
    if (this.#failures > 0) this.#tell(`${String(this.#failures)} ${this.#failures === 1 ? 'entry' : 'entries'} could not be copied`)
    if (this.#telling.isVerbose || (Mover.isWatched(this.#settings) && code === ExitCode.DONE)) {
      const counts = [...this.#counts].filter(([action]) => action !== 'copy' || (this.#counts.get('copy') ?? 0) > 1).map(([action, count]) => `${String(count)} ${VERBS[action]}`)
      const rate = `${sizeText((this.#bytes * 1000) / Math.max(1, milliseconds))}/s`
      process.stderr.write(`${[`${sizeText(this.#bytes)} in ${milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(2)} s` : timeText(milliseconds)}, ${rate}`, ...counts].join('; ')}\n`)
    }
  }
}

/** One line, with what to do where that is known. */
function messageOf(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException
  const text = message.split('\n')[0] ?? ''
  if (code === 'ERR_TRUEAIO_RESUME_BUSY') return `${text}. Wait until the other one has ended`
  if (code === 'ENOSPC' || code === 'EDQUOT') return `${text}. Make room there, and run it again`
  return text
}

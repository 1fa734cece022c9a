// ① interface — what `trueaio run` and `trueaio trace` load into a program before its first line, in each of its threads.
import { subscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, threadId } from 'node:worker_threads'
import '../../register.js'
import { loadBinding } from '../../native/load.js'
import { observation } from '../../proactor/observer.js'
import type { Proactor } from '../../proactor/proactor.js'
import { columnsOf } from '../terminal.js'
import { figuresOf, figuresTable, type ProactorFigures } from './figures.js'
import { Recorder } from './recorder.js'
import { CallFigures } from './call-figures.js'
import { FsWrapper } from './wrap-fs.js'

/** What the command has written into the environment. */
interface Watch {
  readonly mode: 'run' | 'trace'
  readonly folder: string
  readonly sites: boolean
}

const { writeFileSync: write } = { writeFileSync }
const proactors: Proactor[] = []

let calls: CallFigures | undefined

/** Whether node:fs itself carries everything out: there is no engine then whose figures could be shown. */
function isNodes(): boolean {
  return loadBinding().binding === undefined || process.env['TRUEAIO_DRIVER']?.split(',')[0]?.trim() === 'node'
}

function figures(): ProactorFigures[] {
  return [...(calls === undefined ? [] : [calls.figures(threadId)]), ...proactors.map((proactor) => figuresOf(proactor, threadId))]
}

function start({ mode, folder, sites }: Watch): void {
  subscribe('trueaio:proactor', (message) => void proactors.push((message as { proactor: Proactor }).proactor))
  const name = join(folder, `${String(process.pid)}-${String(threadId)}`)
  let recorder: Recorder | undefined
  if (mode === 'trace') {
    recorder = new Recorder(folder)
    observation.by = recorder
    new FsWrapper(recorder, sites, isNodes()).wrapAll()
  } else if (isNodes()) new FsWrapper((calls = new CallFigures()), false, true).wrapAll()
  if (mode === 'run' && isMainThread) {
    // A listener of a signal does not keep the process alive.
    process.on('SIGUSR2', () => void process.stderr.write(`${figuresTable(figures(), columnsOf(process.stderr))}\n`))
  }
  process.on('exit', () => {
    try {
      recorder?.end()
      if (recorder?.hasFailed === true) process.stderr.write(`trueaio: the trace is incomplete: ${folder} could not be written to\n`)
      write(`${name}.figures`, JSON.stringify(figures()), { mode: 0o600 })
    } catch (error) {
      process.stderr.write(`trueaio: the figures are lost: ${(error as Error).message}\n`)
    }
  })
}

const told = process.env['TRUEAIO_WATCH']
if (told !== undefined) start(JSON.parse(told) as Watch)

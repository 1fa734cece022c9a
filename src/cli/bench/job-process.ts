// ① interface — where a job runs: a process of its own, as in fio, or a thread. It receives a job, reports when it is ready, begins when
// all are, and gives back its figures.
import { parentPort } from 'node:worker_threads'
import type { Command } from '../command.js'
import type { Backend, Ended } from './backend.js'
import { engineOf } from './engines.js'
import type { NeededFile } from './files.js'
import type { JobFigures } from './figures.js'
import type { Job } from './job.js'

/** The first message to the process. */
export interface JobOrder {
  readonly kind: 'job'
  readonly job: Job
  readonly files: readonly NeededFile[]
  /** Of a flow: shared counts, weights by job, and this one's place. */
  readonly flow: { readonly counts: SharedArrayBuffer, readonly weights: readonly number[], readonly own: number } | undefined
}

export type ToJob = JobOrder | { readonly kind: 'begin' } | { readonly kind: 'stop' }
export type FromJob =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ended', readonly figures: JobFigures }
  | { readonly kind: 'failed', readonly message: string }

interface Run {
  run(): Promise<JobFigures>
  stop(): void
}

/** What runs this job: another process, or another thread. */
interface Parent {
  send(message: FromJob): void
  receive(listener: (message: ToJob) => void): void
  end(): void
}

function parentOf(): Parent | undefined {
  if (parentPort !== null) {
    const port = parentPort
    return { send: (message) => port.postMessage(message), receive: (listener) => void port.on('message', listener), end: () => port.close() }
  }
  if (process.send === undefined) return undefined
  process.on('disconnect', () => process.exit(1))
  // Ctrl-C reaches the whole group: the parent decides what it means.
  process.on('SIGINT', () => undefined)
  return {
    send: (message) => void process.send?.(message),
    receive: (listener) => void process.on('message', listener),
    end: () => process.disconnect(),
  }
}

async function backendMaker(job: Job, files: readonly NeededFile[]): Promise<(ended: Ended) => Backend> {
  const { kind, driver } = engineOf(job.engine)
  if (kind === 'proactor' || kind === 'simulated' || (kind === 'files' && !('bun' in process.versions))) {
    const { ProactorBackend, simulatedDriver } = await import('./proactor-backend.js')
    const options = kind === 'simulated' ? { driver: simulatedDriver(job, files) } : driver === undefined ? {} : { driver }
    return (ended) => new ProactorBackend({ ...options, entries: Math.min(32768, Math.max(256, job.depth)) }, ended)
  }
  const { NodeBackend, NullBackend, SyncBackend } = await import('./node-backend.js')
  if (kind === 'sync') return (ended) => new SyncBackend(ended)
  return kind === 'null' ? (ended) => new NullBackend(ended) : (ended) => new NodeBackend(ended)
}

async function prepare({ job, files, flow }: JobOrder): Promise<Run> {
  const { Memory } = await import('./contents.js')
  const { Logs } = await import('./logs.js')
  const { IologWriter } = await import('./iolog.js')
  const { kind, isSynchronous } = engineOf(job.engine)
  const makeBackend = await backendMaker(job, files)
  const memory = new Memory()
  const parts = {
    job, files, makeBackend, memory, isSynchronous: isSynchronous === true, logs: Logs.of(job),
    flow: flow === undefined ? undefined : { counts: new Float64Array(flow.counts), weights: flow.weights, own: flow.own },
    iolog: job.writeIolog === undefined ? undefined : new IologWriter(job.writeIolog),
  }
  let run: Run
  if (kind === 'files') run = new (await import('./files-run.js')).FilesRun(parts)
  else if (job.readIolog !== undefined || job.replayMetadata !== undefined) {
    const { readIolog } = await import('./iolog.js')
    const { readMetadata } = await import('./metadata.js')
    const { ReplayRun } = await import('./replay-run.js')
    run = new ReplayRun(parts, job.readIolog === undefined ? [] : readIolog(job.readIolog), job.replayMetadata === undefined ? [] : readMetadata(job.replayMetadata))
  } else run = new (await import('./job-run.js')).JobRun(parts)
  return { stop: () => run.stop(), run: () => run.run().finally(() => memory.end()) }
}

export const benchJob: Command = {
  name: 'bench-job',
  usage: [''],
  text: 'One job of `trueaio bench`, started by it.',
  options: [],
  readsItself: true,
  async run() {
    const parent = parentOf()
    if (parent === undefined) {
      process.stderr.write('trueaio bench-job is started by trueaio bench\n')
      return 2
    }
    await new Promise<void>((resolve) => {
      let job: Run | undefined
      let isStopped = false
      const fail = (error: unknown): void => {
        parent.send({ kind: 'failed', message: (error as Error).message })
        resolve()
      }
      parent.receive((message) => {
        if (message.kind === 'job') {
          prepare(message).then((made) => {
            job = made
            if (isStopped) made.stop()
            parent.send({ kind: 'ready' })
          }, fail)
        } else if (message.kind === 'begin') {
          job?.run().then((figures) => {
            parent.send({ kind: 'ended', figures })
            resolve()
          }, fail)
        } else {
          isStopped = true
          job?.stop()
        }
      })
    })
    parent.end()
    return 0
  },
}

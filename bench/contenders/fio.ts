// Benchmark — fio as a contender: what the same reads cost a C program. Only when fio is on the PATH.
import { runCommand } from './command-process.js'
import { Unavailable, type Case, type CommandContender, type Context, type Measurement } from '../suite.js'

/** Below this fio's own start shows in its rate. */
const MILLISECONDS_MIN = 200
export const FIO = 'fio, io_uring'
export const FIO_LIBAIO = 'fio, libaio'

export async function fioVersion(): Promise<string | undefined> {
  try {
    return (await runCommand('fio', ['--version'])).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

interface FioJob {
  readonly error: number
  readonly read: { readonly total_ios: number; readonly runtime: number; readonly iops: number }
  readonly job_runtime: number
  readonly usr_cpu: number
  readonly sys_cpu: number
}

/** fio's JSON, without the warnings that it may print before. */
function parseJob(output: string): FioJob {
  const job = (JSON.parse(output.slice(output.indexOf('{'))) as { jobs: FioJob[] }).jobs[0]
  if (job === undefined || job.error !== 0) throw new Error(`fio failed: ${output.slice(0, 400)}`)
  return job
}

async function measure(context: Context, case_: Case, milliseconds: number, direct: boolean, engine: string): Promise<Measurement> {
  const output = await runCommand('fio', [
    '--name=trueaio', `--filename=${context.files.blocks.replaceAll(':', '\\:')}`, '--readonly', '--rw=randread', `--bs=${String(case_.bytes)}`,
    `--ioengine=${engine}`, `--iodepth=${String(case_.inFlight)}`, `--size=${String(context.files.blocksBytes)}`, '--invalidate=0',
    '--norandommap', '--gtod_reduce=1', '--time_based', `--runtime=${String(Math.max(MILLISECONDS_MIN, Math.round(milliseconds)))}ms`,
    `--direct=${direct ? '1' : '0'}`, '--output-format=json',
  ], { directory: context.files.directory })
  const job = parseJob(output)
  return {
    operations: job.read.total_ios,
    seconds: job.read.total_ios / job.read.iops,
    cpuMicroseconds: (job.job_runtime * 1000 * (job.usr_cpu + job.sys_cpu)) / 100,
    figures: {},
  }
}

export function fioContender(direct: boolean, name: typeof FIO | typeof FIO_LIBAIO = FIO): CommandContender {
  const engine = name === FIO ? 'io_uring' : 'libaio'
  return {
    kind: 'command', name, quick: true,
    async prepare() {
      if (await fioVersion() === undefined) throw new Unavailable('fio is not on the PATH')
    },
    measure: (context, case_, milliseconds) => measure(context, case_, milliseconds, direct, engine),
  }
}

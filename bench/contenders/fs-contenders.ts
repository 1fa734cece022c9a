// Benchmark — who takes part in the suites of the drop-in fs: the package's modules and Node's, doing the same calls.
import nodeFs from 'node:fs'
import nodePromises from 'node:fs/promises'
import ourFs from 'trueaio/fs'
import ourPromises from 'trueaio/fs/promises'
import type { Case, Context, ProcessContender, Workload } from '../suite.js'

export const OURS_PROMISES = 'trueaio/fs/promises'
export const OURS_CALLBACK = 'trueaio/fs, callback'
export const NODE_PROMISES = 'fs/promises'
export const NODE_CALLBACK = 'fs, callback'
export const NODE_SYNC = 'fs, sync'

/** Node's modules, whichever implements them. */
export type PromisesModule = typeof nodePromises
export type FsModule = typeof nodeFs

type MakeWith<Module> = (module: Module, context: Context, case_: Case) => Promise<Workload> | Workload

/** The drop-in makes its proactor at its first call, and reads then which driver it shall have. */
function chooseDriver({ drivers }: Context): void {
  if (drivers !== undefined) process.env['TRUEAIO_DRIVER'] = drivers.join(',')
}

function contender<Module>(name: string, module: Module, make: MakeWith<Module>): ProcessContender {
  return {
    kind: 'process', name, quick: true,
    make(context, case_) {
      chooseDriver(context)
      return make(module, context, case_)
    },
  }
}

/** The two modules of promises. */
export function promiseContenders(make: MakeWith<PromisesModule>): ProcessContender[] {
  return [contender(OURS_PROMISES, ourPromises, make), contender(NODE_PROMISES, nodePromises, make)]
}

/** The two modules of callbacks. */
export function callbackContenders(make: MakeWith<FsModule>): ProcessContender[] {
  return [contender(OURS_CALLBACK, ourFs, make), contender(NODE_CALLBACK, nodeFs, make)]
}

/** Node's synchronous functions, one after the other whatever the case says. */
export function syncContender(make: MakeWith<FsModule>): ProcessContender {
  return contender(NODE_SYNC, nodeFs, make)
}

/** What has nothing to close. */
export function loop(run: Workload['run']): Workload {
  return { run, close() { /* nothing is open */ } }
}

/** One operation after the other, and 64 at once. */
export const ONE_AND_MANY: readonly Case[] = [
  { name: '64 at once', work: '', inFlight: 64, bytes: 0, quick: true },
  { name: 'one after the other', work: '', inFlight: 1, bytes: 0, quick: true },
]

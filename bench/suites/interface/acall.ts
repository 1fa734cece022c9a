// Benchmark suite — trueaio/acall: what a submission with a completion ring costs over the engine it runs on, what a thread for
// each call costs, and what a program saves.
import { call, SYS, type CallArgument } from 'trueaio'
import { Acall, ACALL_SUBMIT_THREAD_POOL, CompletionRing, type ProgramStep, type Submission } from 'trueaio/acall'
import { closeSync, openSync } from 'node:fs'
import { BlockReads } from '../../workload/block-reads.js'
import type { Budget } from '../../workload/budget.js'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { makeProactor } from '../../contenders/engine.js'
import { FIO, fioContender } from '../../contenders/fio.js'
import { engineReads, eventReads } from '../../contenders/read-contenders.js'
import type { Case, Context, ProcessContender, Suite } from '../../suite.js'

export const ENGINE = 'trueaio, event batches'
export const ACALL = 'acall, completion ring'
export const READS = '4 KiB cached reads'
export const CALLS = 'getppid'
const PROGRAM = 'acall, programs of 16'
const OWN_THREADS = 'acall, a thread each'
const STEPS = 16

type Make = ProcessContender['make']

interface RingDrive {
  readonly acall: Acall
  readonly ring: CompletionRing
  /** A submission for each lane, filled in anew for each of its calls, as one does with such blocks in C. */
  readonly blocks: readonly Submission[]
  /** Makes a lane's block ready for its next call. */
  readonly next?: (lane: number) => void
  readonly check: (lane: number, result: number) => void
  /** Operations that one submission is. Default: 1. */
  readonly weight?: number
}

/** Keeps calls in flight by a ring: each entry taken begins the next call of its cookie's lane. */
async function driveRing({ acall, ring, blocks, next, check, weight = 1 }: RingDrive, budget: Budget): Promise<void> {
  let running = 0
  const list: Submission[] = []
  const begin = (lane: number): void => {
    let wanted = false
    for (let count = 0; count < weight; count++) wanted = budget.take() || wanted
    if (!wanted) return
    next?.(lane)
    list.push(blocks[lane] as Submission) // a block a lane
  }
  const submit = (): void => {
    const { error } = acall.submit(list)
    if (error !== undefined) throw error
    running += list.length
    list.length = 0
  }
  for (let lane = 0; lane < blocks.length; lane++) begin(lane)
  submit()
  while (running > 0) {
    await ring.wait()
    for (const { cookie, result } of ring.take()) {
      running--
      check(cookie as number, result)
      begin(cookie as number)
    }
    submit()
  }
}

function checkParent(_: number, pid: number): void {
  if (pid !== process.ppid) throw new Error(`getppid() is ${String(process.ppid)}, and ${String(pid)} came`)
}

async function engineCalls(context: Context, { inFlight }: Case, budget: Budget): Promise<void> {
  const proactor = makeProactor(context.drivers)
  const queue = proactor.completionQueue<number>({ capacity: Math.max(inFlight, 16) })
  let running = 0
  const begin = (lane: number): void => {
    if (!budget.take()) return
    running++
    queue.submit(call(SYS.getppid ?? -1), lane)
  }
  for (let lane = 0; lane < inFlight; lane++) begin(lane)
  while (running > 0) {
    for (const event of await queue.wait()) {
      running--
      if (event.error !== undefined) throw event.error
      checkParent(event.cookie, event.result as number)
      begin(event.cookie)
    }
  }
  await proactor.close()
}

const engine: Make = (context, case_) => {
  if (case_.work === READS) return engineReads(false, eventReads)(context, case_)
  return { run: (budget) => engineCalls(context, case_, budget), close() { /* closed with each run */ } }
}

function overRing(drive: (ring: CompletionRing, inFlight: number) => Omit<RingDrive, 'acall' | 'ring'>): Make {
  return (context, { inFlight }) => {
    const acall = new Acall({ proactor: makeProactor(context.drivers) })
    const ring = new CompletionRing(Math.max(inFlight, 16))
    const rest = drive(ring, inFlight)
    return {
      run: (budget) => driveRing({ acall, ring, ...rest }, budget),
      async close() {
        await acall.close()
        await acall.proactor.close()
      },
    }
  }
}

function parentCalls(block: Submission, weight = 1): Make {
  return overRing((ring, inFlight) => ({ blocks: Array.from({ length: inFlight }, (_, cookie) => ({ ...block, cookie, ring })), check: checkParent, weight }))
}

const ringReads: Make = async (context, case_) => {
  const buffers = Array.from({ length: case_.inFlight }, () => Buffer.allocUnsafeSlow(case_.bytes))
  const fd = openSync(context.files.blocks, 'r')
  const reads = new BlockReads(context.files, case_.bytes, buffers)
  const workload = await overRing((ring) => {
    const blocks = buffers.map((buffer, cookie) => ({ nr: SYS.pread64 ?? -1, args: [fd, buffer, case_.bytes, 0], cookie, ring }))
    return {
      blocks,
      next(lane) {
        const { args } = blocks[lane] as { args: CallArgument[] } // a block a lane
        args[3] = reads.next(lane)
      },
      check: (lane, bytes) => reads.check(lane, bytes),
    }
  })(context, case_)
  return {
    run: (budget) => workload.run(budget),
    async close() {
      await workload.close()
      closeSync(fd)
    },
  }
}

const onPool = parentCalls({ nr: SYS.getppid ?? -1, flags: ACALL_SUBMIT_THREAD_POOL })
const ring: Make = (context, case_) => (case_.work === READS ? ringReads : onPool)(context, case_)
const steps = Array.from({ length: STEPS }, (): ProgramStep => ({ nr: SYS.getppid ?? -1 }))
const ofCalls = ({ work }: Case): boolean => work === CALLS

export const acallSuite: Suite = {
  name: 'acall',
  title: 'acall: submissions and completion rings over the bare engine',
  unit: 'calls',
  cases: [
    { name: `${READS}, 32 in flight`, work: READS, inFlight: 32, bytes: BLOCK_BYTES, quick: true },
    { name: `${READS}, 128 in flight`, work: READS, inFlight: 128, bytes: BLOCK_BYTES, quick: false },
    { name: `${CALLS}, 64 in flight`, work: CALLS, inFlight: 64, bytes: 0, quick: true },
  ],
  contenders: [
    { kind: 'process', name: ENGINE, quick: true, make: engine },
    { kind: 'process', name: ACALL, quick: true, make: ring },
    { kind: 'process', name: OWN_THREADS, quick: false, make: parentCalls({ nr: SYS.getppid ?? -1 }), takesPart: ofCalls },
    { kind: 'process', name: PROGRAM, quick: true, make: parentCalls({ program: steps, flags: ACALL_SUBMIT_THREAD_POOL }, STEPS), takesPart: ofCalls },
    { ...fioContender(false), name: FIO, takesPart: ({ work }) => work === READS },
  ],
  reference: ENGINE,
  byDefault: false,
}

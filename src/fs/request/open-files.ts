// ① interface — how many files the drop-in's whole-file functions hold open at once. Ten thousand calls of readFile wait
// here for their turn, instead of running into EMFILE.
import { openFilesMax } from '../../configure.js'
import { checkInteger } from '../../operation/arguments.js'
import { Wake, WaitQueue } from '../../waiting/wait-queue.js'

/** Waits for its turn. */
export interface OpenFileJob {
  /** Its turn has come. It calls `left` once its file is closed, or was never opened. */
  start(): void
}

/** 0: not known yet. Its default, 256, is enough to keep a device busy, and far below the usual limit of 1024 descriptors for a process. */
let limit = 0
let open = 0
const waiting = new WaitQueue()

/** Starts a job now, or when others have left. */
export function enter(job: OpenFileJob): void {
  if (limit === 0) limit = openFilesMax()
  if (open < limit) {
    open++
    job.start()
  } else wait(job)
}

function wait(job: OpenFileJob): void {
  const waiter = waiting.add(() => {
    if (open >= limit) return Wake.STOPPED
    waiting.remove(waiter) // before it starts: what ends at once leaves at once
    open++
    job.start()
    return Wake.TOOK
  })
}

/** A job's file is closed. */
export function left(): void {
  open--
  if (waiting.length > 0) waiting.wake(undefined)
}

/**
 * A job's open met EMFILE or ENFILE: while others hold files, it waits for one of them to leave and starts again.
 * False: nobody else will, the error is the caller's.
 */
export function standBack(job: OpenFileJob): boolean {
  if (open <= 1) return false
  open--
  wait(job)
  return true
}

/**
 * Sets how many files readFile, writeFile and similar functions hold open at once in this thread, 1 to 2^20. Default:
 * 256.
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
export function setOpenFilesMax(files: number): void {
  limit = checkInteger(files, 'files', 1, 2 ** 20)
  waiting.wakeAll(undefined)
}

/** Opens a file in its turn and uses it. What meets EMFILE while others hold files is opened again later. `use` closes it. */
export function withFile<Result>(open: () => Promise<number>, use: (fd: number) => Promise<Result>): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    const refuse: (error: Error) => void = reject
    const job: OpenFileJob = {
      start() {
        open().then((fd) => {
          use(fd).finally(left).then(resolve, reject)
        }, (error: unknown) => {
          if (isOutOfDescriptors(error) && standBack(job)) return
          left()
          refuse(error as Error)
        })
      },
    }
    enter(job)
  })
}

function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'EMFILE' || code === 'ENFILE'
}

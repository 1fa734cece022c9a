// ① interface — several small files of one directory copied in two trips to one thread: their sizes and modes, then for each
// open, open, copy, mode, close, close in a row. A file costs one trip with Node's copyFile. The mode comes last, as writing takes
// set-user-ID and set-group-ID away. What a row has made and not finished is removed before it is copied another way: it may be
// read-only, and an empty file must not stay behind where copying ends.
import { constants } from 'node:fs'
import { join } from 'node:path'
import { fchmod } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, Operation } from '../../operation/operation.js'
import { copyFileRange } from '../../operation/copy.js'
import { open, statx, unlink, type Statx } from '../../operation/path.js'
import { copyBetweenSteps, leftOpen, onStep, row, type RowValues } from '../../operation/row.js'
import { systemError } from '../../operation/system-error.js'
import { NODE_MAJOR } from '../node/index.js'
import { allDone, closeBehind, isFailure, request, requestRowInTurn, type Countdown } from '../request/index.js'

/** With names and paths of any length, the steps fit the memory lent to one row. */
export const FILES_IN_ROW = 8
/** A larger file would keep its row's thread, and an abort, waiting. */
const SMALL_BYTES = 1024 * 1024
const REGULAR = 0o100000
const TYPE_MASK = 0o170000
const PERMISSIONS = 0o7777
const ACCESS = 0o777
const STATX_TYPE_MODE_SIZE = 0x203
const AT_SYMLINK_NOFOLLOW = 0x100
const O_PATH = 0o10000000
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const THE_DIRECTORY = { flags: O_PATH | O_DIRECTORY }
// What has come in a file's place since the listing must not hold the thread: a pipe without the other end.
const TO_READ = { flags: O_RDONLY | O_NONBLOCK }
const STAT = { flags: AT_SYMLINK_NOFOLLOW, mask: STATX_TYPE_MODE_SIZE }
const DIRECTORIES = 2
const STEPS_OF_FILE = 6
const COPY_STEP = 2
const EXDEV = -18
/** Errors that another way of copying would only meet again: EIO, EFBIG, ENOSPC, EDQUOT. */
export const NOT_MENDED: ReadonlySet<unknown> = new Set([-5, -27, -28, -122])

/** Node 26 copies trees in C++, which names the target only. */
export const copyError = (result: number, from: string, to: string): Error =>
  (NODE_MAJOR >= 26 ? systemError(result, 'copyfile', to) : systemError(result, 'copyfile', from, to))

/**
 * Copies regular files to names that are not there yet.
 * @returns the names that a row could not copy, or whose size says nothing, for copyOne to copy, or to refuse. Of these it leaves nothing behind
 */
export async function copyFilesInRow(from: string, to: string, names: readonly string[], countdown: Countdown | undefined): Promise<readonly string[]> {
  const stats = await statInRow(from, names, countdown)
  if (stats === undefined) return names
  const small: SmallFile[] = []
  const others: string[] = []
  stats.forEach(({ mode, size }, index) => {
    const name = names[index] as string // one for each
    if ((mode & TYPE_MASK) === REGULAR && size > 0 && size <= SMALL_BYTES) small.push({ name, mode: mode & PERMISSIONS, size })
    else others.push(name)
  })
  for (let at = 0; at < small.length;) {
    const steps: Operation[] = [open(from, THE_DIRECTORY), open(to, THE_DIRECTORY)]
    for (let index = at; index < small.length; index++) steps.push(...copySteps(small[index] as SmallFile, steps.length)) // below length
    steps.push(closeStep(0), closeStep(1))
    const values = await requestRowInTurn(steps, countdown, 'copyfile', from)
    if (allDone(values, steps.length)) break
    at += Math.max(0, Math.floor((values.length - 1 - DIRECTORIES) / STEPS_OF_FILE))
    const file = small[at]
    if (file === undefined) { // a directory's close
      closeAll(steps, values)
      break
    }
    const interrupted = new Interrupted(from, to, file, steps, values)
    if (!await finish(interrupted, countdown)) others.push(file.name)
    at++
    if (interrupted.last === EXDEV) { // so it will be with every file
      others.push(...small.slice(at).map(({ name }) => name))
      break
    }
  }
  return others
}

interface SmallFile {
  readonly name: string
  readonly mode: number
  readonly size: number
}

/** The file at which a row has ended. */
class Interrupted {
  readonly source: string
  readonly target: string
  readonly file: SmallFile
  readonly steps: readonly Operation[]
  readonly values: RowValues
  /** Where its own steps begin. */
  readonly base: number
  /** What its last step answered. */
  readonly last: unknown

  constructor(from: string, to: string, file: SmallFile, steps: readonly Operation[], values: RowValues) {
    this.source = join(from, file.name)
    this.target = join(to, file.name)
    this.file = file
    this.steps = steps
    this.values = values
    const at = Math.max(0, values.length - 1 - DIRECTORIES)
    this.base = DIRECTORIES + at - at % STEPS_OF_FILE
    this.last = values[values.length - 1]
  }

  /** Whether the target is there because the row has made it. */
  get isMade(): boolean {
    return this.values.length - 1 > this.base + 1
  }

  /** Bytes copied before a short copy; undefined: the copy was not short. */
  get copied(): number | undefined {
    return this.values.length - 1 === this.base + COPY_STEP && !isFailure(this.last) ? this.last as number : undefined
  }
}

/** Continues a short copy. False: to be done another way. Errors that no other way would avoid are thrown. */
async function finish(interrupted: Interrupted, countdown: Countdown | undefined): Promise<boolean> {
  const { source, target, steps, values, last, copied } = interrupted
  try {
    if (NOT_MENDED.has(last)) throw copyError(last as number, source, target)
    if (copied !== undefined) await copyRest(interrupted, copied, countdown)
    else if (interrupted.isMade) await request(unlink(target), countdown?.options, 'unlink', target)
  } catch (error) {
    closeAll(steps, values)
    // As Node's copyFile leaves no half of a file. What counts is the first error.
    if (interrupted.isMade) await request(unlink(target), undefined, 'unlink').catch(() => undefined)
    throw error
  }
  closeAll(steps, values)
  return copied !== undefined
}

async function copyRest({ source, target, values, base, file }: Interrupted, copied: number, countdown: Countdown | undefined): Promise<void> {
  const input = values[base] as number
  const output = values[base + 1] as number
  for (let at = copied; at < file.size;) {
    const bytes = await request<number>(copyFileRange(input, output, file.size - at), countdown?.options, 'copyfile', source, target)
    if (bytes === 0) break // the file was cut meanwhile
    at += bytes
  }
  await request(fchmod(output, file.mode), countdown?.options, 'chmod', target)
}

function closeAll(steps: readonly Operation[], values: RowValues): void {
  for (const fd of leftOpen(row(steps), values)) void closeBehind(fd)
}

async function statInRow(from: string, names: readonly string[], countdown: Countdown | undefined): Promise<readonly Statx[] | undefined> {
  const steps: Operation[] = [open(from, THE_DIRECTORY), ...names.map((name) => onStep(statx(name, STAT), 0)), closeStep(0)]
  const values = await requestRowInTurn(steps, countdown, 'stat', from)
  if (allDone(values, steps.length)) return values.slice(1, -1) as Statx[]
  closeAll(steps, values)
  return undefined
}

/** @param at where the first of these steps will stand; the directories are steps 0 and 1 */
function copySteps({ name, mode, size }: SmallFile, at: number): Operation[] {
  const source = at
  const target = at + 1
  return [
    onStep(open(name, TO_READ), 0),
    onStep(open(name, { flags: O_WRONLY | O_CREAT | O_EXCL | O_NONBLOCK, mode: mode & ACCESS }), 1),
    copyBetweenSteps(source, target, size),
    onStep(fchmod(0, mode), target),
    closeStep(source),
    closeStep(target),
  ]
}

function closeStep(step: number): Operation {
  return new Operation(Opcode.CLOSE, FileKind.STEP_RESULT, step, undefined, 0, 0, 0, undefined)
}

// ① interface — several small files of one directory copied in two trips to one thread: their sizes and modes, then for each
// open, open, mode, copy, close, close in a row. As Node's copyFile does it, of which a file costs one trip.
import { constants } from 'node:fs'
import { fchmod, close } from '../operation/file.js'
import { FileKind, Operation } from '../operation/operation.js'
import { open, statx, type Statx } from '../operation/path.js'
import { copyBetweenSteps, leftOpen, onStep, row, type RowValues } from '../operation/row.js'
import type { Countdown } from './request.js'
import { allDone, closeBehind, requestRow } from './row-request.js'

/** With names and paths of any length, the steps fit the memory lent to one row. */
export const FILES_IN_ROW = 8
/** A larger file would keep its row's thread, and an abort, waiting. */
const SMALL_BYTES = 1024 * 1024
const REGULAR = 0o100000
const TYPE_MASK = 0o170000
const PERMISSIONS = 0o7777
const STATX_TYPE_MODE_SIZE = 0x203
const AT_SYMLINK_NOFOLLOW = 0x100
const O_PATH = 0o10000000
const { O_CREAT, O_DIRECTORY, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants
const THE_DIRECTORY = { flags: O_PATH | O_DIRECTORY }
// What has come in a file's place since the listing must not hold the thread: a pipe without the other end.
const TO_READ = { flags: O_RDONLY | O_NONBLOCK }
const STAT = { flags: AT_SYMLINK_NOFOLLOW, mask: STATX_TYPE_MODE_SIZE }
const STEPS_OF_FILE = 6

/**
 * Copies regular files to names that are not there yet.
 * @returns the names that a row could not copy, for Node's copyFile to copy, or to refuse. Of the first something may be there
 */
export async function copyFilesInRow(from: string, to: string, names: readonly string[], countdown: Countdown | undefined): Promise<readonly string[]> {
  const stats = await statInRow(from, names, countdown)
  if (stats === undefined) return names
  const small: number[] = []
  const others: string[] = []
  stats.forEach(({ mode, size }, index) => {
    if ((mode & TYPE_MASK) === REGULAR && size <= SMALL_BYTES) small.push(index)
    else others.push(names[index] as string)
  })
  if (small.length === 0) return others
  const steps: Operation[] = [open(from, THE_DIRECTORY), open(to, THE_DIRECTORY)]
  for (const index of small) steps.push(...copySteps(names[index] as string, stats[index] as Statx, steps.length))
  steps.push(closeStep(0), closeStep(1))
  const values = await requestRow(steps, countdown?.options, 'copyfile', from)
  if (allDone(values, steps.length)) return others
  const copied = Math.max(0, Math.floor((leaveOff(steps, values) - 2) / STEPS_OF_FILE))
  return [...small.slice(copied).map((index) => names[index] as string), ...others]
}

/** Closes what a row left open. Returns how many steps went well. */
function leaveOff(steps: readonly Operation[], values: RowValues): number {
  for (const fd of leftOpen(row(steps), values)) closeBehind(fd)
  return values.length - 1
}

async function statInRow(from: string, names: readonly string[], countdown: Countdown | undefined): Promise<readonly Statx[] | undefined> {
  const steps: Operation[] = [open(from, THE_DIRECTORY), ...names.map((name) => onStep(statx(name, STAT), 0)), closeStep(0)]
  const values = await requestRow(steps, countdown?.options, 'stat', from)
  if (allDone(values, steps.length)) return values.slice(1, -1) as Statx[]
  leaveOff(steps, values)
  return undefined
}

/** @param at where the first of these steps will stand; the directories are steps 0 and 1 */
function copySteps(name: string, { mode, size }: Statx, at: number): Operation[] {
  const source = at
  const target = at + 1
  const permissions = mode & PERMISSIONS
  return [
    onStep(open(name, TO_READ), 0),
    onStep(open(name, { flags: O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, mode: permissions }), 1),
    onStep(fchmod(0, permissions), target),
    copyBetweenSteps(source, target, size),
    closeStep(source),
    closeStep(target),
  ]
}

const { opcode: CLOSE } = close(0)

function closeStep(step: number): Operation {
  return new Operation(CLOSE, FileKind.STEP_RESULT, step, undefined, 0, 0, 0, undefined)
}

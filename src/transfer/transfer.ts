// ① interface — transfer(source, target): what is given becomes two ends, and what carries it out: one file or stream (carry-out.ts), or a tree.
import { invalidArgValue } from '../operation/arguments.js'
import { carryOut } from './carry-out.js'
import type { SourceEnd } from './ends/end.js'
import { parseSource, parseTarget, type TransferSource, type TransferTarget } from './ends/parse.js'
import { TransferError } from './errors.js'
import { Transfer } from './job.js'
import { checkTransferOptions, type TransferOptions } from './options.js'
import { resumedName } from './resume/resume.js'
import { Running } from './running.js'
import { checkTreeOptions } from './tree/tree-options.js'
import { checkExtended, copyExtended } from './tree/extended-attributes.js'
import { copyTree } from './tree/copy-tree.js'

/**
 * Moves all bytes of a source to a target. See docs/guide/transfer.md for the forms of both.
 *
 * A file is written beside its name and renamed at the end: under its name there is the old content or the new one, never a part.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE; rejects with TransferError, AbortError, ETIMEDOUT
 */
export function transfer(source: TransferSource, target: TransferTarget, options: TransferOptions = {}): Transfer {
  const checked = checkTransferOptions(options)
  const tree = checkTreeOptions(options)
  const { resume, pieceBytes } = checked
  const from = parseSource(source, options.s3)
  let to = parseTarget(target, { ...options, partial: undefined, pieceBytes })
  if (resume !== undefined) {
    if (to.path === undefined) throw invalidArgValue('options.resume', resume, 'needs a target that is a whole file')
    to = parseTarget(target, { ...options, partial: (place) => resumedName(place, resume), pieceBytes })
  }
  if (tree.xattrs) checkExtended(checked.io)
  const running = new Running()
  running.plan.push(`${from.name} → ${to.name}`)
  const { io } = checked
  const held = [from.file, to.file].filter((file) => file !== undefined)
  for (const file of held) file.hold(io)
  return new Transfer(checked, running, async () => {
    try {
      await carryOut(from, to, checked, running)
      if (tree.xattrs && from.path !== undefined && to.path !== undefined) await copyExtended(checked.io, from.path, to.path, false)
    } catch (error) {
      // That it is a directory is known when it was opened: a look before would cost every file one.
      if (from.path === undefined || to.path === undefined || resume !== undefined || !isDirectory(error, from)) throw error
      await copyTree(from.path, to.path, { ...options, ...checked }, tree, running)
    } finally {
      await Promise.all(held.map((file) => file.letGo(io)))
    }
  })
}

function isDirectory(error: unknown, { name }: SourceEnd): boolean {
  return error instanceof TransferError && error.code === 'EISDIR' && error.step === 'open' && error.end === `source ${name}`
}

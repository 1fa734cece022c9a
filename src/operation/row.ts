// ② operation — a row: calls that one thread makes one after the other, as one submission with one completion. For what
// changes names, where a worker for each call costs more than the call and several only wait for the directory's lock.
// The interfaces' own: users have `chain`.
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail } from './operation.js'

/** What each step answered, in order: its value, or a negative errno. Steps behind the one that ended the row are missing. */
export type RowValues = readonly unknown[]

/** An `OperationDetail.file2` from here down is the result of a step: this one's of step 0, the next lower one's of step 1. */
export const SECOND_STEP_RESULT = -1000

/** Of a GETDENTS64 in a row: the row goes on only if the directory is at its end. */
export const EXPECTS_END = 1

/**
 * Makes a row. It ends at the first step that fails or moves less than asked, and at a cancel; a step made by `hardLink`
 * ends it by a cancel alone. What it has opened by then stays open, for the submitter to continue with: see `leftOpen`.
 * Once submitted and abandoned, that is closed by the proactor.
 */
export function row(steps: readonly Operation[]): Operation<RowValues> {
  const detail = new OperationDetail()
  detail.members = steps
  return new Operation<RowValues>(Opcode.ROW, FileKind.DESCRIPTOR, -1, undefined, 0, 0, 0, detail)
}

/** The same operation on the file that an earlier step of its row opened. */
export function onStep<Result>({ opcode, buffer, length, offset, flags, detail }: Operation<Result>, step: number): Operation<Result> {
  return new Operation<Result>(opcode, FileKind.STEP_RESULT, step, buffer, length, offset, flags, detail)
}

/** Copies from the start of the file that step `from` opened to the one that step `to` opened: all of `length` bytes, or the row ends. */
export function copyBetweenSteps(from: number, to: number, length: number): Operation<number> {
  const detail = new OperationDetail()
  detail.file2 = SECOND_STEP_RESULT - to
  return new Operation<number>(Opcode.COPY_FILE_RANGE, FileKind.STEP_RESULT, from, undefined, length, -1, 0, detail)
}

/** Whether a row goes on after a step with this result, where it is not a thread of the pool that decides it. */
export function goesOn({ opcode, flags, length, detail }: Operation, result: number): boolean {
  if (detail?.hardLink === true) return true
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE: case Opcode.COPY_FILE_RANGE: return result === length
    case Opcode.GETDENTS64: return flags === EXPECTS_END ? result === 0 : result >= 0
    default: return result >= 0
  }
}

/** A step as an operation on the descriptors that it means. */
export function resolved(step: Operation, values: RowValues): Operation {
  const { opcode, buffer, length, offset, flags, detail } = step
  const file = step.fileKind === FileKind.STEP_RESULT ? values[step.file] as number : step.file
  if (detail === undefined || detail.file2 > SECOND_STEP_RESULT) return new Operation(opcode, FileKind.DESCRIPTOR, file, buffer, length, offset, flags, detail)
  const own = Object.assign(new OperationDetail(), detail)
  own.file2 = values[SECOND_STEP_RESULT - detail.file2] as number
  return new Operation(opcode, FileKind.DESCRIPTOR, file, buffer, length, offset, flags, own)
}

/** Descriptors that a row opened and did not close. */
export function leftOpen({ detail }: Operation, values: RowValues): number[] {
  const steps = detail?.members ?? []
  const open = new Map<number, number>()
  values.forEach((value, index) => {
    const { opcode, fileKind, file } = steps[index] as Operation // a value for each step made
    if (opcode === Opcode.OPEN && (value as number) >= 0) open.set(index, value as number)
    // Any answer but "never made" means that the number is free.
    if (opcode === Opcode.CLOSE && fileKind === FileKind.STEP_RESULT && value !== NOT_MADE) open.delete(file)
  })
  return [...open.values()]
}

const NOT_MADE = -125 // ECANCELED

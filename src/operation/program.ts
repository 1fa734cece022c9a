// ② operation — a program: system calls one after the other on one thread of the pool, each result deciding which is next,
// without coming back to JavaScript in between.
import { checkInteger, invalidArgType, invalidArgValue } from './arguments.js'
import { CallFlag, callNumber, checkCallArgument } from './call.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type CallArgument, type View } from './operation.js'
import { Program, PROGRAM_LENGTH_MAX, StepValue, type CheckedStep } from './program-steps.js'
import type { SystemCallName } from './system-call-numbers.js'

export { PROGRAM_LENGTH_MAX, StepValue } from './program-steps.js'

const STEPS_MADE_MAX = 0x7fffffff
const STEPS_MADE_DEFAULT = 65536
const ARGUMENTS_MAX = 6

/**
 * Where a program continues after a step: at the `next` one, after that one (`skip`), at the same one (`again`), at a
 * step by its index (also backwards), or not at all (`stop`). After the last step the program ends.
 */
export type Go = 'next' | 'skip' | 'again' | 'stop' | number

/** One system call of a program. */
export interface ProgramStep {
  /** Its number on this machine (`SYS.read`), or its name. */
  readonly nr: SystemCallName | number
  /** Up to six, as `call` takes them, and values of earlier steps (`resultOf`, `totalOf`). Default: none. */
  readonly args?: readonly (CallArgument | StepValue)[]
  /**
   * Index (1 to 5) of the argument that a successful result is compared with. A smaller result counts as negative, an
   * equal one as 0. With a length as the argument, that means short, or complete. Default: none, the result counts as
   * it is.
   */
  readonly against?: number
  /** After a negative errno. Default: 'stop'. */
  readonly onNegative?: Go
  /** After 0. Default: 'next'. */
  readonly onZero?: Go
  /** After a result above 0. Default: 'next'. */
  readonly onPositive?: Go
}

/** The last result of a step, by its index; 0 before it was made. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function resultOf(step: number): StepValue {
  return new StepValue(step, false, false, 0)
}

/** The sum of a step's results above 0: the bytes a loop has moved. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function totalOf(step: number): StepValue {
  return new StepValue(step, true, false, 0)
}

/** How a program ended: by a condition, at its bound of steps, or by a cancel. */
export type ProgramEnd = 'ended' | 'bound' | 'cancelled'

/** The outcome of one step. */
export interface StepOutcome {
  /** The result of its last run: what the call returned, or a negative errno. 0 if it was never made. */
  readonly result: number
  /** The sum of its results above 0. */
  readonly total: number
  /** Times it was made. */
  readonly runs: number
}

/** The outcome of a program. */
export interface ProgramOutcome {
  /** Why the program ended. */
  readonly ended: ProgramEnd
  /** Steps made, every run counted. */
  readonly made: number
  /** Index of the step made last. */
  readonly last: number
  /** The result of the step made last. */
  readonly result: number
  /** What each step did. */
  readonly steps: readonly StepOutcome[]
}

export interface ProgramOptions {
  /** The most steps it may make, every run counted; then it ends with `bound`. 1 to 2^31 - 1. Default: 65536. */
  readonly stepsMax?: number
}

/**
 * A program: up to 256 system calls with conditions between them. Resolves to what came of each step; a step's failure does
 * not reject, its errno is its result. Rejects with ECANCELED if it was cancelled before its first step.
 *
 * It takes one thread of the pool for all of its steps, and is looked at for cancelling before each of them; a step that
 * blocks is interrupted.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 * @see syscall(2)
 */
export function program(steps: readonly ProgramStep[], options: ProgramOptions = {}, flags = 0): Operation<ProgramOutcome> {
  if (!Array.isArray(steps)) throw invalidArgType('steps', 'an Array', steps)
  if (steps.length === 0 || steps.length > PROGRAM_LENGTH_MAX) throw invalidArgValue('steps', steps.length, `must be 1 to ${String(PROGRAM_LENGTH_MAX)} steps`)
  const stepsMax = checkInteger(options.stepsMax ?? STEPS_MADE_DEFAULT, 'stepsMax', 1, STEPS_MADE_MAX)
  const views: View[] = []
  const detail = new OperationDetail()
  detail.program = new Program(steps.map((step: ProgramStep, index) => checkStep(step, index, steps.length, views)), stepsMax)
  detail.callArguments = views // kept reachable, and looked at once more before submission
  return new Operation(Opcode.CALL, FileKind.DESCRIPTOR, -1, undefined, 0, 0, flags | CallFlag.PROGRAM, detail)
}

function checkStep(step: ProgramStep, index: number, count: number, views: View[]): CheckedStep {
  const name = `steps[${String(index)}]`
  if (typeof step !== 'object' || (step as ProgramStep | null) === null) throw invalidArgType(name, 'of type object', step)
  const given: readonly (CallArgument | StepValue)[] = step.args ?? []
  if (!(given instanceof Array)) throw invalidArgType(`${name}.args`, 'an Array', given)
  const args = [...given] // read once: what is checked is what is used
  if (args.length > ARGUMENTS_MAX) throw invalidArgValue(`${name}.args`, args.length, 'must be at most 6')
  args.forEach((value: CallArgument | StepValue, position) => {
    const plain = value instanceof StepValue ? value.base : value
    if (value instanceof StepValue) checkInteger(value.step, `${name}.args[${String(position)}].step`, 0, count - 1)
    checkCallArgument(plain, position, `${name}.args`)
    if (ArrayBuffer.isView(plain)) views.push(plain)
  })
  return {
    number: callNumber(step.nr, `${name}.nr`), args,
    against: step.against === undefined ? 0 : checkInteger(step.against, `${name}.against`, 1, ARGUMENTS_MAX - 1),
    onNegative: destination(step.onNegative ?? 'stop', index, count, `${name}.onNegative`),
    onZero: destination(step.onZero ?? 'next', index, count, `${name}.onZero`),
    onPositive: destination(step.onPositive ?? 'next', index, count, `${name}.onPositive`),
  }
}

function destination(go: Go, index: number, count: number, name: string): number {
  switch (go) {
    case 'next': return index + 1
    case 'skip': return index + 2
    case 'again': return index
    case 'stop': return -1
    default:
      if (typeof go === 'string') throw invalidArgValue(name, go, "must be 'next', 'skip', 'again', 'stop' or the index of a step")
      return checkInteger(go, name, 0, count - 1)
  }
}

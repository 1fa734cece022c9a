// ② operation — a program as drivers encode it: checked steps, and arguments that take the values of earlier steps.
import { checkInteger } from './arguments.js'
import type { CallArgument, View } from './file-reference.js'

/** The most steps one program has. */
export const PROGRAM_LENGTH_MAX = 256

/** An argument whose value comes from an earlier step. Made by `resultOf` and `totalOf`. */
export class StepValue {
  /** Which step: its index in the program. */
  readonly step: number
  /** The sum of the step's results above 0, rather than its last result. */
  readonly total: boolean
  /** The base less the value, rather than plus. */
  readonly negated: boolean
  /** Added to the step's result. */
  readonly base: CallArgument

  /** Use `resultOf` or `totalOf`. */
  constructor(step: number, total: boolean, negated: boolean, base: CallArgument) {
    this.step = checkInteger(step, 'step', 0, PROGRAM_LENGTH_MAX - 1)
    this.total = total
    this.negated = negated
    this.base = base
  }

  /** This value added to a base: to a number, or to the address of memory, which is then used from that byte on. */
  plus(base: number | bigint | View): StepValue {
    return new StepValue(this.step, this.total, false, base)
  }

  /** A base less this value: what is left of a length. */
  from(base: number | bigint): StepValue {
    return new StepValue(this.step, this.total, true, base)
  }
}

/** A step as a driver encodes it: everything checked, indexes instead of words. A step that is not there: the end. */
export interface CheckedStep {
  readonly number: number
  readonly args: readonly (CallArgument | StepValue)[]
  /** 0: none. */
  readonly against: number
  readonly onNegative: number
  readonly onZero: number
  readonly onPositive: number
}

/** A program as a driver encodes it. */
export class Program {
  readonly steps: readonly CheckedStep[]
  readonly stepsMax: number
  constructor(steps: readonly CheckedStep[], stepsMax: number) {
    this.steps = steps
    this.stepsMax = stepsMax
  }
}

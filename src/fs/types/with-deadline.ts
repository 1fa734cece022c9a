// ① interface — the types of functions that take a deadline, made from Node's own, so that they say what the installed
// @types/node says: each of Node's signatures once more, with `signal` and `timeout` among its options, or behind its arguments.
import type { Place } from '../functions.js'
import type { Deadline } from '../request/index.js'

/**
 * A deadline with at least one field: before a callback, an object with neither of the two is refused, as Node refuses
 * it.
 */
export type GivenDeadline = Deadline & ({ readonly signal: AbortSignal | undefined } | { readonly timeout: number | undefined })

type Callable = (...given: never[]) => unknown

/** Options with a deadline among them. What is no object (an encoding, a mode, nothing) stays what it is. */
type Timed<Options> = Options extends object ? Options & Deadline : Options

type TimedAt<Given extends readonly unknown[], At extends Place> = { [Index in keyof Given]: Index extends `${At}` ? Timed<Given[Index]> : Given[Index] }

/** Arguments that have the place, or end right before it. Never: they end earlier, and Node's own signature is all there is. */
type Longer<Given extends readonly unknown[], At extends Place, Behind extends readonly unknown[]> =
  Required<Given>['length'] extends At ? [...Given, ...Behind] : `${At}` extends keyof Given ? TimedAt<Given, At> : never

/** One signature of Node's, with the deadline. */
type TimedSignature<Given extends readonly unknown[], Result, At extends Place> =
  Required<Given> extends readonly [...infer Before, infer Callback extends Callable]
    ? Longer<Before, At, [options: GivenDeadline]> extends infer More extends readonly unknown[] ? (...given: [...More, callback: Callback]) => Result : unknown
    : Longer<Given, At, [options?: Deadline]> extends infer More extends readonly unknown[] ? (...given: More) => Result : unknown

/** All signatures. Of a function with fewer the compiler gives the first several times, which is that one again; none of Node's has more. */
type TimedSignatures<Function_, At extends Place> = Function_ extends {
  (...given: infer A0): infer R0; (...given: infer A1): infer R1; (...given: infer A2): infer R2; (...given: infer A3): infer R3
  (...given: infer A4): infer R4; (...given: infer A5): infer R5; (...given: infer A6): infer R6; (...given: infer A7): infer R7
  (...given: infer A8): infer R8; (...given: infer A9): infer R9
}
  ? TimedSignature<A0, R0, At> & TimedSignature<A1, R1, At> & TimedSignature<A2, R2, At> & TimedSignature<A3, R3, At>
    & TimedSignature<A4, R4, At> & TimedSignature<A5, R5, At> & TimedSignature<A6, R6, At> & TimedSignature<A7, R7, At>
    & TimedSignature<A8, R8, At> & TimedSignature<A9, R9, At>
  : never

/** What util.promisify makes of a function. */
type Promisified<Function_, At extends Place> = Function_ extends { readonly __promisify__: infer Made } ? { readonly __promisify__: Made & TimedSignatures<Made, At> } : unknown

/** Node's function, and each of its signatures with a deadline. */
export type WithDeadline<Function_, At extends Place> = Function_ & TimedSignatures<Function_, At> & Promisified<Function_, At>

// What the types of trueaio/acall promise, checked by the compiler alone: this file has to compile, and nothing in it runs.
import {
  Acall, CallId, CallStatus, CompletionRecord, CompletionRing, resultOf, RingCompletion, StepValue, SYS, totalOf,
  type CancelReport, type Cookie, type ProgramOutcome, type ProgramStep, type Submission, type SubmitResult,
} from 'trueaio/acall'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only for `true`. */
type Holds<T extends true> = T

declare const acall: Acall
declare const ring: CompletionRing
declare const id: CallId
declare const record: CompletionRecord

export type Results = [
  Holds<Equal<ReturnType<Acall['submit']>, SubmitResult>>,
  Holds<Equal<SubmitResult['error'], Error | undefined>>,
  Holds<Equal<ReturnType<Acall['wait']>, Promise<number>>>,
  Holds<Equal<ReturnType<Acall['waitSync']>, number>>,
  Holds<Equal<ReturnType<Acall['cancel']>, Promise<CancelReport>>>,
  Holds<Equal<CancelReport['outcome'], 'cancelled' | 'interrupted' | 'completed' | 'too late' | 'abandoned'>>,
  Holds<Equal<ReturnType<CompletionRing['take']>, RingCompletion[]>>,
  Holds<Equal<CompletionRing['buffer'], SharedArrayBuffer | undefined>>,
  Holds<Equal<RingCompletion['cookie'], Cookie>>,
  Holds<Equal<CompletionRecord['outcome'], ProgramOutcome | undefined>>,
  Holds<Equal<CompletionRecord['status'], CallStatus>>,
  Holds<Equal<typeof CallStatus.DONE, 1>>,
  Holds<Equal<ReturnType<typeof totalOf>, StepValue>>,
]

export function right(): void {
  const step: ProgramStep = { nr: 'read', args: [0, new Uint8Array(1), totalOf(0).from(4n)], onZero: 'stop', onPositive: 'again', onNegative: 3 }
  acall.submit([{ nr: 'read', args: [0, new Float64Array(1), 8n, null, 'text'], flags: 1, cookie: 2n, ring, completion: record, id }], { timeout: 1, signal: AbortSignal.abort() })
  acall.submit([{ nr: SYS.getpid ?? -1 }, { program: [step, { nr: 7, args: [resultOf(0).plus(new Uint8Array(1))] }], stepsMax: 5 }])
}

export function wrong(): void {
  // @ts-expect-error either a call or a program
  const both: Submission = { nr: 'read', program: [] }
  // @ts-expect-error neither of the two
  const neither: Submission = { cookie: 1 }
  // @ts-expect-error no such call
  const unknown: Submission = { nr: 'no such call' }
  // @ts-expect-error values of steps are for programs
  const value: Submission = { nr: 'read', args: [resultOf(0)] }
  // @ts-expect-error an id is not its bytes
  const bytes: Submission = { nr: 'read', id: new Uint8Array(16) }
  // @ts-expect-error no such place to go
  const nowhere: ProgramStep = { nr: 'read', onZero: 'back' }
  // @ts-expect-error a blocking wait has no signal
  ring.waitSync({ signal: AbortSignal.abort() })
  // @ts-expect-error a ring in shared memory is attached by a SharedArrayBuffer
  CompletionRing.attach('x')
  void [both, neither, unknown, value, bytes, nowhere]
}

// What the types promise, checked by the compiler alone: this file has to compile, and nothing in it runs.
import {
  call, chain, close, copyFileRange, fstatx, getdents64, hardLink, message, nop, open, poll, Proactor, read, readlink, readv, reflink, rename,
  statx, timer, waitChild, write, type ChildChange, type CompletionEvent, type CompletionQueue, type Operation, type ResultOf, type Statx,
} from 'trueaio'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type IsAny<T> = 0 extends 1 & T ? true : false
/** Compiles only for `true`. */
type Holds<T extends true> = T

declare const io: Proactor
declare const buffer: Uint8Array

// Operations know their results.
export type Results = [
  Holds<Equal<ResultOf<ReturnType<typeof open>>, number>>,
  Holds<Equal<ResultOf<ReturnType<typeof close>>, void>>,
  Holds<Equal<ResultOf<ReturnType<typeof read>>, number>>,
  Holds<Equal<ResultOf<ReturnType<typeof write>>, number>>,
  Holds<Equal<ResultOf<ReturnType<typeof readv>>, number>>,
  Holds<Equal<ResultOf<ReturnType<typeof statx>>, Statx>>,
  Holds<Equal<ResultOf<ReturnType<typeof fstatx>>, Statx>>,
  Holds<Equal<ResultOf<ReturnType<typeof rename>>, void>>,
  Holds<Equal<ResultOf<ReturnType<typeof readlink>>, string>>,
  Holds<Equal<ResultOf<ReturnType<typeof getdents64>>, number>>,
  Holds<Equal<ResultOf<ReturnType<typeof copyFileRange>>, number>>,
  Holds<Equal<ResultOf<ReturnType<typeof reflink>>, void>>,
  Holds<Equal<ResultOf<ReturnType<typeof poll>>, number>>,
  Holds<Equal<ResultOf<ReturnType<typeof timer>>, void>>,
  Holds<Equal<ResultOf<ReturnType<typeof nop>>, void>>,
  Holds<Equal<ResultOf<ReturnType<typeof message>>, void>>,
  Holds<Equal<ResultOf<ReturnType<typeof waitChild>>, ChildChange>>,
  Holds<Equal<ResultOf<ReturnType<typeof call>>, number>>,
  Holds<Equal<IsAny<ResultOf<Operation>>, false>>,
  Holds<Equal<ResultOf<Operation>, unknown>>,
]

export async function promises(): Promise<void> {
  const descriptor = io.submit(open('x'))
  const info = io.submit(statx('x'), { timeout: 1, signal: new AbortController().signal })
  const nothing = io.submit(close(1))
  const checks: [Holds<Equal<typeof descriptor, Promise<number>>>, Holds<Equal<typeof info, Promise<Statx>>>, Holds<Equal<typeof nothing, Promise<void>>>] = [true, true, true]
  void checks
  await Promise.all([descriptor, info, nothing])
}

// Callbacks get the result's type, and submit then returns nothing.
export function callbacks(): void {
  const returned = io.submit(statx('x'), (error, result) => {
    const checks: [Holds<Equal<typeof error, Error | null>>, Holds<Equal<typeof result, Statx | undefined>>] = [true, true]
    void checks
  })
  const check: Holds<Equal<typeof returned, void>> = true
  void check
  io.submit(read(1, buffer), { ordered: true }, (error, bytes) => {
    const one: Holds<Equal<typeof bytes, number | undefined>> = true
    void [one, error]
  })
}

// A chain resolves to a tuple of its members' results, hard links included.
export function chains(): void {
  const whole = chain(open('x'), read(chain.opened, buffer), close(chain.opened))
  const promise = io.submit(whole)
  const mixed = chain(hardLink(statx('x')), timer(1))
  const checks: [
    Holds<Equal<ResultOf<typeof whole>, [number, number, void]>>,
    Holds<Equal<typeof promise, Promise<[number, number, void]>>>,
    Holds<Equal<ResultOf<typeof mixed>, [Statx, void]>>,
  ] = [true, true, true]
  void checks
}

// runSync returns one outcome for each operation, in its place.
export function blocking(): void {
  const results = io.runSync([open('x'), statx('x'), close(1)])
  const check: Holds<Equal<typeof results, [PromiseSettledResult<number>, PromiseSettledResult<Statx>, PromiseSettledResult<void>]>> = true
  const many = io.runSync([1, 2, 3].map((fd) => read(fd, buffer)))
  const second: Holds<Equal<typeof many, PromiseSettledResult<number>[]>> = true
  void [check, second]
}

// Cookies keep their type through a completion queue.
export async function queues(): Promise<void> {
  const queue = io.completionQueue<{ readonly id: number }>()
  const events = await queue.wait()
  const checks: [Holds<Equal<typeof queue, CompletionQueue<{ readonly id: number }>>>, Holds<Equal<typeof events, CompletionEvent<{ readonly id: number }>[]>>] = [true, true]
  const [event] = events
  const cookie: Holds<Equal<typeof event, CompletionEvent<{ readonly id: number }> | undefined>> = true
  const result: Holds<Equal<CompletionEvent['result'], unknown>> = true
  void [checks, cookie, result]
  // @ts-expect-error a cookie of another type
  queue.submit(nop(), 'cookie')
}

// Iteration yields results.
export function iteration(): void {
  const events = io.iterate(poll(1, 1, { multishot: true }))
  const check: Holds<Equal<typeof events, AsyncGenerator<number, void, undefined>>> = true
  void check
}

// What is wrong does not compile.
export function refused(): void {
  // @ts-expect-error a path is not a descriptor
  read('x', buffer)
  // @ts-expect-error an array is not a view over memory
  read(1, [1, 2, 3])
  // @ts-expect-error no such option
  read(1, buffer, { position: 3 })
  // @ts-expect-error a chain is made of operations
  chain(open('x'), 'y')
  // @ts-expect-error no such system call
  call('not_a_call')
  // @ts-expect-error a promise is not an operation
  void io.submit(Promise.resolve(1))
  // @ts-expect-error options are a closed set
  void io.submit(nop(), { timeOut: 3 })
}

// What the types of the event queue promise, checked by the compiler alone: this file has to compile, and nothing in it runs.
import { nop, type ChildChange, type CompletionEvent, type Piece } from 'trueaio'
import type { ChildSource, EventQueue, FileChange, PathSource, QueueEvent, ReadinessSource, SignalSource, Source, TimerSource, UserSource } from 'trueaio/event-queue'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only for `true`. */
type Holds<T extends true> = T

interface Cookie {
  readonly id: number
}
declare const queue: EventQueue<Cookie>
declare const cookie: Cookie

// The kind of an event tells the type of its result.
export function results(event: QueueEvent<Cookie>): void {
  const always: [Holds<Equal<typeof event.cookie, Cookie>>, Holds<Equal<typeof event.count, number>>, Holds<Equal<typeof event.error, Error | undefined>>] = [true, true, true]
  const kind: Holds<Equal<typeof event.kind, 'operation' | 'readiness' | 'accept' | 'receive' | 'timer' | 'child' | 'process' | 'change' | 'signal' | 'user'>> = true
  void [always, kind]
  switch (event.kind) {
    case 'operation': {
      const checks: [Holds<Equal<typeof event, CompletionEvent<Cookie>>>, Holds<Equal<typeof event.source, undefined>>] = [true, true]
      void checks
      break
    }
    case 'readiness': case 'signal': case 'accept': {
      const check: Holds<Equal<typeof event.result, number | undefined>> = true
      void check
      break
    }
    case 'receive': {
      const check: Holds<Equal<typeof event.result, Piece | undefined>> = true
      void check
      break
    }
    case 'timer': case 'process': {
      const check: Holds<Equal<typeof event.result, undefined>> = true
      void check
      break
    }
    case 'child': {
      const check: Holds<Equal<typeof event.result, ChildChange | undefined>> = true
      void check
      break
    }
    case 'change': {
      const checks: [Holds<Equal<typeof event.result, readonly FileChange[] | undefined>>, Holds<Equal<typeof event.source, Source<Cookie, 'change', readonly FileChange[]> | undefined>>] = [true, true]
      void checks
      break
    }
    case 'user': {
      const check: Holds<Equal<typeof event.result, unknown>> = true
      void check
    }
  }
}

// Sources know their cookie, and what can be changed of them.
export async function sources(): Promise<void> {
  const path = await queue.watchPath('x', cookie)
  const all = [queue.watch(0, 1, cookie), queue.timer(1, cookie), queue.child(1, cookie), queue.signal('SIGUSR2', cookie), queue.user(cookie)] as const
  const checks: [
    Holds<Equal<typeof all, readonly [ReadinessSource<Cookie>, TimerSource<Cookie>, ChildSource<Cookie>, SignalSource<Cookie>, UserSource<Cookie>]>>,
    Holds<Equal<typeof path, PathSource<Cookie>>>, Holds<Equal<(typeof all)[0]['cookie'], Cookie>>, Holds<Equal<ReturnType<(typeof all)[1]['modify']>, boolean>>,
    Holds<Equal<ReturnType<typeof path.modify>, Promise<boolean>>>,
  ] = [true, true, true, true, true]
  void checks
}

export async function waits(): Promise<void> {
  const events = await queue.getEvents({ min: 1, max: 2, timeout: 3, signal: new AbortController().signal })
  const blocking = queue.getEventsSync({ min: 1 })
  const checks: [Holds<Equal<typeof events, QueueEvent<Cookie>[]>>, Holds<Equal<typeof blocking, QueueEvent<Cookie>[]>>] = [true, true]
  void checks
  for await (const event of queue) {
    const check: Holds<Equal<typeof event, QueueEvent<Cookie>>> = true
    void check
  }
}

// What is wrong does not compile.
export function refused(event: QueueEvent<Cookie>, source: Source<Cookie>): void {
  // @ts-expect-error a cookie of another type
  queue.submit(nop(), 'cookie')
  // @ts-expect-error a cookie is needed
  queue.timer(1)
  // @ts-expect-error a path is not a descriptor
  queue.watch('x', 1, cookie)
  // @ts-expect-error no such signal
  queue.signal('SIGNONE', cookie)
  // @ts-expect-error a blocking wait has no signal: nobody could abort it
  queue.getEventsSync({ signal: new AbortController().signal })
  // @ts-expect-error an event is what happened
  event.count = 3
  // @ts-expect-error what only some sources have
  void source.trigger
  // @ts-expect-error options are a closed set
  queue.watch(0, 1, cookie, { edge: true })
}

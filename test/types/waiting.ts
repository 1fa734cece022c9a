// What the types of `trueaio/work` and `trueaio/completion-port` promise, checked by the compiler alone.
import { nop, open, Proactor, read, statx, type Statx } from 'trueaio'
import { CompletionPort, connect, openHandle, openOverlapped, Overlapped, type OverlappedHandle, type Packet, type RemoteCompletionPort, type SharedPort, type SynchronousHandle } from 'trueaio/completion-port'
import { compute, moved, Mutex, Semaphore, SharedMutex, Wake, WaitQueue, Work, type Moved, type MutexLock, type SharedMutexLock } from 'trueaio/work'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only for `true`. */
type Holds<T extends true> = T

declare const io: Proactor
declare const buffer: Uint8Array

// A step's action gets the result of what it waited for, and the machine knows its own.
export function machines(): void {
  const work = new Work<string>({ proactor: io })
  const done: Holds<Equal<typeof work.done, Promise<string>>> = true
  work.submit(open('x'), (fd) => {
    const number: Holds<Equal<typeof fd, number>> = true
    work.submit(statx('x'), (stats) => {
      const all: [Holds<Equal<typeof stats, Statx>>] = [true]
      void [number, all]
    })
  })
  work.lock(new Mutex(), (lock, machine) => {
    const checks: [Holds<Equal<typeof lock, MutexLock>>, Holds<Equal<typeof machine, Work<string>>>] = [true, true]
    void checks
  })
  work.compute<number>({ module: 'x' }, (value) => {
    const check: Holds<Equal<typeof value, number>> = true
    void check
  })
  work.finish('text')
  // @ts-expect-error the machine's result is a text
  work.finish(5)
  // @ts-expect-error a semaphore is not a mutex
  work.lock(new Semaphore(1))
  // @ts-expect-error not an operation
  work.submit('x')
  void done
}

export async function locks(): Promise<void> {
  const lock = await new Mutex().lock({ timeout: 5 })
  const shared = new SharedMutex().lockSync()
  const result = await new Mutex().runExclusive(() => Promise.resolve(5))
  const checks: [Holds<Equal<typeof lock, MutexLock>>, Holds<Equal<typeof shared, SharedMutexLock>>, Holds<Equal<typeof result, number>>] = [true, true, true]
  const disposable: Disposable[] = [lock, shared]
  void [checks, disposable]
  // @ts-expect-error a blocking wait has no signal
  new SharedMutex().lockSync({ signal: new AbortController().signal })
}

export async function threads(): Promise<void> {
  const value = compute<string>({ module: new URL('x:y'), argument: 1 }, { timeout: 5 })
  const unknown = compute({ module: 'x' })
  const checks: [Holds<Equal<typeof value, Promise<string>>>, Holds<Equal<typeof unknown, Promise<unknown>>>] = [true, true]
  const result: Holds<Equal<ReturnType<typeof moved<number>>, Moved<number>>> = true
  await Promise.all([value, unknown])
  void [checks, result]
}

export function queues(): void {
  const queue = new WaitQueue<number>()
  queue.add((key) => {
    const check: Holds<Equal<typeof key, number>> = true
    void check
    return Wake.TOOK
  })
  // @ts-expect-error the key is a number
  queue.wake('x')
}

// Options decide what kind of handle it is; keys keep their type.
export async function ports(): Promise<void> {
  const port = new CompletionPort<'a' | 'b'>({ proactor: io })
  const synchronous = openHandle('x')
  const overlapped = openHandle('x', { overlapped: true })
  const same = openOverlapped('x')
  const checks: [
    Holds<Equal<typeof synchronous, Promise<SynchronousHandle>>>, Holds<Equal<typeof overlapped, Promise<OverlappedHandle>>>, Holds<Equal<typeof same, Promise<OverlappedHandle>>>,
  ] = [true, true, true]
  const handle = port.associate(await overlapped, 'a')
  const packet = await port.get()
  const many = await port.getMany({ max: 5, timeout: 1 })
  const packets: [Holds<Equal<typeof packet, Packet<'a' | 'b'>>>, Holds<Equal<typeof many, Packet<'a' | 'b'>[]>>, Holds<Equal<typeof packet.key, 'a' | 'b'>>] = [true, true, true]
  const cookie = new Overlapped(0, { lane: 1 })
  const typed: [Holds<Equal<typeof cookie, Overlapped<{ lane: number }>>>] = [true]
  handle.read(buffer, cookie)
  handle.submit(nop(), new Overlapped())
  handle.submit(read(1, buffer), new Overlapped(5))
  const remote = connect<string>(port.share())
  const end: [Holds<Equal<typeof remote, RemoteCompletionPort<string>>>, Holds<Equal<ReturnType<typeof port.share>, SharedPort>>] = [true, true]
  void [checks, packets, typed, end, await synchronous, await same]
  // @ts-expect-error a key of another type
  port.associate(5, 'c')
  // @ts-expect-error overlapped operations need an Overlapped
  handle.read(buffer)
  // @ts-expect-error a blocking wait has no signal
  port.getSync({ signal: new AbortController().signal })
}

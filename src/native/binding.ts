// ⑥ native — the typed face of the addon (native/*.c). Nothing above stage ④ imports it but operation/lent-memory.ts.

/** A descriptor watched by the loop. */
interface Watch {
  /** Whether it keeps the process alive. Starts as false. */
  ref(keepAlive: boolean): void
  /** Once; nothing after it. */
  close(): void
}

/** One io_uring instance, mapped. */
export interface NativeRing {
  readonly fd: number
  /** struct io_uring_params as the kernel filled it. */
  readonly params: Uint32Array
  /** Both ring heads, tails and the completions. */
  readonly rings: ArrayBuffer
  /** The submission entries. */
  readonly entries: ArrayBuffer
  /** Counters shared with the addon: see ring/layout/io-uring.ts, Control. */
  readonly control: ArrayBuffer
  /** io_uring_enter(2) with the arguments, and for the answer, in the control block. */
  enter(): void
  /** The same, waiting no longer than that. */
  enterTimed(milliseconds: number): void
  /** Carries out the entry whose index stands in SUBMIT, a read or statx, if the caches have all of it. ANSWER: its result, or -EAGAIN. */
  carryOutCached(): void
  /** io_uring_register(2): the result, or a negative errno. */
  register(opcode: number, argument: NodeJS.ArrayBufferView | null, count: number): number
  ref(keepAlive: boolean): void
  /** Once; the mappings are detached. Answers how many submissions the kernel still has: none of a living ring. */
  close(): number
}

/** The pool of threads that make system calls. */
export interface NativePool {
  /** Control words, submissions and completions, in this order: see ring/layout/pool.ts. */
  readonly shared: ArrayBuffer
  /** Places for submissions and for completions: powers of two. */
  readonly entries: number
  readonly completions: number
  /** Hands over all submissions up to the published tail; starts or wakes threads as needed. */
  wake(): void
  /**
   * Asks for the end of one submission: 0 withdrawn from the queue, -1 not there any more; above 0 running and signalled: the id
   * of its thread, 1 if that has not begun.
   */
  cancel(slot: number, generation: number): number
  /** Blocks until `atLeast` completions are unread, `fd` or `fd2` is readable (-1: none), or the time is over (< 0: no limit). */
  wait(milliseconds: number, atLeast: number, fd: number, fd2: number): void
  ref(keepAlive: boolean): void
  /** Once; the memory is detached. */
  close(): void
}

/** Windows: a completion port, and threads that submit to it and make blocking calls. */
export interface NativePort {
  /** Control words, submissions and completions, as those of a pool: see ring/layout/pool.ts. */
  readonly shared: ArrayBuffer
  readonly entries: number
  readonly completions: number
  /** Hands over all submissions up to the published tail; starts or wakes threads as needed. */
  wake(): void
  /**
   * Asks for the end of one submission: 0 withdrawn from the queue, 1 its end will come, 2 it cannot be stopped, 3 it is just before its call: ask again;
   * -1 not there any more.
   */
  cancel(slot: number, generation: number): number
  /** Blocks until `atLeast` completions are unread, or the time is over (< 0: no limit). */
  wait(milliseconds: number, atLeast: number): void
  /** How a transfer of this descriptor at an offset would be made now: TA_WAY_* of native/windows/port.h. */
  way(fd: number): number
  ref(keepAlive: boolean): void
  /** Once; the memory is detached. */
  close(): void
}

/** One context of Linux AIO. */
export interface NativeAio {
  /** The kernel's completion ring: see ring/layout/linux-aio.ts. */
  readonly ring: ArrayBuffer
  /** Control words, events, pointers and control blocks, in this order: see ring/layout/linux-aio.ts. */
  readonly shared: ArrayBuffer
  /** Counts completions of requests that name it; the loop watches it. */
  readonly eventfd: number
  /** io_submit(2) with the arguments, and for the answer, in the control words. */
  submit(): void
  /** io_getevents(2) into the events' place, waiting for `atLeast` or the time (< 0: no limit): how many, or a negative errno. */
  getEvents(atLeast: number, milliseconds: number): number
  /** io_cancel(2) of the control block at a place: 0, or a negative errno. */
  cancel(place: number): number
  ref(keepAlive: boolean): void
  /** Once, with nothing in flight; the memory is detached. */
  close(): void
}

/** An epoll instance watched by the loop. */
export interface NativeReadiness {
  /** Readable when any descriptor in it is ready. */
  readonly fd: number
  /** Watches a duplicate of a descriptor; returns its key, or a negative errno (EPERM: a kind of file that is always ready; EINVAL: watched too often). */
  add(fd: number, events: number): number
  /** Once for each key. */
  remove(key: number): void
  /** Fills pairs of key and events; returns how many. */
  take(pairs: Int32Array): number
  /** Of one apart: the next readiness wakes the loop, once. To be called again after each wake-up. */
  arm(): void
  ref(keepAlive: boolean): void
  /** Once. */
  close(): void
}

/** What the addon exports. */
export interface Binding {
  readonly pageSize: number
  /** This environment's loop is the process's own: it is the main thread. Absent: it cannot tell. */
  readonly isMainLoop?: true
  readonly layout: Readonly<Record<string, number>>
  /** Zeroed pages, until `unmap`. */
  mapAnonymous(length: number): ArrayBuffer
  /** The same, until the ArrayBuffer is collected. */
  mapCollected(length: number): ArrayBuffer
  unmap(buffer: ArrayBuffer): void
  /** The first bytes of zeroed pages, until `unmapBoth`. */
  mapFirst(first: number, whole: number): ArrayBuffer
  /** A page, and behind it all bytes of what `mapFirst` has mapped. Once. */
  mapWhole(first: ArrayBuffer, whole: number): ArrayBuffer
  unmapBoth(first: ArrayBuffer, whole: number, grown: ArrayBuffer | undefined): void
  address(view: NodeJS.ArrayBufferView): number
  /** A read at the current position may find nothing yet, and readiness tells when to make it. Asks no file server. */
  readWaits(fd: number): boolean
  /** Linux. By number, 1 for what the engine keeps to itself in this environment; null: there is no memory for it. Once, before any driver. */
  ownDescriptors?(): Uint8Array | null
  /** Another number for the same open file, to be closed by `closeOwn`; or a negative errno. */
  duplicate?(fd: number): number
  closeOwn?(fd: number): void
  /** Linux. A name that must not outlive this environment: it is removed when that ends. A number for `forgetUnfinished`; -1: no memory for it. */
  noteUnfinished?(path: Uint8Array, isTree: boolean): number
  forgetUnfinished?(number: number): void
  systemCall(number: number, callArguments: BigInt64Array): number
  /** Makes a call on a socket that does not wait, now: its result or a negative errno. What it opens is noted (native/descriptors.h). */
  socketCall?(number: number, ...callArguments: readonly number[]): number
  /** Work on memory, by numbers and arguments of native/compute.h: its result. Blocks. */
  compute?(this: void, number: number, first: number, second: number, length: number, count: number): number
  /** What of the processor it uses: 'AVX2', 'NEON, CRC32', … 'plain C'. */
  readonly computeBy?: string
  /** Linux, where Node brings an OpenSSL that it gives to addons: a digest, by name. Undefined: it has none of that name. */
  digestBegin?(name: string): object | undefined
  /** Where requests of native/move.h find it. It must be held for as long as one of them is in flight. */
  digestAddress?(digest: object): number
  /** Once, with nothing in flight. Undefined: it has failed. */
  digestEnd?(digest: object): ArrayBuffer | undefined
  watch(fd: number, isEventfd: boolean, onReadable: () => void): Watch
  ringCreate?(entries: number, flags: number, completionEntries: number, onReadable: () => void): NativeRing | number
  poolCreate?(entries: number, completions: number, threads: number, reserve: number, idleMilliseconds: number, onReadable: () => void): NativePool | number
  /** Windows only: open handles of this process. */
  handleCount?(this: void): number
  /** Windows only: the negative errno for one of Windows' numbers of errors. */
  translateError?(this: void, number: number): number
  /** Windows only. */
  portCreate?(entries: number, completions: number, threads: number, onCompletions: () => void): NativePort | number
  aioCreate?(capacity: number, onReadable: () => void): NativeAio | number
  /** A descriptor of the table of mounts, to be closed by `closeOwn`; or a negative errno. */
  mountsOpen?(): number
  /** Whether it has a FUSE file system: 1 or 0; `known` if the table has not changed since the last call. -1: not known. */
  fuseMounted?(mounts: number, known: number): number
  /** What kind of open file a descriptor is, in the bits of ring/layout/linux-aio.ts, FileTraits; or -EBADF. */
  fileTraits?(fd: number): number
  /** What kind of open file a descriptor is: the bits of file-facts.ts, and a part of its inode number above them; or -errno. */
  fileFacts?(this: void, fd: number): number
  /** The same of several at once: of each pair, a descriptor and the flags it was opened with, the facts take the place of the flags. */
  factsOfOpened?(this: void, pairs: Int32Array, count: number): void
  /**
   * Reads what is cached from a file's position on, which moves. Bytes, if that is all there is; -EAGAIN, if nothing is cached;
   * -4096 - bytes, if a part is.
   */
  readAtPosition?(fd: number, address: number, length: number): number
  /** Reads the files of a list (native/whole.h) that the kernel's caches have, on this thread. What is not there stays as it is. Bytes of data. */
  readCached?(this: void, list: number): number
  /** `apart`: not inside the loop's own epoll instance, but waited for by a thread. */
  readinessCreate?(onReady: () => void, apart: boolean): NativeReadiness | number
}

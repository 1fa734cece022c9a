// ⑥ native — the typed face of the addon (native/*.c). Nothing above stage ④ imports it but operation/lent-memory.ts.

/** A descriptor watched by the loop. */
export interface Watch {
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
  /** io_uring_register(2): the result, or a negative errno. */
  register(opcode: number, argument: NodeJS.ArrayBufferView | null, count: number): number
  ref(keepAlive: boolean): void
  /** Once; the mappings are detached. */
  close(): void
}

/** The pool of threads that make system calls. */
export interface NativePool {
  readonly submissions: ArrayBuffer
  readonly completions: ArrayBuffer
  readonly control: ArrayBuffer
  /** Hands over all submissions up to the published tail; starts threads as needed. */
  wake(): void
  /** Asks for the end of one submission: 0 taken back from the queue, 1 running and signalled, -1 not there any more. */
  cancel(slot: number, generation: number): number
  /** Blocks until a completion is there or the time is over. A negative time: no limit. */
  wait(milliseconds: number): void
  ref(keepAlive: boolean): void
  close(): void
}

/** What the addon exports. */
export interface Binding {
  readonly pageSize: number
  readonly layout: Readonly<Record<string, number>>
  mapAnonymous(length: number): ArrayBuffer
  unmap(buffer: ArrayBuffer): void
  address(view: NodeJS.ArrayBufferView): number
  isBufferedFile(fd: number): boolean
  systemCall(number: number, callArguments: BigInt64Array): number
  watch(fd: number, isEventfd: boolean, onReadable: () => void): Watch
  ringCreate?(entries: number, flags: number, completionEntries: number, onReadable: () => void): NativeRing | number
  poolCreate?(entries: number, threads: number, laneThreads: number, idleMilliseconds: number, onReadable: () => void): NativePool | number
}

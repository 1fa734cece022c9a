// ③ proactor — the interface that every driver (④) implements, and the one the proactor shows to drivers.
//
// A driver carries out operations; it never decides when, never queues beyond what it can start, never runs user code.
// The same shape serves a ring that is reaped in place, a pool of threads and a completion port: `submit` only takes,
// `flush` hands over everything taken since the last one in as few system calls as it can, and completions come back
// through the sink, inside `flush`, inside `wait` or on a wake-up of the loop.
import type { Operation } from '../operation/operation.js'

/** One submission as a driver sees it. `slot` is below 2^24, `generation` distinguishes the uses of one slot. */
export interface Submission {
  /** Its place in the proactor's table, below 2^24. */
  readonly slot: number
  /** Distinguishes the uses of one slot. */
  readonly generation: number
  /** What to carry out. */
  readonly operation: Operation
  /** ioprio value (class << 13 | level); 0: the thread's own. */
  readonly priority: number
  /** The pool's lane; operations of one lane never occupy all threads. */
  readonly lane: number
}

/** What drivers report to the proactor. */
export interface CompletionSink {
  /**
   * A submission has ended (or, with `more`, has another result). `result` is what the system call would return:
   * ≥ 0, or a negative errno. `value` is what the caller gets on success; for plain counts it is `result` itself.
   * The kernel no longer holds the submission's memory once this is called without `more`.
   */
  complete(slot: number, generation: number, result: number, value: unknown, more: boolean): void
  /** A cancel found the submission running and could not stop it: it will complete by itself later. */
  unstoppable(slot: number, generation: number): void
  /**
   * The system no longer answers the driver: `reason`. Called once, not from within `submit` or `cancel`; nothing is
   * submitted or cancelled afterwards. `returned` are the submissions that were taken and never submitted, in order.
   * Others in flight may still complete, and are reported.
   */
  died(driver: Driver, reason: string, returned: readonly Submission[]): void
  /** A message for this proactor from another one. */
  message(value: number, tag: number): void
  /** All completions of one wake-up have been reported, so callbacks may run. */
  delivered(): void
}

/** How a driver carries out an opcode. */
export const Support = {
  NONE: 0,
  /** By other means than the system's own entry: slower, documented in docs/drivers. */
  EMULATED: 1,
  NATIVE: 2,
} as const

/** What a driver can do. */
export interface Capabilities {
  /** By opcode: a `Support`. */
  readonly operations: Uint8Array
  /** The most submissions it can hold, without those that wait for something outside (operation/waits.ts), of which there may be any number. */
  readonly inFlightMax: number
  /** Chains run without coming back to JavaScript. */
  readonly chains: boolean
  /** Multishot polls and timers. */
  readonly multishot: boolean
  /** ioprio of reads and writes reaches the kernel. */
  readonly priority: boolean
  /** Descriptors and buffers can be registered. */
  readonly registration: boolean
  /** What a cancel can end: a kernel operation, a system call by a signal, or only what has not started. */
  readonly cancellation: 'kernel' | 'signal' | 'queued'
}

/** Counters a driver keeps; the proactor's statistics show them. */
export interface DriverCounters {
  /** System calls that it made. */
  systemCalls: number
  /** Completions found right after a submission, without going through the loop. */
  reapedInline: number
  /** Completions found on a wake-up by the loop. */
  reapedOnWake: number
  /** Times the kernel's completion queue had overflowed and was flushed. */
  overflows: number
}

/** Carries out operations. You can write a driver and pass its factory to a Proactor. */
export interface Driver {
  /** The name in `explain()`. */
  readonly name: string
  /** What it can do. It does not change. */
  readonly capabilities: Capabilities
  /** Its counters, which the proactor's statistics show. */
  readonly counters: DriverCounters
  /** An address other proactors can send messages to; -1: none. */
  readonly port: number
  /** Only for a driver that opens and closes the descriptors that the engine keeps in a worker (native/descriptors.h). */
  readonly notesDescriptors?: true
  /**
   * Only for a driver that does not carry out every operation of the opcodes it offers: whether it takes this one, now.
   * Others go to the next driver. It is called once, right before `submit`.
   */
  takes?(operation: Operation): boolean
  /** Only with `takes`: by opcode, 1 where `takes` is to be called. Default: for all. */
  readonly asked?: Uint8Array
  /** Only for a driver whose descriptors are not this process's: replaces `FileFacts.of`. */
  factsOf?(fd: number): number
  /** Takes a submission. False: there is no room now; offer it again after a completion. */
  submit(submission: Submission): boolean
  /** Only with `capabilities.chains`: takes linked submissions as one. False as for `submit`. */
  submitChain?(members: readonly Submission[]): boolean
  /** Only with `capabilities.chains`: whether this very chain can be taken by `submitChain`. */
  takesChain?(members: readonly Operation[]): boolean
  /** Submits everything that was taken to the system, in as few system calls as it can. */
  flush(): void
  /** Cancels a submission. The answer is `complete` (ECANCELED if it was stopped) or `unstoppable`. */
  cancel(submission: Submission): void
  /** Submits what was taken, and blocks this thread until `atLeast` completions were reported or `milliseconds` are over (< 0: no limit). */
  wait(milliseconds: number, atLeast: number): void
  /** Only for a driver that gets completions from the loop, not while blocked. A process's end does not wait for it. */
  readonly needsLoop?: boolean
  /** Whether submissions in flight keep the process alive. */
  ref(keepAlive: boolean): void
  /** Only with `capabilities.registration`: the index to use instead of the descriptor; -1: no place left. */
  registerFile?(fd: number): number
  /** Only with `capabilities.registration`: ends what `registerFile` began. */
  unregisterFile?(index: number): void
  /** Only with `capabilities.registration`: registers a page-aligned region; returns whether the system took it. */
  registerBuffer?(region: ArrayBuffer): boolean
  /** How this driver carries out an operation, in words. */
  explain(operation: Operation): string
  /** Releases everything. Called only with nothing in flight. */
  close(): void
}

/** Why there is no driver. */
export interface Refusal {
  readonly refused: string
  /** It is tried again later: the system is out of something (open files, memory) at this moment. */
  readonly isTransient?: boolean
}

/** What the proactor requires of a driver that is opened. */
export interface DriverOptions {
  /** Entries of the submission ring, or of the pool's. */
  readonly entries: number
  /** The most submissions that the proactor gives it at once. */
  readonly inFlightMax: number
  /** Threads of a pool, at most. */
  readonly threads: number
}

/**
 * Makes a driver, or says why it cannot run here. Opening does not throw when the machine lacks or forbids something.
 */
export interface DriverFactory {
  /** The name in `explain()`. */
  readonly name: string
  /** By opcode, the most that it offers: it is not opened for anything else. Default: known only when it is open. */
  readonly operations?: Uint8Array
  /** Follows another driver without having been named. */
  readonly implied?: boolean
  /** Node's own functions, for the descriptors of a worker that are Node's. It is not chosen by opcode. */
  readonly isNodes?: true
  /** Opens the driver for one proactor, or says why it cannot. */
  open(sink: CompletionSink, options: DriverOptions): Driver | Refusal
}

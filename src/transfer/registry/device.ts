// ① interface — what an operation, a device and a piece of work are, as plain data and a few functions. Everybody's device has
// this shape: this package's, a user's, and those of the moves between ends (src/transfer/moves).

/** The name of an operation. Programs may add others. */
export type OperationName =
  | 'copy' | 'fill' | 'compare' | 'hash' | 'checksum' | 'xor' | 'cipher' | 'decipher' | 'compress' | 'decompress'
  | 'send' | 'receive' | 'read' | 'write' | 'clone' | (string & {})

/** The kind of a source or target. */
export type EndKind = 'memory' | 'file' | 'pipe' | 'socket' | 'stream'

/** The work to be done. */
export interface Work {
  /** Which operation. */
  readonly operation: OperationName
  /** Sub-options: `{ algorithm: 'sha256' }`, `{ format: 'zstd', level: 3 }`. The operation says which there are. Default: none. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  /** Expected bytes. Default: not known, taken as 1 MiB. */
  readonly size?: number | undefined
  /** True: the data comes in pieces, in order (`start`), and not as one buffer (`run`). Default: false. */
  readonly stream?: boolean | undefined
  /** Expected bytes of a piece. Default: 64 KiB. */
  readonly piece?: number | undefined
  /** The kind of the source. */
  readonly from?: EndKind | undefined
  /** The kind of the target. */
  readonly to?: EndKind | undefined
  /** False: no other device is tried instead of the cheapest. Default: true for work on one buffer. */
  readonly trials?: boolean | undefined
  /** What to minimise: processor time of all threads, or elapsed time. Default: 'cpu'. */
  readonly prefer?: 'cpu' | 'wall' | undefined
}

/** What a device can do, as data. */
export interface Capabilities {
  /** Where the work is done. 'calling thread' blocks the loop for as long as one piece takes. */
  readonly where: 'calling thread' | 'worker' | 'pool thread' | 'libuv thread' | 'kernel' | 'elsewhere'
  /** Sub-options with the values that it accepts; a name without an entry may have any value. */
  readonly options?: Readonly<Record<string, readonly unknown[]>> | undefined
  /** Bytes of one work. Default: any. */
  readonly sizes?: { readonly least?: number | undefined; readonly most?: number | undefined } | undefined
  /** The bytes of one work must be a multiple of this number. Default: 1. */
  readonly alignment?: number | undefined
  /** Kinds of ends. Default: memory. */
  readonly from?: readonly EndKind[] | undefined
  /** The kinds of targets it can write to. Default: memory. */
  readonly to?: readonly EndKind[] | undefined
  /** Bytes a second of processor time, before anything was measured; by pair of ends, as in 'file → socket', where those differ. Default: not known. */
  readonly bytesPerCpuSecond?: number | Readonly<Record<string, number>> | undefined
}

/** The result of a stage at its end. */
export interface StageEnd {
  /** The last pieces. */
  readonly output?: readonly Uint8Array[] | undefined
  /** The digest or checksum of all bytes. */
  readonly digest?: Buffer | undefined
}

/** A digest that is made on the way of a copy (native/move.c). */
export interface TripDigest {
  /** What a MoveRequest takes. */
  readonly handle: object
  /** Once, when nothing of it is in flight. @throws where it has failed */
  end(): Buffer
}

/** The state of one hash, cipher or compressor over pieces that come in order. */
export interface Stage {
  /**
   * Processes a piece. The stage owns its memory until the promise resolves, or until the call returns if it returns no
   * promise. A stage that transforms returns the output so far; one that digests returns nothing.
   */
  update(piece: Uint8Array): void | readonly Uint8Array[] | Promise<void | readonly Uint8Array[]>
  /** Ends the pieces, and returns the rest of the output. */
  end(): StageEnd | Promise<StageEnd>
  /**
   * Of a digest that a thread of this package's can make while it copies: begins it, instead of `update` and `end`. Undefined: not now, and every other
   * device leaves it out.
   * @internal
   */
  trip?(): TripDigest | undefined
  /** Releases it, in any state. It may be called at any time, and more than once. */
  close(): void
}

/** A device carries out one operation. */
export interface Device {
  /** The operation that it carries out. */
  readonly operation: OperationName
  /** 'node:crypto', 'pool thread', 'copy_file_range' … A name is unique for each operation. */
  readonly name: string
  /** What it can do. */
  readonly capabilities: Capabilities
  /** Whether it can do this work, beyond what its capabilities say; a text: the reason why not. Default: it can. */
  can?(work: Work): true | string
  /** Does the work on whole buffers. Arguments and result depend on the operation: see docs/guide/operations.md. */
  run?(work: Work, ...buffers: readonly Uint8Array[]): unknown
  /** Begins a stream of work. */
  start?(work: Work): Stage | Promise<Stage>
  /** Moves bytes between the ends of a transfer: see moves/move.ts. @internal */
  readonly move?: object | undefined
  /**
   * Whether an error is the fault of the data (a wrong tag, a broken archive) and not of the device. Default: it is
   * not.
   */
  blamesData?(error: unknown): boolean
}

/** A device that was not taken. */
export interface PassedOver {
  /** The device's name. */
  readonly name: string
  /** Why it was not chosen. */
  readonly whyNot: string
}

/** Figures of a device for one kind of work. */
export interface Measured {
  /** Processor time for each byte, in seconds: a running average. */
  readonly cpuSecondsPerByte: number
  /** Elapsed time for each byte, in seconds: a running average. */
  readonly wallSecondsPerByte: number
  /** The number of measurements in the average. */
  readonly samples: number
}

/** Which device was chosen, and why. */
export interface Choice<D extends Device = Device> {
  /** The device that was chosen. */
  readonly device: D
  /** One sentence. */
  readonly reason: string
  /** The devices that were not. */
  readonly others: readonly PassedOver[]
  /** The figures of the chosen device; undefined: none yet. */
  readonly measured: Measured | undefined
}

/** One line of `operations.table()`. */
export interface TableRow {
  /** The operation that it carries out. */
  readonly operation: OperationName
  /** The device's name. */
  readonly device: string
  /** What the device can do. */
  readonly capabilities: Capabilities
  /** Its figures by kind and size of work. */
  readonly measured: readonly (Measured & { readonly work: string; readonly bytesAtMost: number })[]
  /** The failures because of which it is not used now. */
  readonly failures: readonly { readonly work: string; readonly reason: string; readonly untilMilliseconds: number }[]
}

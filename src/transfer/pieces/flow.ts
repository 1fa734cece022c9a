// ① interface — one transfer in progress, as those see it who move its bytes.
import type { Proactor } from '../../proactor/proactor.js'
import type { OpenSource, OpenTarget } from '../ends/end.js'
import type { Pace } from './pace.js'

/** Stages that pieces go through on their way: hashes, compressors, ciphers. */
export interface Through {
  /** Their names, and the devices that do it, as errors name them. */
  readonly name: string
  readonly devices: string
  /** What comes out are other bytes than went in. */
  readonly transforms: boolean
  /** The next piece, in order. Undefined: it is passed on unchanged. */
  update(piece: Uint8Array): readonly Uint8Array[] | undefined | Promise<readonly Uint8Array[] | undefined>
  /** No piece comes any more. What is still to be written. */
  end(): Promise<readonly Uint8Array[]>
  /** Where all of it is one digest that a thread can make while it copies: begins that, instead of `update` and `end`. */
  trip?(): ThroughTrip | undefined
  /** Gives it up. Twice is harmless. */
  close(): void
}

/** A digest on the way of a copy. */
export interface ThroughTrip {
  /** What a MoveRequest takes. */
  readonly handle: object
  /** All is there. */
  end(bytes: number): void
}

/** What a mover works with. */
export interface Flow {
  readonly io: Proactor
  /** Aborted by the user, by the deadline, or by the first failure. */
  readonly signal: AbortSignal
  readonly source: OpenSource
  readonly target: OpenTarget
  readonly sourceName: string
  readonly targetName: string
  readonly through: Through | undefined
  readonly pace: Pace | undefined
  readonly pieceBytes: number
  readonly inFlight: number
  /** So many bytes of the source are at the target. */
  moved(bytes: number): void
  /** So many bytes were written. */
  wrote(bytes: number): void
  /** For who knows it: seconds of processor time that all of it has cost. */
  readonly spent?: ((seconds: number) => void) | undefined
  /** Ends everything that is in flight. */
  fail(error: Error): void
  /** A piece is there, at its offset in source and target, and still in memory. Only for pieces that are not transformed. */
  readonly noted?: ((offset: number, bytes: Uint8Array) => Promise<void> | undefined) | undefined
}

// ① interface — who carries out a job's operations. A unit is one of them in progress; each is used again and again.

/** One operation in progress, with its own memory. */
export interface Unit {
  /** Of the memory for blocks: as much as the longest. */
  readonly memory: Buffer
  /** What is to be read into or written. */
  buffer: Buffer
  direction: number
  file: number
  offset: number
  length: number
  /** Nanoseconds on the performance clock. */
  startedAt: number
  issuedAt: number
  /** Bytes, or an error below 0. */
  result: number
  /** Number of the operation in its job. */
  number: number
}

/** Carries operations out. `ended` is called with the units that have ended since, never within `start`, but perhaps within `flush`. */
export interface Backend {
  /** Files are known by the index that this gives. Rejects with Node's error. */
  open(path: string, flags: number): Promise<number>
  close(file: number): Promise<void>
  start(unit: Unit): void
  /** Hands over what was started. */
  flush(): void
  /** 0, or an error below 0. */
  sync(file: number, dataOnly: boolean): Promise<number>
  /** Drops a file's pages from the cache, where that is offered. */
  invalidate(file: number): Promise<void>
  /** One file made, asked about, or removed: 0, or an error below 0. */
  touch?(kind: string, path: string): Promise<number>
  /** Its driver, for the report. */
  readonly driver: string
  end(): Promise<void>
}

export type Ended = (units: readonly Unit[]) => void

/** libuv's number of an error of Node's. */
export function errnoOf(error: unknown): number {
  const { errno } = error as NodeJS.ErrnoException
  return typeof errno === 'number' && errno < 0 ? errno : -5
}

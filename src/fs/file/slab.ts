// ① interface — memory that whole-file reads read into before the size is known. Kept and used again: a fresh 64 KiB for
// every small file would cost more than reading it.

/** Most source files, configuration and page fragments fit; up to here reading inline beats the kernel's workers. */
const HEAD_BYTES = 65536
/** Where the read that finds the end goes: it returns 0 for a file that fits, and a little when the file grew or is a pipe. */
const TAIL_BYTES = 4096
const KEPT_MAX = 64

export interface Slab {
  readonly head: Buffer
  readonly tail: Buffer
}

const kept: Slab[] = []

export function takeSlab(): Slab {
  const slab = kept.pop()
  if (slab !== undefined) return slab
  const memory = Buffer.allocUnsafeSlow(HEAD_BYTES + TAIL_BYTES)
  return { head: memory.subarray(0, HEAD_BYTES), tail: memory.subarray(HEAD_BYTES) }
}

/** Gives a slab back. Not one that an abandoned read may still write into: that one is left to the collector. */
export function giveBackSlab(slab: Slab): void {
  if (kept.length < KEPT_MAX) kept.push(slab)
}

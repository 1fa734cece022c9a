// ⑤ ring — every ordered access to memory that the kernel or another thread also touches.
// JavaScript has one strength of atomic, sequentially consistent: more than the acquire and release the ring protocols
// ask for, and about 6 ns a store on x64. So once a batch, never once an entry.

/** Reads an index that the other side publishes; what it wrote before is visible after this. */
export function loadAcquire(words: Int32Array, index: number): number {
  return Atomics.load(words, index)
}

/** Publishes an index; what was written before it is visible to whoever reads it. */
export function storeRelease(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value)
}

/** The same of an index of 16 bits. */
export function storeRelease16(halves: Uint16Array, index: number, value: number): void {
  Atomics.store(halves, index, value)
}

/** Reads a word that is only a hint: a late value costs another look, never a loss. */
export function loadHint(words: Int32Array, index: number): number {
  return words[index] as number
}

/** Writes an index for a system call that this thread makes next: the kernel reads it in this thread, after it. */
export function storeForSystemCall(words: Int32Array, index: number, value: number): void {
  words[index] = value
}

// ① interface — acall: SipHash-2-4 of eight bytes, what makes ids unguessable without remembering one. In halves of 32 bits,
// as JavaScript has no fast integers of 64.
import { randomFillSync } from 'node:crypto'

/** A key of 128 bits as four words. */
export type SipKey = Int32Array

/** A key nobody knows. */
export function randomKey(): SipKey {
  return randomFillSync(new Int32Array(4))
}

// v0 to v3, low and high halves.
const v = new Int32Array(8)

function add(a: number, b: number): void {
  const low = ((v[a] as number) >>> 0) + ((v[b] as number) >>> 0)
  v[a] = low
  v[a + 1] = (v[a + 1] as number) + (v[b + 1] as number) + (low > 0xffffffff ? 1 : 0)
}

/** Rotates `a` to the left by `bits` (below 32) and mixes in `b`. */
function turn(a: number, bits: number, b: number): void {
  const low = v[a] as number
  const high = v[a + 1] as number
  v[a] = ((low << bits) | (high >>> (32 - bits))) ^ (v[b] as number)
  v[a + 1] = ((high << bits) | (low >>> (32 - bits))) ^ (v[b + 1] as number)
}

/** Rotates by 32 bits. */
function swap(a: number): void {
  const low = v[a] as number
  v[a] = v[a + 1] as number
  v[a + 1] = low
}

function round(): void {
  add(0, 2); turn(2, 13, 0); swap(0)
  add(4, 6); turn(6, 16, 4)
  add(0, 6); turn(6, 21, 0)
  add(4, 2); turn(2, 17, 4); swap(4)
}

function block(low: number, high: number): void {
  v[6] = (v[6] as number) ^ low
  v[7] = (v[7] as number) ^ high
  round()
  round()
  v[0] = (v[0] as number) ^ low
  v[1] = (v[1] as number) ^ high
}

/** Writes the hash of the eight bytes `low`, `high` into the first two words of `into`. */
export function sipHash(key: SipKey, low: number, high: number, into: Int32Array): void {
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = key
  v[0] = k0 ^ 0x70736575; v[1] = k1 ^ 0x736f6d65
  v[2] = k2 ^ 0x6e646f6d; v[3] = k3 ^ 0x646f7261
  v[4] = k0 ^ 0x6e657261; v[5] = k1 ^ 0x6c796765
  v[6] = k2 ^ 0x79746573; v[7] = k3 ^ 0x74656462
  block(low, high)
  block(0, 8 << 24) // the last block of eight bytes' hash: their number
  v[4] = v[4] ^ 0xff
  for (let count = 0; count < 4; count++) round()
  into[0] = v[0] ^ v[2] ^ v[4] ^ v[6]
  into[1] = v[1] ^ v[3] ^ v[5] ^ v[7]
}

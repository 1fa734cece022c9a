// What the tests of SIGKILL write and look for: records that differ everywhere, each told by its number.
export const RECORD_BYTES = 4096

export const KILLED_WAYS = ['chain', 'commit, offset', 'commit, position', 'writeFile'] as const
export type KilledWay = (typeof KILLED_WAYS)[number]

/** The record with this number. */
export function recordOf(number: number): Buffer {
  const words = new Uint32Array(RECORD_BYTES / 4)
  const first = number * words.length + 1
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(first + index, 0x9e3779b1)
  return Buffer.from(words.buffer)
}

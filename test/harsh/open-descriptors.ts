// What this process holds: descriptors, rings among them, and memory mappings of rings.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

export interface Holdings {
  readonly descriptors: number
  readonly rings: number
  readonly ringMappings: number
}

/** Counted after two turns of the loop: what is closed is let go of at the end of one. */
export async function holdings(): Promise<Holdings> {
  await turn()
  await turn()
  let rings = 0
  const numbers = readdirSync('/proc/self/fd')
  for (const number of numbers) {
    try {
      if (readlinkSync(`/proc/self/fd/${number}`).includes('io_uring')) rings++
    } catch {
      // The descriptor that was reading the directory is gone already.
    }
  }
  const ringMappings = readFileSync('/proc/self/maps', 'utf8').split('\n').filter((line) => line.includes('io_uring')).length
  return { descriptors: numbers.length, rings, ringMappings }
}

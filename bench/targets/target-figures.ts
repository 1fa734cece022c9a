// Benchmark — what targets are reckoned from: a contender's median rate, CPU time or other figure, and ratios of those.
import type { Figure, Look } from './targets.js'

export const rate: Figure = (result) => result?.operationsPerSecond?.median ?? NaN
export const cpu: Figure = (result) => result?.cpuMicrosecondsPerOperation?.median ?? NaN
export const figure = (key: string): Figure => (result) => result?.figures?.[key]?.median ?? NaN

export const over = (ours: string, theirs: string, of: Figure = rate) => (look: Look): number => of(look(ours)) / of(look(theirs))

// Benchmark — figures in words that people read: three digits that count, and a unit.
import type { Spread } from '../results.js'

/** About three significant digits: 0.046, 4.52, 45.2, 452, 4,520. */
export function digits(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size < 1) return value.toFixed(size < 0.1 ? 3 : 2)
  if (size < 10) return value.toFixed(2)
  if (size < 100) return value.toFixed(1)
  return Math.round(value).toLocaleString('en-GB')
}

export function thousands(value: number): string {
  return digits(value / 1000)
}

export function bytes(value: number): string {
  const size = Math.abs(value)
  if (size < 1024) return `${digits(value)} B`
  if (size < 1024 ** 2) return `${digits(value / 1024)} KiB`
  if (size < 10 * 1024 ** 3) return `${digits(value / 1024 ** 2)} MiB`
  return `${digits(value / 1024 ** 3)} GiB`
}

export function withRange(spread: Spread | undefined, format: (value: number) => string): string {
  if (spread === undefined) return '–'
  if (spread.min === spread.max) return format(spread.median)
  return `${format(spread.median)} (${format(spread.min)}–${format(spread.max)})`
}

/** A figure's column title and how it is written, from the unit its name ends in. */
export function figureColumn(key: string): { readonly title: string; readonly format: (value: number) => string } {
  const known: Record<string, { title: string; format: (value: number) => string }> = {
    mebibytesPerSecond: { title: 'MiB/s', format: digits },
    loopDelayP50Milliseconds: { title: 'loop delay p50, ms', format: digits },
    loopDelayP99Milliseconds: { title: 'loop delay p99, ms', format: digits },
    latencyP50Milliseconds: { title: 'latency p50, ms', format: digits },
    latencyP99Milliseconds: { title: 'latency p99, ms', format: digits },
    heapBeginBytes: { title: 'heap before', format: bytes },
    heapEndBytes: { title: 'heap after', format: bytes },
    rssBeginBytes: { title: 'RSS before', format: bytes },
    rssEndBytes: { title: 'RSS after', format: bytes },
    allocatedBytesPerOperation: { title: 'bytes allocated each', format: digits },
  }
  return known[key] ?? { title: key, format: digits }
}

// ① interface — options that copy, sync and transfer share: their table, their values, and what they become.
import type { Given, Option } from '../command.js'
import { textOf, UsageError } from '../command.js'

export const COMMON_OPTIONS: readonly Option[] = [
  { name: 'rate', value: 'RATE', text: 'bytes a second at most, in total: 10m, 500k, 50MB/s' },
  { name: 'timeout', value: 'TIME', text: 'ends it after 500ms, 30s, 10m or 2h, with exit code 124' },
  { name: 'durable', text: 'bytes and names are on the device before it ends' },
  { name: 'driver', value: 'NAME', text: 'carries it out: io-uring, linux-aio, thread-pool, node. Default: the best of this machine' },
  { name: 'explain', text: 'reports how it was done' },
  { name: 'json', text: 'what was done as JSON, one document a line' },
  { name: 'quiet', short: 'q', text: 'no progress' },
]

/** What copy and sync have in common beside them. */
export const TREE_OPTIONS: readonly Option[] = [
  { name: 'xattrs', short: 'X', text: 'keeps extended attributes: all but system.* for root, user.* for others' },
  { name: 'hard-links', short: 'H', text: 'hard links within the tree are kept in the copy' },
  { name: 'verify', text: 'reads each target again and compares it before it counts as done' },
  { name: 'dry-run', short: 'n', text: 'changes nothing, and reports what would be done' },
  { name: 'verbose', short: 'v', text: 'a line for each entry' },
]

export interface Settings {
  readonly rate: string | undefined
  /** Milliseconds. */
  readonly timeout: number | undefined
  readonly isDurable: boolean
  readonly explains: boolean
  readonly isJson: boolean
  readonly isQuiet: boolean
}

const DRIVERS = ['io-uring', 'linux-aio', 'thread-pool', 'node']
const TIMES: Readonly<Record<string, number>> = { ms: 1, s: 1e3, '': 1e3, m: 60e3, min: 60e3, h: 3_600e3 }

/** Milliseconds. @throws UsageError */
export function durationOf(given: Given, name: string): number | undefined {
  const text = textOf(given, name)
  if (text === undefined) return undefined
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|)$/.exec(text) ?? []
  const milliseconds = digits === undefined ? 0 : Number(digits) * (TIMES[unit] ?? 0)
  if (!(milliseconds > 0)) throw new UsageError(`--${name} must be a time above 0 such as 500ms, 30s or 2m, and is '${text}'`)
  return milliseconds
}

/** Names the driver for the engine that is loaded later. @throws UsageError */
export function useDriver(given: Given): void {
  const driver = textOf(given, 'driver')
  if (driver === undefined) return
  if (!DRIVERS.includes(driver)) throw new UsageError(`--driver must be one of ${DRIVERS.join(', ')}, and is '${driver}'`)
  process.env['TRUEAIO_DRIVER'] = driver
}

/** Reads them, and names the driver for the engine that is loaded later. @throws UsageError */
export function settingsOf(given: Given): Settings {
  const rate = textOf(given, 'rate')
  if (rate !== undefined && !(/^\d+(\.\d+)?\s*[kmgt]?(i?b)?(\/s)?$/i.test(rate) && Number.parseFloat(rate) > 0)) {
    throw new UsageError(`--rate must be bytes a second such as 10m, 500k or 50MB/s, and is '${rate}'`)
  }
  useDriver(given)
  return {
    rate, timeout: durationOf(given, 'timeout'), isDurable: given.values['durable'] === true, explains: given.values['explain'] === true,
    isJson: given.values['json'] === true, isQuiet: given.values['quiet'] === true,
  }
}

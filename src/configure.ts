// ① interface — how the proactor of a thread is made, the one that the drop-in uses: by `configure()` before its first use, or by
// environment variables for a program that is not to be changed.
import { checkInteger, invalidArgType, invalidArgValue } from './operation/arguments.js'
import type { DriverFactory, DriverOptions } from './proactor/driver.js'
import type { ProactorOptions as EngineOptions } from './proactor/options.js'

/** Settings of `configure()`. A setting that is absent comes from the environment, or is the default. */
export interface Configuration {
  /** A driver by name, or several in order: only these are tried. Environment: TRUEAIO_DRIVER (names with commas). Default: all. */
  readonly driver?: string | DriverFactory | readonly (string | DriverFactory)[] | undefined
  /** Threads of the pool, 1 to 1024. Environment: TRUEAIO_THREADS. Default: 2 × cores, at least 4. */
  readonly threads?: DriverOptions['threads'] | undefined
  /** Operations with a driver at once, 1 to 2^20. Environment: TRUEAIO_IN_FLIGHT_MAX. Default: 4096. */
  readonly inFlightMax?: number | undefined
  /** Bytes of buffers lent at once. Environment: TRUEAIO_BYTES_LENT_MAX. Default: 2^30. */
  readonly bytesLentMax?: number | undefined
  /** Files that the drop-in's whole-file functions hold open at once, 1 to 2^20. Environment: TRUEAIO_OPEN_FILES_MAX. Default: 256. */
  readonly openFilesMax?: number | undefined
  /** Keep a latency histogram for each operation. Environment: TRUEAIO_LATENCY (1 or 0). Default: false. */
  readonly latency?: boolean | undefined
}

interface NumberSetting {
  readonly name: 'threads' | 'inFlightMax' | 'bytesLentMax' | 'openFilesMax'
  readonly variable: string
  readonly max: number
}

const NUMBERS: readonly NumberSetting[] = [
  { name: 'threads', variable: 'TRUEAIO_THREADS', max: 1024 },
  { name: 'inFlightMax', variable: 'TRUEAIO_IN_FLIGHT_MAX', max: 2 ** 20 },
  { name: 'bytesLentMax', variable: 'TRUEAIO_BYTES_LENT_MAX', max: Number.MAX_SAFE_INTEGER },
  { name: 'openFilesMax', variable: 'TRUEAIO_OPEN_FILES_MAX', max: 2 ** 20 },
]
const OPEN_FILES_MAX = 256
const NAMES: readonly string[] = ['driver', 'latency', ...NUMBERS.map(({ name }) => name)]

let configured: Configuration = {}
/** Which use came first; from then on the settings stand. */
let usedBy: string | undefined

/**
 * Sets how this thread's `defaultProactor()` is made. The drop-in and `trueaio/register` use it, too. Call this before
 * its first use. A later call replaces the settings that an earlier one named. Each worker thread has its own settings.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_TRUEAIO_IN_USE after the first use
 */
export function configure(configuration: Configuration): void {
  if (typeof configuration !== 'object' || (configuration as unknown) === null) throw invalidArgType('configuration', 'of type object', configuration)
  for (const name of Object.keys(configuration)) {
    if (!NAMES.includes(name)) throw invalidArgValue(`configuration.${name}`, (configuration as Record<string, unknown>)[name], `is not a setting: there are ${NAMES.join(', ')}`)
  }
  for (const { name, max } of NUMBERS) {
    const value = configuration[name]
    if (value !== undefined) checkInteger(value, `configuration.${name}`, 1, max)
  }
  const { latency } = configuration
  if (latency !== undefined && typeof latency !== 'boolean') throw invalidArgType('configuration.latency', 'of type boolean', latency)
  if (usedBy !== undefined) {
    const message = `configure() comes too late: ${usedBy} has been in use since. Call it before the first operation, or use setDefaultProactor(new Proactor(…)).`
    throw Object.assign(new Error(message), { code: 'ERR_TRUEAIO_IN_USE' })
  }
  configured = { ...configured, ...configuration }
}

/** A whole number of the environment. @throws ERR_INVALID_ARG_VALUE */
function fromEnvironment({ variable, max }: NumberSetting): number | undefined {
  const text = process.env[variable]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1 || value > max) throw invalidArgValue(variable, text, `in the environment must be a whole number from 1 to ${String(max)}`)
  return value
}

function numberOf(name: NumberSetting['name']): number | undefined {
  return configured[name] ?? fromEnvironment(NUMBERS.find((setting) => setting.name === name) as NumberSetting) // each name is in the table
}

function latencyOf(): boolean | undefined {
  const text = process.env['TRUEAIO_LATENCY']
  if (configured.latency !== undefined || text === undefined || text === '') return configured.latency
  if (text !== '1' && text !== '0') throw invalidArgValue('TRUEAIO_LATENCY', text, 'in the environment must be 1 or 0')
  return text === '1'
}

/** The options of this thread's proactor, which is being made. @throws ERR_INVALID_ARG_VALUE for a bad variable of the environment */
export function takeConfiguration(): EngineOptions & { readonly driver?: NonNullable<Configuration['driver']> } {
  usedBy = 'this thread\'s proactor'
  const options: Record<string, unknown> = { driver: configured.driver, latency: latencyOf() }
  for (const { name } of NUMBERS) if (name !== 'openFilesMax') options[name] = numberOf(name)
  for (const name of Object.keys(options)) if (options[name] === undefined) Reflect.deleteProperty(options, name)
  return options
}

/** Files that the drop-in holds open at once. @throws ERR_INVALID_ARG_VALUE for a bad variable of the environment */
export function openFilesMax(): number {
  usedBy ??= 'the drop-in fs'
  return numberOf('openFilesMax') ?? OPEN_FILES_MAX
}
